"""The program of the development chains' stack: local chains with traffic, and their RPC URLs."""

import pulumi

from belts.pulumi.places import place_of
from belts.spec.chains import LocalChains


def declare(chains: LocalChains) -> None:
    """Declare the chains, and export their RPC URLs."""
    place = place_of(chains, name="chains-host-check")
    done = place.carry_out("chains", "chains")
    pulumi.export("rpc", pulumi.Output.unsecret(done.result["rpc"]))
