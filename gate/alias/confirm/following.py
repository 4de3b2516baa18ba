"""Checks in one look whether a belt keeps near the heads of its chains."""

import asyncio
import time

from gate.alias.confirm.seen import Seen, failed, passed, untold, worst
from gate.amounts import amount
from gate.endpoints import Side
from gate.observations.graphql import Role
from gate.observations.progress import ChainProgress
from gate.observations.unobserved import Unobserved
from gate.outcome import Outcome
from gate.policy.chains import ExpectedChain
from gate.probes.graphql.ask import ask
from gate.probes.graphql.chains import QUESTION, progress_of
from gate.probes.heads import head
from gate.probes.unseen import UnseenError
from gate.probes.world import World

PATIENCE_SECONDS = 10.0
PAUSE_SECONDS = 0.5


async def near_heads(world: World) -> Seen:
    """Compares every expected chain, as consumers see it, with what an independent provider reports.

    A belt that is behind gets some time to catch up, as it does before a promotion.
    """
    ends = min(time.monotonic() + PATIENCE_SECONDS, world.ends)
    while True:
        told = await _near_heads(world)
        if told.outcome is not Outcome.FAILED or time.monotonic() + PAUSE_SECONDS > ends:
            return told
        await asyncio.sleep(PAUSE_SECONDS)


async def _near_heads(world: World) -> Seen:
    heads = await asyncio.gather(*(head(world, chain) for chain in world.policy.chains))
    try:
        progress = progress_of(await ask(world, Side.CANDIDATE, QUESTION, role=Role.PUBLIC))
    except UnseenError as unseen:
        return failed(f"it does not answer its consumers: {unseen}")
    told = worst(
        _near(chain, top, progress.of(chain.id))
        for chain, top in zip(world.policy.chains, heads, strict=True)
    )
    if told.outcome is Outcome.PASSED:
        return passed(f"near the heads of {amount(len(world.policy.chains), 'chain')}")
    return told


def _near(chain: ExpectedChain, top: int | Unobserved, row: ChainProgress | None) -> Seen:
    if row is None or row.height is None:
        return failed(f"it shows no height of chain {chain.id}")
    if row.end_block is not None and row.height >= row.end_block:
        return passed()
    if isinstance(top, Unobserved):
        return untold(f"nobody says where chain {chain.id} is: {top.reason}")
    if top - row.height > chain.lag_limit:
        return failed(
            f"it is {amount(top - row.height, 'block')} behind chain {chain.id}, where {chain.lag_limit}"
            " are allowed"
        )
    return passed()
