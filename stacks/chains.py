"""The program of the development chains' stack: local chains with traffic, and their RPC URLs."""

import pulumi

from belts.chains import LocalChains
from belts.place import Here
from belts.runtimes import process


def declare(chains: LocalChains) -> None:
    """Declare the chains, and export where they answer."""
    request = process.chains(chains)
    done = Here([request], name="chains-host-check").carry_out("chains", request)
    pulumi.export("rpc", pulumi.Output.unsecret(done.result["rpc"]))
