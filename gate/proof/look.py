"""Observes the whole history of every chain, from what is stored and the little that is still open."""

import time

from gate.observations.history import History
from gate.policy.proof import Extent
from gate.probes.unseen import unseen_as_value
from gate.probes.world import World
from gate.proof.prover import Prover
from gate.proof.store import Folder, Keeping, Nowhere

SHARE = 0.6
"""The share of the remaining time for asking the chains: rows have to be read, too."""
AGAIN = 1
"""Pieces of one chain that are requested again before a verdict; `gate prove` repeats more."""


@unseen_as_value
async def look(world: World) -> History:
    """Every expected chain; empty if the policy chooses samples."""
    if world.policy.proof is Extent.SAMPLING:
        return History(sampled=True)
    ends = time.monotonic() + SHARE * world.remaining
    prover = Prover(
        keeping=keeping_of(world), enough=lambda: time.monotonic() > ends, exactly=True, most_again=AGAIN
    )
    return await prover.prove(world)


def keeping_of(world: World) -> Keeping:
    """Where the chains' answers are stored; nowhere without a directory for it."""
    if world.cache is None:
        return Nowhere()
    return Folder(directory=world.cache.directory / "chains", seal=world.cache.seal)
