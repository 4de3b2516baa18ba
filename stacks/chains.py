"""The program of the development chains' stack: local chains with traffic, and their RPC URLs."""

import pulumi

from belts.pulumi.here import Here
from belts.runtimes.process.wire.request import written
from belts.spec.chains import LocalChains


def declare(chains: LocalChains) -> None:
    """Declare the chains, and export where they answer."""
    place = Here(written(chains), name="chains-host-check")
    done = place.carry_out("chains", "chains")
    pulumi.export("rpc", pulumi.Output.unsecret(done.result["rpc"]))
