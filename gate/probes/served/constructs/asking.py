"""Asks the candidate the questions, and compares its answers with the rows before and after.

An answer is right if it matches the rows just before or just after it. If it matches neither, and the rows
are the same before and after, it counts against the door; after three looks it is wrong. If rows were written
in a look, they may have differed in between, so that it proves nothing. Each look repeats the same request.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import GraphQLError, parse, validate

from gate.endpoints import Side
from gate.observations.constructs import ConstructsSeen, Misanswered, Refused
from gate.observations.unobserved import Cause, Unobserved
from gate.probes.database import transactions
from gate.probes.database.session import Database
from gate.probes.served.constructs.batch import Asked, Request, alone, batches, request_of, together
from gate.probes.served.constructs.case import Case
from gate.probes.served.constructs.leaves import fits, plain
from gate.probes.served.constructs.planned import Plan
from gate.probes.served.constructs.sample import Key, MovedError, Sample, moved
from gate.probes.served.door import Door
from gate.probes.served.equal import apart
from gate.probes.served.looks import PAUSE, TRIES
from gate.probes.served.suspect import HALF, LOOKS, NONE, Suspect
from gate.probes.unseen import RefusedError, UnseenError

REFUSALS = frozenset({Cause.UNSUPPORTED, Cause.DENIED, Cause.BAD_ANSWER})
"""Causes of a refusal that waiting does not cure."""
MOST_REFUSED = 100
"""Refused requests after which the refused question is no longer searched for."""
MOST_REPEATED = 8
"""Wrong answers about one entity that are repeated to see whether they are wrong alone."""
MOST_SOUGHT = 3
"""Questions for which it is searched which others they are wrong beside."""
ROUNDS = 3
"""How often questions whose answers moved are made again."""
MOVED, ABSENT = object(), object()
Samples = dict[str, Sample]


@dataclass(frozen=True, kw_only=True, slots=True)
class Otherwise:
    """What the unchanged rows of a look say, and what was answered."""

    held: Any
    given: Any


class NotAnsweredError(UnseenError):
    """The door did not answer a request."""


@dataclass(kw_only=True, slots=True)
class Findings:
    """The results for one entity. `moved` are the keys of rows that changed."""

    wrong: list[Misanswered] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unread: dict[str, Unobserved] = field(default_factory=dict)
    restless: list[str] = field(default_factory=list)
    blunt: list[str] = field(default_factory=list)
    moved: set[Key] = field(default_factory=set)


@dataclass(kw_only=True, slots=True)
class Asking:
    """One role's questions. `others` makes new ones about rows other than those with the given keys."""

    door: Door
    database: Database
    others: Callable[[Plan, Collection[Key]], Awaitable[Plan]]
    refusals: int = 0
    found: dict[str, Findings] = field(default_factory=dict)
    beside: Sequence[Asked] = ()
    """Questions that make another one wrong that is answered correctly alone."""
    sought: int = 0

    async def all(self, plans: Sequence[Plan]) -> dict[str, ConstructsSeen]:
        """The results for each entity."""
        self.found = {plan.name: Findings() for plan in plans}
        await self._batches(plans, LOOKS)
        restless = plans
        for _ in range(ROUNDS):
            restless = [await self._still(plan) for plan in restless if self.found[plan.name].restless]
            await self._batches(restless, TRIES)
        return {plan.name: self._seen(plan) for plan in plans}

    async def _batches(self, plans: Sequence[Plan], tries: int) -> None:
        """Asks in batches; what moves in `tries` looks is left to a smaller request."""
        for batch in batches([(plan, case) for plan in plans for case in plan.cases]):
            await self._ask(batch, tries)

    async def _still(self, plan: Plan) -> Plan:
        """Repeats undecided questions about rows that do not move, or else in a faster request."""
        found = self.found[plan.name]
        asked, found.restless = set(found.restless), []
        other = await self.others(plan, found.moved)
        wanted = asked - set(other.blunt)
        cases = tuple(case for case in other.cases if case.construct in wanted)
        shown = {case.construct for case in cases} - set(other.blunt)
        found.blunt += sorted(asked - shown)
        return replace(other, cases=cases)

    def _seen(self, plan: Plan) -> ConstructsSeen:
        found = self.found[plan.name]
        return ConstructsSeen(
            rows=plan.rows,
            asked=len(plan.cases),
            wrong=tuple(found.wrong),
            refused=tuple(found.refused),
            unread=tuple(found.unread.items()),
            restless=tuple(dict.fromkeys(found.restless)),
            blunt=tuple(dict.fromkeys((*plan.blunt, *found.blunt))),
        )

    async def _ask(self, batch: Sequence[Asked], tries: int) -> None:
        """Asks all at once; if the request is refused, finds out which question caused it."""
        try:
            await self._look(batch, tries)
        except NotAnsweredError as error:
            self.refusals += 1
            if error.unobserved.cause not in REFUSALS or self.refusals > MOST_REFUSED:
                for plan, case in batch:
                    self.found[plan.name].unread.setdefault(case.construct, error.unobserved)
            elif len(batch) == 1:
                await self._refused(batch[0], error.unobserved)
            else:
                # Usually one construct is refused, for all entities.
                ordered = sorted(batch, key=lambda asked: asked[1].construct)
                middle = len(ordered) // 2
                await self._ask(ordered[:middle], tries)
                await self._ask(ordered[middle:], tries)
        except UnseenError as error:
            # Findings about other questions remain.
            for plan, case in batch:
                self.found[plan.name].unread.setdefault(case.construct, error.unobserved)

    async def _refused(self, asked: Asked, why: Unobserved) -> None:
        """Asks one question twice more, and then whether the serving belt answers it."""
        for _ in range(LOOKS - 1):
            await asyncio.sleep(PAUSE)
            with suppress(NotAnsweredError):
                await self._look([asked], TRIES)
                return
        plan, case = asked
        self.found[plan.name].refused.append(
            Refused(construct=case.construct, question=alone(asked), why=why, today=await self._today(asked))
        )

    async def _today(self, asked: Asked) -> bool | Unobserved:
        """True if the serving belt answers the same question, provided it knows all names in it."""
        world = self.door.world
        if world.endpoints.serving is None:
            return Unobserved(reason="no belt serves yet", cause=Cause.NOT_GIVEN)
        door, request = replace(self.door, side=Side.SERVING), request_of([asked])
        try:
            if errors := validate(await door.schema(), parse(request.query)):
                words = f"the serving belt does not know this question: {errors[0].message}"
                return Unobserved(reason=words, cause=Cause.UNDECIDABLE)
            # A belt that answers nothing at all does not refuse a construct.
            await door.ask(f"query Any {{ rows: {asked[0].name}(limit: 1) {{ __typename }} }}", {})
            return await self._answered(door, request)
        except UnseenError as unseen:
            return unseen.unobserved
        except (GraphQLError, KeyError, TypeError, ValueError) as error:
            words = f"the serving belt's introspection is no schema: {error}"
            return Unobserved(reason=words, cause=Cause.BAD_ANSWER)

    async def _answered(self, door: Door, request: Request) -> bool:
        """True if any look is answered."""
        for _ in range(LOOKS):
            with suppress(RefusedError):
                await door.ask(request.query, request.variables)
                return True
            await asyncio.sleep(PAUSE)
        return False

    async def _look(self, batch: Sequence[Asked], tries: int) -> None:
        """Looks until every answer is explained, proved, or has contradicted the rows often enough.

        Questions that only moved are not repeated for long beside hundreds of others, which take their time.
        """
        suspects = {number: Suspect() for number in range(len(batch))}
        wrong: dict[int, Otherwise] = {}
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(PAUSE)
            floor = await self._floor()
            before = await self._samples(batch)
            given = await self._given(batch)
            after = await self._samples(batch)
            for name, sample in before.items():
                self.found[name].moved |= moved(sample, after[name])
            proofs: dict[str, int | None] = {}
            for number, suspect in list(suspects.items()):
                plan, case = batch[number]
                first, last = (_answer(case, samples[plan.name]) for samples in (before, after))
                if any(one is not MOVED and fits(one, given[number]) for one in (first, last)):
                    suspect.right += 1
                elif first is not MOVED and first == last:
                    if plan.name not in proofs:
                        proofs[plan.name] = await self._proof(plan, floor)
                    suspect.otherwise(proofs[plan.name])
                    wrong[number] = Otherwise(held=first, given=given[number])
                if suspect.cleared:
                    del suspects[number]
            late = attempt + 1 >= tries
            if all(suspect.settled or (late and suspect.unseen) for suspect in suspects.values()):
                break
        for number, suspect in suspects.items():
            plan, case = batch[number]
            if suspect.restless:
                self.found[plan.name].restless.append(case.construct)
            elif suspect.wrong:
                await self._wrong(batch, number, wrong[number], suspect.often)

    async def _floor(self) -> int:
        """The first transaction that may write rows in this look."""
        async with self.database.snapshot() as snapshot:
            return await transactions.floor(snapshot)

    async def _proof(self, plan: Plan, floor: int) -> int | None:
        """How far one wrong answer is proved: by half, because rows that are gone leave no trace.

        None if rows were written in this look, from transaction `floor` on.
        """
        drawn = plan.drawn
        if drawn.floor is None:
            return NONE
        async with self.database.snapshot() as snapshot:
            if await drawn.unwritten(snapshot, drawn.floor):
                return HALF
            return NONE if await drawn.unwritten(snapshot, floor) else None

    async def _wrong(self, batch: Sequence[Asked], number: int, seen: Otherwise, often: str) -> None:
        """Reports a wrong answer with the question that reproduces it, alone or with the others it takes.

        An answer that is wrong only sometimes may be so in any of them.
        """
        asked = batch[number]
        plan, case = asked
        beside: Sequence[Asked] = ()
        if len(batch) > 1 and not often:
            told = self.found[plan.name].wrong
            if len(told) >= MOST_REPEATED:
                # So many wrong answers have one cause.
                beside = self.beside if told[-1].together else ()
            elif await self._is_wrong([asked]) is False:
                beside = await self._beside(asked, [one for one in batch if one is not asked])
        held, other = apart(plain(seen.held), "nothing at all" if seen.given is ABSENT else seen.given)
        self.found[plan.name].wrong.append(
            Misanswered(
                construct=case.construct,
                question=alone(asked) if not beside else together([*beside, asked]),
                held=held,
                given=other,
                together=bool(beside),
                often=often,
            )
        )

    async def _beside(self, asked: Asked, others: Sequence[Asked]) -> Sequence[Asked]:
        """The few other questions of a request beside which one is answered wrongly, found by halving.

        The ones found for one question usually explain the next as well.
        """
        if self.beside and await self._is_wrong([*self.beside, asked]):
            return self.beside
        if self.sought >= MOST_SOUGHT:
            return others
        self.sought += 1
        few = others
        while len(few) > 1:
            middle = len(few) // 2
            halves = (few[:middle], few[middle:])
            smaller = [half for half in halves if await self._is_wrong([*half, asked])]
            if not smaller:
                break
            few = smaller[0]
        self.beside = few
        return few

    async def _is_wrong(self, batch: Sequence[Asked]) -> bool | None:
        """True if the last question of a request is answered wrongly; `None` if undecided."""
        plan, case = batch[-1]
        before = await self._samples([batch[-1]])
        try:
            given = (await self._given(batch))[-1]
        except NotAnsweredError:
            return None
        after = await self._samples([batch[-1]])
        first, last = (_answer(case, samples[plan.name]) for samples in (before, after))
        if any(one is not MOVED and fits(one, given) for one in (first, last)):
            return False
        return True if first is not MOVED and first == last else None

    async def _samples(self, batch: Sequence[Asked]) -> Samples:
        """The rows of all entities of a request, in one snapshot."""
        plans = {plan.name: plan for plan, _ in batch}
        async with self.database.snapshot() as snapshot:
            return {name: await plan.drawn.read(snapshot) for name, plan in plans.items()}

    async def _given(self, batch: Sequence[Asked]) -> list[Any]:
        """The door's answer to each question."""
        request = request_of(batch)
        try:
            data = await self.door.exactly(request.query, request.variables)
        except UnseenError as unseen:
            why = unseen.unobserved
            raise NotAnsweredError(why.reason, why.cause, advice=why.advice) from unseen
        return [data.get(f"q{number}", ABSENT) for number in range(len(batch))]


def _answer(case: Case, sample: Sample) -> Any:
    try:
        return case.answer(sample)
    except MovedError:
        return MOVED
