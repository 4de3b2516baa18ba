"""The whole history of every chain, from what is kept of it, and what little is open from the chains."""

import time

from gate.observations.history import History
from gate.policy.proof import Extent
from gate.probes.unseen import unseen_as_value
from gate.probes.world import World
from gate.proof.prover import Prover
from gate.proof.store import Folder, Keeping, Nowhere

SHARE = 0.6
"""Of the time that is left, how much may go by before nothing more is asked: rows have to be read, too."""
AGAIN = 1
"""Pieces of one chain that are asked anew before a verdict; `gate prove` asks more of them."""


@unseen_as_value
async def look(world: World) -> History:
    """Every expected chain; nothing where the policy chooses samples."""
    if world.policy.proof is Extent.SAMPLING:
        return History(sampled=True)
    ends = time.monotonic() + SHARE * world.remaining
    prover = Prover(
        keeping=keeping_of(world), enough=lambda: time.monotonic() > ends, exactly=True, most_again=AGAIN
    )
    return await prover.prove(world)


def keeping_of(world: World) -> Keeping:
    """Where it is kept what chains said; nowhere without a place for it."""
    if world.cache is None:
        return Nowhere()
    return Folder(directory=world.cache.directory / "chains", seal=world.cache.seal)
