"""Watches every chain until the candidate is where it has to be, or the time is up."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gate.endpoints import Side
from gate.observations.heights import ChainWatch, Heights, Look
from gate.observations.progress import Progress
from gate.observations.unobserved import Cause, Unobserved
from gate.observations.watched import ChainStretch, Watched
from gate.policy.chains import ExpectedChain
from gate.probes import watched
from gate.probes.graphql.chains import read_chains
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

BETWEEN_LOOKS_SECONDS = 0.5

# A chain without a block for this long is assumed to stand still.
STILL_SECONDS = 30.0

# A provider that does not answer for this long may just be busy.
BUSY_SECONDS = 5.0
BUSY = frozenset({Cause.UNREACHABLE, Cause.TIMEOUT})

# Chains are rarely all near their heads in one look: each may have been in a recent one.
FRESH_SECONDS = 30.0

# The status endpoint records the candidate's position about every 30 seconds.
WATCHED_SECONDS = 40.0

# Time reserved for the last look and for the judgement.
RESERVE_SECONDS = 2.0

UNEXPECTED = Unobserved(reason="the policy names no provider for it", cause=Cause.NOT_GIVEN)

Heads = Callable[[World, ExpectedChain], Awaitable[int | Unobserved]]
Serving = Callable[[World], Awaitable[Progress | None]]
Told = Callable[[World, ExpectedChain], Awaitable[Mapping[str, int]]]


async def _serving(world: World) -> Progress | None:
    """The serving belt's progress, if one serves."""
    return await read_chains(world, Side.SERVING) if world.endpoints.serving else None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Moment:
    """All heads, and then the candidate, so that the lag is never overstated."""

    heads: Mapping[int, int | Unobserved]
    progress: Progress

    def of(self, chain: int) -> Look:
        """One chain at this moment."""
        row = self.progress.of(chain)
        return Look(head=self.heads.get(chain, UNEXPECTED), candidate=row.height if row else None)


@unseen_as_value
async def look(world: World, heads: Heads, serving: Serving = _serving, told: Told | None = None) -> Heights:
    """What the chains and the candidate did since the watch began.

    The serving belt is read once: with a moving target, the result for two healthy belts would be chance.
    Every chain is judged by the last look in which it was where it has to be, if that is recent.
    """
    goal = await serving(world)
    began = time.monotonic()
    first = last = await _moment(world, heads)
    begun = _begun(await world.once(watched.look), datetime.now(UTC), first)
    known: set[int] = set()
    good: dict[int, tuple[float, ChainWatch]] = {}
    while True:
        seconds = time.monotonic() - began
        watches = _watches(goal, begun, first, last, seconds)
        known.update(watch.chain for watch in watches if isinstance(watch.last.head, int))
        good |= {watch.chain: (seconds, watch) for watch in watches if _settled(watch, world, known)}
        fresh = {chain: watch for chain, (at, watch) in good.items() if seconds - at <= FRESH_SECONDS}
        if world.remaining < RESERVE_SECONDS or all(watch.chain in fresh for watch in watches):
            found = tuple(fresh.get(watch.chain, watch) for watch in watches)
            return Heights(ended=datetime.now(UTC), chains=await _by_provider(world, found, told))
        await asyncio.sleep(BETWEEN_LOOKS_SECONDS)
        last = await _next(world, heads)


async def _by_provider(
    world: World, watches: tuple[ChainWatch, ...], told: Told | None
) -> tuple[ChainWatch, ...]:
    """Adds the head that each provider reports if a chain has several."""
    expected = {chain.id: chain for chain in world.policy.chains if len(chain.heard) > 1}
    if told is None or not expected:
        return watches
    heads = await asyncio.gather(*(told(world, chain) for chain in expected.values()))
    by_chain = dict(zip(expected, heads, strict=True))
    return tuple(
        replace(watch, told=tuple(sorted(by_chain.get(watch.chain, {}).items()))) for watch in watches
    )


async def _next(world: World, heads: Heads) -> _Moment:
    """The next look that succeeds: one failed look in a watch of minutes says nothing about heights."""
    while True:
        try:
            return await _moment(world, heads)
        except UnseenError:
            if world.remaining < RESERVE_SECONDS:
                raise
            await asyncio.sleep(BETWEEN_LOOKS_SECONDS)


async def _moment(world: World, heads: Heads) -> _Moment:
    """One look at all heads and the candidate."""
    chains = world.policy.chains
    found = await asyncio.gather(*(heads(world, chain) for chain in chains))
    by_chain = {chain.id: head for chain, head in zip(chains, found, strict=True)}
    return _Moment(heads=by_chain, progress=await read_chains(world, Side.CANDIDATE))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Before:
    """Where a chain and the candidate were when the status endpoint looked, this long before the gate."""

    look: Look
    seconds: float


def _begun(seen: Watched | Unobserved, now: datetime, first: _Moment) -> dict[int, _Before]:
    """The chains whose watch continues from what the status endpoint saw a moment ago.

    On a chain of slow blocks the gate would wait for the next one, while the last one is as good. What cannot
    be the past of the present state, as of a belt that was seeded since, is not used. Nor is it if the
    candidate has moved since but is further behind: it may have stopped.
    """
    if isinstance(seen, Unobserved) or not seen.stretches:
        return {}
    last = seen.stretches[-1]
    ago = (now - last.end).total_seconds()
    if not 0 <= ago <= WATCHED_SECONDS:
        return {}
    return {
        row.chain: _Before(look=Look(head=row.head, candidate=row.height), seconds=ago)
        for row in last.chains
        if not row.unseen and _past(row, first.of(row.chain))
    }


def _past(row: ChainStretch, here: Look) -> bool:
    if here.candidate is None or not isinstance(here.head, int):
        return False
    return row.height <= here.candidate and row.head <= here.head


def _fell_back(then: Look, now: Look) -> bool:
    """True if the candidate moved but did not keep up with the chain, as if it stalled in between."""
    if now.candidate == then.candidate:
        return False  # it stood all the while, which is worth reporting
    if then.candidate is None or now.candidate is None:
        return True
    if not isinstance(then.head, int) or not isinstance(now.head, int):
        return True
    return now.head - now.candidate > max(0, then.head - then.candidate)


def _watches(
    serving: Progress | None, begun: Mapping[int, _Before], first: _Moment, last: _Moment, seconds: float
) -> tuple[ChainWatch, ...]:
    """Every chain of the candidate, as far as it has been watched."""
    before = {
        row.chain: was
        if (was := begun.get(row.chain)) and not _fell_back(was.look, last.of(row.chain))
        else None
        for row in last.progress.chains
    }
    return tuple(
        ChainWatch(
            chain=row.chain,
            target=_height(serving, row.chain),
            first=first.of(row.chain) if (was := before[row.chain]) is None else was.look,
            last=last.of(row.chain),
            seconds=seconds if was is None else seconds + was.seconds,
            caught_up_at=row.caught_up_at,
            end_block=row.end_block,
            serving_end=_end(serving, row.chain),
        )
        for row in sorted(last.progress.chains, key=lambda row: row.chain)
    )


def _height(progress: Progress | None, chain: int) -> int | None:
    """The height of one chain, if known."""
    row = progress.of(chain) if progress else None
    return row.height if row else None


def _end(progress: Progress | None, chain: int) -> int | None:
    """The end block of a belt on one chain, if it has one."""
    row = progress.of(chain) if progress else None
    return row.end_block if row else None


def _settled(watch: ChainWatch, world: World, told: Collection[int]) -> bool:
    """True if more watching cannot improve this chain; `told` are chains whose head was seen."""
    expected = world.policy.chain(watch.chain)
    if expected is None:
        return True
    if isinstance(watch.last.head, Unobserved):
        busy = watch.last.head.cause in BUSY and watch.seconds < BUSY_SECONDS
        return watch.chain not in told and not busy
    reached = watch.target is None or (watch.last.candidate or 0) >= watch.target
    if watch.ended:
        return True
    near = watch.lag is not None and watch.lag <= expected.lag_limit and watch.beyond <= expected.ahead_limit
    still = not watch.head_moved and watch.seconds >= STILL_SECONDS
    return reached and near and (watch.candidate_moved or still)
