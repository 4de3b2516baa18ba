"""Answers are held against the rows at both ends; wrong, refused and late are three things."""

import re
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from graphql import FieldNode, OperationDefinitionNode, parse

from gate.endpoints import Belt, Endpoints
from gate.observations.constructs import ConstructsSeen
from gate.observations.unobserved import Cause
from gate.probes.served.constructs import asking
from gate.probes.served.constructs.asking import Asking
from gate.probes.served.constructs.case import BASE, Case
from gate.probes.served.constructs.drawing import Drawn
from gate.probes.served.constructs.leaves import plain
from gate.probes.served.constructs.planned import Plan
from gate.probes.served.constructs.sample import MovedError, Sample
from gate.probes.served.door import Door
from gate.probes.served.suspect import LOOKS
from gate.probes.unseen import UnseenError
from gate.probes.world import World
from gate.secret import Address
from tests.unit.gate.chain.strict import world
from tests.unit.gate.served.constructs.build import plan, rows, sample, schema

Change = Callable[[Case, Any], Any]
BEGAN = 100
"""The transaction before which all rows were written when the looks began."""


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PAUSE", 0)


@dataclass(kw_only=True)
class Rows:
    """A database whose rows are another of these samples each time that they are read."""

    samples: tuple[Sample, ...]
    reads: int = 0

    @property
    def now(self) -> Sample:
        return self.samples[self.reads % len(self.samples)]

    @asynccontextmanager
    async def snapshot(self) -> Any:
        yield self

    async def rows(self, query: str) -> list[list[int]]:
        """From which transaction on rows may be written from now on, which is all that is asked in SQL."""
        assert "txid_snapshot_xmin" in query
        return [[BEGAN + self.reads]]


@dataclass(kw_only=True)
class Fake:
    """A door that knows what is right, and answers as `change` says. A refused construct refuses all."""

    plan: Plan
    rows: Rows
    world: World
    change: Change = lambda _, answer: answer
    whole: Callable[[dict[str, Any]], dict[str, Any]] = lambda data: data
    refuses: frozenset[str] = frozenset()
    cause: Cause = Cause.BAD_ANSWER
    requests: list[str] = field(default_factory=list)

    async def exactly(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        self.requests.append(query)
        found = {}
        for name, text in fields(query).items():
            case = self.case(text, variables)
            if case.construct in self.refuses:
                raise UnseenError("no such thing here", self.cause)
            found[name] = self.change(case, self.right(case))
        assert all(f"${name}:" in query for name in variables)
        return self.whole(found)

    def right(self, case: Case) -> Any:
        """What the rows say now; of values that none of them has any more, nothing."""
        try:
            return plain(case.answer(self.rows.now))
        except MovedError:
            return []

    def case(self, text: str, variables: Mapping[str, Any]) -> Case:
        """The case of a root field: all but what numbers change, and the values of its variables."""
        bare = re.sub(r"(\$\w+?|Outer|Inner)\d+\b", r"\1", text)
        given = [variables[name] for name in re.findall(r"\$(\w+)", text) if name in variables]
        for one in self.plan.cases:
            values = [each.value for each in one.variables if not each.default]
            if bare == one.field.replace(BASE, "$rows") and all(value in given for value in values):
                return one
        raise AssertionError(text)


def fields(query: str) -> dict[str, str]:
    """The root fields of a request, by their names."""
    document = parse(query)
    [operation] = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    found = {}
    for node in operation.selection_set.selections:
        assert isinstance(node, FieldNode)
        assert node.alias is not None
        assert node.loc is not None
        text = query[node.loc.start : node.loc.end]
        found[node.alias.value] = text.removeprefix(f"{node.alias.value}: ")
    return found


async def asked(*notes: str, numbered: bool = False, **door: Any) -> tuple[ConstructsSeen, Fake]:
    """What is seen of a door; `notes` are those of the rows, from one look to the next.

    Rows that are `numbered` show which transaction has written them.
    """
    made = plan(rows(note=(*(notes or ["abcdef"])[0],)))
    of = replace(made.drawn, floor=BEGAN if numbered else None)
    made = replace(made, drawn=of)
    samples = [sample(of.shape, rows(note=(*one,)), of.places) for one in notes or ["abcdef"]]

    async def read(_: Any, held: Rows) -> Sample:
        held.reads += 1
        return held.now

    held = Rows(samples=tuple(samples))
    here = replace(world(nobody), endpoints=Endpoints(serving=None, candidate=BELT))
    fake: Any = Fake(plan=made, rows=held, world=here, **door)
    database: Any = held
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(of), "read", read)
        return (await Asking(door=fake, database=database, others=same).all([made]))["Item"], fake


async def same(of: Plan, _: Any) -> Plan:
    return of


def nobody(_: httpx.Request) -> httpx.Response:
    raise AssertionError


BELT = Belt(graphql=Address("http://green.test/v1/graphql"))


async def test_all_right() -> None:
    """One request, and nothing to say."""
    found, fake = await asked()
    assert found.clean
    assert found.asked > 60
    assert found.rows == 6
    assert len(fake.requests) == 1


async def test_a_wrong_answer() -> None:
    """Three looks in the same words, then alone; with the question that a person repeats it with."""

    def wrong(case: Case, answer: Any) -> Any:
        return answer[1:] if case.construct == "limit and offset" else answer

    found, fake = await asked(change=wrong)
    [one] = found.wrong
    assert one.construct == "limit and offset"
    assert 'id: {_in: ["a", "b", "c", "d", "e", "f"]}' in one.question
    assert "limit: 2, offset: 2" in one.question
    assert (one.held, one.given) == ('[{"id": "d"}, {"id": "c"}]', '[{"id": "c"}]')
    assert not one.together
    assert len(set(fake.requests[:3])) == 1
    assert len(fake.requests) == 4


async def test_an_answer_that_is_wrong_beside_others() -> None:
    """A door that mixes up the names of one request is right about each question alone.

    What a person repeats is a request in which it is wrong, with as few others as it takes.
    """
    found, fake = await asked(whole=lambda data: dict(zip(data, [*data.values()][::-1], strict=True)))
    assert len(found.wrong) > 30
    assert all(one.together for one in found.wrong)
    repeated = found.wrong[0].question
    text, _, name = repeated.rpartition(", and look at ")
    names = [*fields(text.partition(" with {")[0])]
    assert 1 < len(names) < 5
    assert name == names[-1]
    assert len(fake.requests) < 4 * found.asked


def every_other() -> Change:
    """Wrong about one construct in every second request."""
    turns = [0]

    def change(case: Case, answer: Any) -> Any:
        turns[0] += case.construct == "limit and offset"
        return answer[1:] if case.construct == "limit and offset" and turns[0] % 2 else answer

    return change


@pytest.mark.parametrize("unwritten", [True, False])
async def test_an_answer_that_is_wrong_now_and_then(
    monkeypatch: pytest.MonkeyPatch, *, unwritten: bool
) -> None:
    """Of rows that nobody has written two wrong answers are enough; others may have been so for a moment."""

    async def told(*_: Any) -> bool:
        return unwritten

    monkeypatch.setattr(Drawn, "unwritten", told)
    found, _ = await asked(numbered=True, change=every_other())
    assert [one.often for one in found.wrong] == (["in 2 of 3 looks"] if unwritten else [])
    assert not any(one.together for one in found.wrong)


@pytest.mark.parametrize("last", [True, False])
async def test_rows_that_are_as_they_were(monkeypatch: pytest.MonkeyPatch, *, last: bool) -> None:
    """Those that were written in a look may have been otherwise in between, and before it they may not."""

    async def unwritten(_: Drawn, __: Any, since: int) -> bool:
        return since > BEGAN and not last

    def never(case: Case, answer: Any) -> Any:
        return ["never"] if case.construct == "limit and offset" else answer

    monkeypatch.setattr(Drawn, "unwritten", unwritten)
    found, _ = await asked(numbered=True, change=never)
    constructs = [one.construct for one in found.wrong]
    assert (constructs, [*found.restless]) == (
        ([], ["limit and offset"]) if last else (["limit and offset"], [])
    )


async def test_a_wrong_answer_before_rows_move(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the rows said is that of the look in which it was wrong: in the last one they may say nothing."""
    firsts: list[str] = []

    async def unwritten(*_: Any) -> bool:
        return True

    def change(case: Case, answer: Any) -> Any:
        if "{note: {_" in case.field:
            return ["never"]
        if case.construct == "limit and offset" and not firsts:
            firsts.append(case.construct)
            return ["never"]
        return answer

    monkeypatch.setattr(Drawn, "unwritten", unwritten)
    found, _ = await asked(*["abcdef"] * 9, *["uvwxyz"] * 30, numbered=True, change=change)
    assert len(found.wrong) > 2
    assert all("object" not in one.held for one in found.wrong)


async def test_an_answer_that_is_missing() -> None:
    """A name that is not in the answer is not NULL."""
    found, _ = await asked(
        whole=lambda data: {name: value for name, value in data.items() if value is not None}
    )
    assert {one.construct for one in found.wrong} == {"_by_pk of no row"}


async def test_rows_that_move() -> None:
    """Right is what was so before or after; what is neither, and moves in every look, is said."""
    turns = ("abcdef", "fedcba")
    assert (await asked(*turns))[0].clean

    def never(case: Case, answer: Any) -> Any:
        return ["never"] if "order_by: [{note: " in case.field else answer

    found, fake = await asked(*turns, change=never)
    assert not found.wrong
    assert found.restless
    assert not found.clean
    whole = [query for query in fake.requests if len(fields(query)) == found.asked]
    assert len(whole) == LOOKS, "and all others are not asked again for its sake"


async def test_a_wrong_answer_about_rows_that_stand_now_and_then() -> None:
    """Looks in which they moved do not count, and do not excuse."""

    def never(case: Case, answer: Any) -> Any:
        return ["never"] if "order_by: [{note: " in case.field else answer

    found, _ = await asked("abcdef", "abcdef", "fedcba", change=never)
    assert found.wrong
    assert not found.restless


async def test_a_construct_that_is_refused() -> None:
    """It is found among all others, which are asked all the same; nobody serves, so nobody can tell."""
    found, fake = await asked(refuses=frozenset({"_similar", "distinct_on"}))
    assert {one.construct for one in found.refused} == {"_similar", "distinct_on"}
    assert all(one.today is not True and one.today is not False for one in found.refused)
    assert not found.wrong
    assert not found.clean
    assert len(fake.requests) < 100
    assert len({text for query in fake.requests for text in fields(query).values()}) >= found.asked


async def test_all_is_refused() -> None:
    """After some refusals nobody asks on; what is left is open."""
    every = frozenset(case.construct for case in plan().cases)
    found, fake = await asked(refuses=every)
    assert found.refused
    assert found.unread
    assert not found.clean
    assert len(fake.requests) <= 3 * asking.MOST_REFUSED


@pytest.mark.parametrize("cause", [Cause.TIMEOUT, Cause.DEADLINE, Cause.UNREACHABLE])
async def test_no_answer_in_time(cause: Cause) -> None:
    """Nothing is held against the door, and nothing passes."""
    found, _ = await asked(refuses=frozenset({"_like"}), cause=cause)
    assert not found.refused
    assert {why.cause for _, why in found.unread} == {cause}
    assert not found.clean


NO: Any = {"errors": [{"message": "no"}]}
ROWS: Any = {"data": {"rows": [], "q0": []}}


@pytest.mark.parametrize(
    ("answers", "today"),
    [
        ([ROWS, ROWS], True),
        ([ROWS, NO, NO, NO], False),
        ([ROWS, NO, ROWS], True),
        ([NO], "answers with errors: no"),
        ([ROWS, "<html>"], "not with JSON"),
        ([], "does not know this question"),
    ],
)
async def test_what_is_so_today(
    monkeypatch: pytest.MonkeyPatch, answers: list[Any], today: bool | str
) -> None:
    """The serving belt is asked the same where it knows it; only its refusal excuses, and no broken belt."""
    left = iter(answers)

    def answer(_: httpx.Request) -> httpx.Response:
        found = next(left)
        return httpx.Response(200, text=found) if isinstance(found, str) else httpx.Response(200, json=found)

    async def known(_: Door) -> Any:
        return schema() if answers else schema(types={"id": "text"})

    monkeypatch.setattr(Door, "schema", known)
    here = world(answer)
    here = replace(here, endpoints=Endpoints(serving=BELT, candidate=BELT))
    door = Door(world=here, role="public", pace=Still())  # type: ignore[arg-type]
    made = plan()
    case = next(one for one in made.cases if one.construct == "distinct_on")
    asking_ = Asking(door=door, database=None, others=same)  # type: ignore[arg-type]
    found = await asking_._today((made, case))
    assert found is today if isinstance(today, bool) else today in str(found)
    assert not list(left)


class Still:
    async def wait(self) -> None:
        """It is anybody's turn."""


@pytest.mark.parametrize("shown", [True, False])
async def test_rows_that_stand_instead(monkeypatch: pytest.MonkeyPatch, *, shown: bool) -> None:
    """What moved is asked of other rows, and only that; a form that those do not show is said to be."""
    asked_of: list[Any] = []

    async def others(of: Plan, moved: Any) -> Plan:
        asked_of.append(set(moved))
        return of if shown else replace(of, cases=())

    def never(case: Case, answer: Any) -> Any:
        return ["never"] if not asked_of and "order_by: [{note: " in case.field else answer

    monkeypatch.setattr("tests.unit.gate.served.constructs.test_asking.same", others)
    found, fake = await asked("abcdef", "fedcba", change=never)
    assert asked_of == [{(key,) for key in "abcdef"}]
    assert found.clean
    assert any(construct.startswith("order_by") for construct in found.blunt) is not shown
    assert (len(fields(fake.requests[-1])) < 20) is shown
