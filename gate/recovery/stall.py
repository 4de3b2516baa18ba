"""Decides whether a belt that answers has stalled, by watching it beside its chains.

A slow belt also pauses between two batches, so only a long pause is a stall. What the gateway's status
endpoint has recorded counts, so that it need not be waited for again.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from gate.alias.order.order import Candidate
from gate.amounts import amount
from gate.endpoints import Endpoints
from gate.journal.standing import Stood, stood
from gate.looking import connected
from gate.observations import Heights, Unobserved
from gate.observations.heights import ChainWatch
from gate.policy import Policy
from gate.probes import heights, watched
from gate.probes.heads import head
from gate.probes.world import World
from gate.proof.forecast import in_words

WATCHED = timedelta(seconds=30)
"""The minimum time that it is watched, whatever was recorded."""
STANDS = timedelta(minutes=3)
"""How long it commits nothing: on a busy host a batch may well take a minute."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stall:
    """What was seen of a belt: the chains on which it stands still, in words, or what was seen instead."""

    standing: tuple[str, ...]
    instead: str = ""

    @property
    def stalled(self) -> bool:
        """True if it stands still on at least one chain, far behind, while the chain goes on."""
        return bool(self.standing)


async def watch(
    serving: Candidate,
    policy: Policy,
    ends: float,
    *,
    least: timedelta = WATCHED,
    stands: timedelta = STANDS,
) -> Stall:
    """Watches the serving belt like a candidate, until it is at the head or has stood still for long.

    `ends` is when the run ends, on the clock of `time.monotonic`.
    """
    async with connected() as http:
        world = World(
            endpoints=Endpoints(serving=None, candidate=serving.doors),
            policy=policy,
            http=http,
            seed=secrets.randbits(32),
            began=datetime.now(UTC),
            ends=ends,
        )
        kept = await watched.look(world)
        before = {} if isinstance(kept, Unobserved) else stood(kept, datetime.now(UTC))
        longest = max((one.time for one in before.values()), default=timedelta())
        seconds = max(least, stands - longest).total_seconds() + 2 * heights.RESERVE_SECONDS
        # `before` contains what was recorded: a watch that continues it would count that time twice.
        alone = Endpoints(serving=None, candidate=replace(serving.doors, journal=None))
        looking = replace(world, endpoints=alone, ends=min(time.monotonic() + seconds, ends))
        return of(await heights.look(looking, heads=head), policy, before, stands)


def of(
    seen: Heights | Unobserved, policy: Policy, before: Mapping[int, Stood], stands: timedelta = STANDS
) -> Stall:
    """The result of a watch, together with what was known before it."""
    if isinstance(seen, Unobserved):
        return Stall(standing=(), instead=f"it does not answer: {seen.reason}")
    standing = {watch.chain: _time(watch, before) for watch in seen.chains if _stands(watch, policy)}
    if not standing:
        return Stall(standing=(), instead="it is at the head of its chains, or goes on towards it")
    long = {chain for chain, time_ in standing.items() if time_ >= stands}
    if not long:
        chain, longest = max(standing.items(), key=lambda one: one[1])
        so_far, asked = in_words(longest.total_seconds()), in_words(stands.total_seconds())
        return Stall(
            standing=(),
            instead=f"it stands on chain {chain}, for {so_far} as far as that was seen; a belt that is slow"
            f" stands as well, so {asked} are asked for: try again, with a longer `deadline` if need be",
        )
    return Stall(standing=tuple(_words(watch) for watch in seen.chains if watch.chain in long))


def _stands(watch: ChainWatch, policy: Policy) -> bool:
    expected = policy.chain(watch.chain)
    if expected is None or watch.lag is None or watch.candidate_moved or not watch.head_moved:
        return False
    return watch.lag > expected.lag_limit


def _time(watch: ChainWatch, before: Mapping[int, Stood]) -> timedelta:
    known = before.get(watch.chain)
    here = known.time if known is not None and known.height == watch.last.candidate else timedelta()
    return here + timedelta(seconds=watch.seconds)


def _words(watch: ChainWatch) -> str:
    behind = "" if watch.lag is None else f", {amount(watch.lag, 'block')} behind"
    return (
        f"chain {watch.chain} at {watch.last.candidate}{behind}, while the chain went from"
        f" {watch.first.head} to {watch.last.head}"
    )
