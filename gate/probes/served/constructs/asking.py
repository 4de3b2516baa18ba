"""Puts the questions to the candidate, and holds its answers against the rows before and after.

A right answer is what the rows said right before it, or right after. One that is neither, while the rows
said the same at both ends, counts against the door; in three looks it is wrong. Rows that were written in a
look may have said something else in between, so that it tells nothing. Each look is the very same request.
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
"""Why a question is not answered where it is no matter of time."""
MOST_REFUSED = 100
"""Requests that may be refused before nobody asks which question it was."""
MOST_REPEATED = 8
"""Wrong answers about one entity that are asked for again, to see whether they are wrong alone."""
MOST_SOUGHT = 3
"""For how many questions it is sought out which others they are wrong beside."""
ROUNDS = 3
"""How often questions whose answers moved are made anew."""
MOVED, ABSENT = object(), object()
Samples = dict[str, Sample]


@dataclass(frozen=True, kw_only=True, slots=True)
class Otherwise:
    """What the rows said in a look in which they stood still, and what was given."""

    held: Any
    given: Any


class NotAnsweredError(UnseenError):
    """The door did not answer a request."""


@dataclass(kw_only=True, slots=True)
class Findings:
    """What came of the questions about one entity. `moved` are the keys of rows that did not stand."""

    wrong: list[Misanswered] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unread: dict[str, Unobserved] = field(default_factory=dict)
    restless: list[str] = field(default_factory=list)
    blunt: list[str] = field(default_factory=list)
    moved: set[Key] = field(default_factory=set)


@dataclass(kw_only=True, slots=True)
class Asking:
    """One role's questions. `others` makes them anew, of other rows than those with some keys."""

    door: Door
    database: Database
    others: Callable[[Plan, Collection[Key]], Awaitable[Plan]]
    refusals: int = 0
    found: dict[str, Findings] = field(default_factory=dict)
    beside: Sequence[Asked] = ()
    """Questions beside which another was answered wrongly that is answered rightly alone."""
    sought: int = 0

    async def all(self, plans: Sequence[Plan]) -> dict[str, ConstructsSeen]:
        """What came of each entity."""
        self.found = {plan.name: Findings() for plan in plans}
        await self._batches(plans, LOOKS)
        restless = plans
        for _ in range(ROUNDS):
            restless = [await self._still(plan) for plan in restless if self.found[plan.name].restless]
            await self._batches(restless, TRIES)
        return {plan.name: self._seen(plan) for plan in plans}

    async def _batches(self, plans: Sequence[Plan], tries: int) -> None:
        """`tries` is after how many looks what has moved in all of them is left to a smaller request."""
        for batch in batches([(plan, case) for plan in plans for case in plan.cases]):
            await self._ask(batch, tries)

    async def _still(self, plan: Plan) -> Plan:
        """What nobody could tell, about rows that stand; where there are none, the same in less time."""
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
        """Asks all at once; where that is refused, which of them it was."""
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
                # What is refused is as a rule one construct, of all entities.
                ordered = sorted(batch, key=lambda asked: asked[1].construct)
                middle = len(ordered) // 2
                await self._ask(ordered[:middle], tries)
                await self._ask(ordered[middle:], tries)
        except UnseenError as error:
            # What was found of other questions stands.
            for plan, case in batch:
                self.found[plan.name].unread.setdefault(case.construct, error.unobserved)

    async def _refused(self, asked: Asked, why: Unobserved) -> None:
        """One question, twice more, and then whether it is answered today."""
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
        """Whether the serving belt answers the same question, where it knows all that it names."""
        world = self.door.world
        if world.endpoints.serving is None:
            return Unobserved(reason="no belt serves yet", cause=Cause.NOT_GIVEN)
        door, request = replace(self.door, side=Side.SERVING), request_of([asked])
        try:
            if errors := validate(await door.schema(), parse(request.query)):
                words = f"the serving belt does not know this question: {errors[0].message}"
                return Unobserved(reason=words, cause=Cause.UNDECIDABLE)
            # A belt that answers nothing at all refuses nobody anything.
            await door.ask(f"query Any {{ rows: {asked[0].name}(limit: 1) {{ __typename }} }}", {})
            return await self._answered(door, request)
        except UnseenError as unseen:
            return unseen.unobserved
        except (GraphQLError, KeyError, TypeError, ValueError) as error:
            words = f"the serving belt's introspection is no schema: {error}"
            return Unobserved(reason=words, cause=Cause.BAD_ANSWER)

    async def _answered(self, door: Door, request: Request) -> bool:
        """Whether there is an answer in any look."""
        for _ in range(LOOKS):
            with suppress(RefusedError):
                await door.ask(request.query, request.variables)
                return True
            await asyncio.sleep(PAUSE)
        return False

    async def _look(self, batch: Sequence[Asked], tries: int) -> None:
        """Looks until every answer is explained, proved, or has stood against the rows often enough.

        What has only moved is not looked at for long beside hundreds of others, which all take their time.
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
        """From which transaction on rows may be written in this look."""
        async with self.database.snapshot() as snapshot:
            return await transactions.floor(snapshot)

    async def _proof(self, plan: Plan, floor: int) -> int | None:
        """How far one wrong answer is proved: rows that are not there leave no trace, so by half.

        None is for rows of which some were written in this look, from transaction `floor` on.
        """
        drawn = plan.drawn
        if drawn.floor is None:
            return NONE
        async with self.database.snapshot() as snapshot:
            if await drawn.unwritten(snapshot, drawn.floor):
                return HALF
            return NONE if await drawn.unwritten(snapshot, floor) else None

    async def _wrong(self, batch: Sequence[Asked], number: int, seen: Otherwise, often: str) -> None:
        """Told with the question by which a person sees it: alone, else with those that it takes.

        What is wrong only now and then may be so in any of them.
        """
        asked = batch[number]
        plan, case = asked
        beside: Sequence[Asked] = ()
        if len(batch) > 1 and not often:
            told = self.found[plan.name].wrong
            if len(told) >= MOST_REPEATED:
                # Where so many are wrong, it is for one reason.
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
        """Few other questions of a request beside which one is answered wrongly, as far as halves show it.

        What did it beside one question does it beside the next as a rule.
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
        """Whether the last question of a request is answered wrongly; `None` where nobody can tell."""
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
        """What the door answers to each question."""
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
