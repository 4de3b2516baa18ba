"""Watches every chain until the candidate is where it has to be, or the time is up."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gate.endpoints import Side
from gate.observations.heights import ChainWatch, Heights, Look
from gate.observations.progress import Progress
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.chains import ExpectedChain
from gate.probes.graphql.chains import read_chains
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

BETWEEN_LOOKS_SECONDS = 1.0

# A chain on which nothing happens for so long is taken to be one that stands still.
STILL_SECONDS = 30.0

# For so long a provider that never answered may have been busy.
BUSY_SECONDS = 5.0
BUSY = frozenset({Cause.UNREACHABLE, Cause.TIMEOUT})

# What is left of the deadline for the last look and for the judgement.
RESERVE_SECONDS = 2.0

UNEXPECTED = Unobserved(reason="the policy names no provider for it", cause=Cause.NOT_GIVEN)

Heads = Callable[[World, ExpectedChain], Awaitable[int | Unobserved]]
Serving = Callable[[World], Awaitable[Progress | None]]


async def _serving(world: World) -> Progress | None:
    """The serving belt, where one serves."""
    return await read_chains(world, Side.SERVING) if world.endpoints.serving else None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Moment:
    """All heads, and then the candidate, so that no lag is seen that is not there."""

    heads: Mapping[int, int | Unobserved]
    progress: Progress

    def of(self, chain: int) -> Look:
        """One chain at this moment."""
        row = self.progress.of(chain)
        return Look(head=self.heads.get(chain, UNEXPECTED), candidate=row.height if row else None)


@unseen_as_value
async def look(world: World, heads: Heads, serving: Serving = _serving) -> Heights:
    """What the chains and the candidate did since the watch began.

    The serving belt is read once: a target that moves would make two healthy belts toss a coin.
    """
    goal = await serving(world)
    began = time.monotonic()
    first = last = await _moment(world, heads)
    told: set[int] = set()
    while True:
        seconds = time.monotonic() - began
        watches = _watches(goal, first, last, seconds)
        told.update(watch.chain for watch in watches if isinstance(watch.last.head, int))
        if world.remaining < RESERVE_SECONDS or all(_settled(watch, world, told) for watch in watches):
            return Heights(ended=datetime.now(UTC), chains=watches)
        await asyncio.sleep(BETWEEN_LOOKS_SECONDS)
        last = await _next(world, heads)


async def _next(world: World, heads: Heads) -> _Moment:
    """The next look that succeeds: one bad answer in a watch of minutes says nothing about heights."""
    while True:
        try:
            return await _moment(world, heads)
        except UnseenError:
            if world.remaining < RESERVE_SECONDS:
                raise
            await asyncio.sleep(BETWEEN_LOOKS_SECONDS)


async def _moment(world: World, heads: Heads) -> _Moment:
    """One look at everything."""
    chains = world.policy.chains
    found = await asyncio.gather(*(heads(world, chain) for chain in chains))
    by_chain = {chain.id: head for chain, head in zip(chains, found, strict=True)}
    return _Moment(heads=by_chain, progress=await read_chains(world, Side.CANDIDATE))


def _watches(
    serving: Progress | None, first: _Moment, last: _Moment, seconds: float
) -> tuple[ChainWatch, ...]:
    """Every chain of the candidate, as far as it has been watched."""
    return tuple(
        ChainWatch(
            chain=row.chain,
            target=_height(serving, row.chain),
            first=first.of(row.chain),
            last=last.of(row.chain),
            seconds=seconds,
            caught_up_at=row.caught_up_at,
        )
        for row in sorted(last.progress.chains, key=lambda row: row.chain)
    )


def _height(progress: Progress | None, chain: int) -> int | None:
    """The height of one chain, where there is one."""
    row = progress.of(chain) if progress else None
    return row.height if row else None


def _settled(watch: ChainWatch, world: World, told: Collection[int]) -> bool:
    """True where more watching cannot make this chain any better; `told` are chains whose head was seen."""
    expected = world.policy.chain(watch.chain)
    if expected is None:
        return True
    if isinstance(watch.last.head, Unobserved):
        busy = watch.last.head.cause in BUSY and watch.seconds < BUSY_SECONDS
        return watch.chain not in told and not busy
    reached = watch.target is None or (watch.last.candidate or 0) >= watch.target
    near = watch.lag is not None and watch.lag <= expected.lag_limit
    still = not watch.head_moved and watch.seconds >= STILL_SECONDS
    return reached and near and (watch.candidate_moved or still)
