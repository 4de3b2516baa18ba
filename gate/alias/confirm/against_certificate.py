"""Proves a certified candidate once more: right before the alias moves to it, and right after.

Before: it holds what it held when it was certified, row by row where that fits into the time that is left,
else by what shows that a table was not touched, and it does not contradict itself. After: the same again, and
what the load of consumers may have changed: that it is who it was, answers, goes on, and stays near the heads
of its chains.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from belts.spec.identity import Identity
from gate.alias.certificate import memory
from gate.alias.certificate.memory import Memory
from gate.alias.confirm import contradictions, following
from gate.alias.confirm.by_rows import by_rows
from gate.alias.confirm.seen import Seen, failed, passed, unread, untold, worst
from gate.alias.confirm.unchanged import Known, known, rewritten, touched, unchanged
from gate.alias.sight import IdentityProbe, RefutedError, Sight, UnprovedError, as_seen, same
from gate.alias.state import Heights
from gate.amounts import amount
from gate.endpoints import Belt as Doors
from gate.endpoints import Endpoints
from gate.evidence import Store
from gate.ledger import Certificate
from gate.looking import alone
from gate.observations.state import EntityState
from gate.observations.unobserved import Unobserved
from gate.outcome import Outcome
from gate.policy import Policy
from gate.probes.database import marks, own_state
from gate.probes.database.marks import Mark
from gate.probes.world import World
from gate.secret import Address

LEAST = timedelta(seconds=30)
"""What the write is given in any case: a verdict that came late is then confirmed by what is quick to see."""
LOOKS = 2
APART_SECONDS = 2.0
SLOWER = 1.5
"""So much longer a second reading of the rows may take: consumers read the same disks by then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """The belt that is looked at: who it has to be, what sees it, and its doors."""

    belt: str
    declared: Identity
    probe: IdentityProbe
    doors: Doors


@dataclass(frozen=True, kw_only=True, slots=True)
class AgainstCertificate:
    """Looks at the candidate alone, within what is left of the deadline of the whole update."""

    candidate: Candidate
    policy: Policy
    deadline: timedelta
    alias: Address | None = None
    others: Mapping[str, Doors] = field(default_factory=dict)
    """The doors of the belts beside it, by name."""
    cache: Store | None = None
    """Where a whole look of a moment ago may have left what it found."""

    async def before(self, certificate: Certificate) -> Seen:
        async with self._world(certificate) as world:
            return await self._rows(world, certificate, looks=LOOKS)

    async def after(self, certificate: Certificate) -> Seen:
        told = await self._look(certificate)
        for _ in range(LOOKS - 1):
            if told.outcome is not Outcome.FAILED:
                break
            await asyncio.sleep(APART_SECONDS)
            told = await self._look(certificate)
        return told

    async def behind(self, left: str | None) -> Seen:
        if self.alias is None:
            return untold("nobody says where the alias is")
        if left is not None and left not in self.others:
            return untold(f"the doors of {left} are not known, so its rows cannot be told from others")
        serving = None if left is None else self.others[left]
        endpoints = Endpoints(serving=serving, candidate=self.candidate.doors)
        ends = time.monotonic() + LEAST.total_seconds()
        async with alone(endpoints, self.policy, ends=ends) as world:
            return await by_rows(replace(world, endpoints=endpoints), self.alias, self.candidate.belt)

    async def _look(self, certificate: Certificate) -> Seen:
        """One look, which remembers nothing of the one before it."""
        async with self._world(certificate) as world:
            return worst(
                await asyncio.gather(
                    self._itself(certificate.heights),
                    self._rows(world, certificate, looks=1),
                    following.near_heads(world),
                )
            )

    async def _itself(self, recorded: Heights) -> Seen:
        """Who it was, and not behind; a database that cannot be seen tells nothing."""
        candidate = self.candidate

        async def look() -> Sight:
            sight = await candidate.probe()
            same(candidate.belt, candidate.declared, sight)
            return sight

        try:
            await as_seen(candidate.belt, look, recorded)
        except RefutedError as refuted:
            return failed(refuted.brief)
        except UnprovedError as unseen:
            return untold(unseen.brief)
        return passed(f"{candidate.belt} is who it was")

    async def _rows(self, world: World, certificate: Certificate, *, looks: int) -> Seen:
        """What was certified, read again, and what it contradicts; `looks` have to fit into what is left."""
        past = memory.decode(certificate.state)
        if isinstance(past, Unobserved):
            return unread("what was certified is not known any more", past)
        now = await marks.look(world, past.marks)
        if isinstance(now, Unobserved):
            return unread("its tables could not be looked at", now)
        within = world.remaining / looks
        rows, seen = await self._as_certified(world, past, now, within=within)
        sound = await contradictions.look(
            world, past.marks, now, within=within, rows=seen, reached=past.state.progress.heights
        )
        return worst((rows, sound))

    async def _as_certified(
        self, world: World, past: Memory, now: Mapping[str, Mark], *, within: float
    ) -> tuple[Seen, Known]:
        """Every row, or where that does not fit, the rows of tables that were touched since; and what of them
        is known by that.
        """
        again = past.state.entities
        if past.seconds * SLOWER > within:
            again = touched(past.state.entities, past.marks, now)
        if gone := past.marks.keys() - now.keys():
            return failed(f"{', '.join(sorted(gone))} is gone"), Known(every=False)
        left_out = rewritten(again, past.marks)
        lost = [name for name in map(_name, left_out) if past.marks[name].deleted != now[name].deleted]
        if lost:
            told = f"rows of {', '.join(lost)} were deleted, and no history says which they were"
            advice = "find out what deleted them, and seed the candidate afresh unless its handlers did"
            return untold(told, advice=advice), Known(every=False)
        return await self._met(world, past, tuple(entity for entity in again if entity not in left_out))

    async def _met(self, world: World, past: Memory, entities: tuple[EntityState, ...]) -> tuple[Seen, Known]:
        told, seen = [], Known(every=True)
        if entities:
            held = await own_state.meet(world, replace(past.state, entities=entities), pruned=True)
            told.append(unchanged(held))
            seen = known(held, entities)
        if left := len(past.state.entities) - len(entities):
            seen = replace(seen, every=False)
            told.append(passed(f"{amount(left, 'table')} untouched since the verdict, or without a history"))
        return (worst(told) if told else passed("it holds no entity")), seen

    def _world(self, certificate: Certificate) -> AbstractAsyncContextManager[World]:
        endpoints = Endpoints(serving=None, candidate=self.candidate.doors)
        left = max(LEAST.total_seconds(), self.deadline.total_seconds() - certificate.spent)
        return alone(endpoints, self.policy, ends=time.monotonic() + left, cache=self.cache)


def _name(entity: EntityState) -> str:
    return entity.entity
