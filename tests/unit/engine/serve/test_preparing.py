"""What is light is prepared at once; what is heavy elsewhere, and once for the same request."""

import time
from typing import Any

import pytest

from belts.engine.clients.accounts import Account
from belts.engine.plan.prepared import Prepared
from belts.engine.plan.requests import GraphQLRequest
from belts.engine.planner.jobs import Job, Planned, Told, World
from belts.engine.planner.process import Charge
from belts.engine.serve import preparing
from belts.engine.serve.http import Application
from belts.engine.serve.preparing import Preparing
from belts.engine.serve.roles import Session
from tests.unit.engine.serve.wire import Beside, Clock, application

MANY = " ".join(f"a{n}: id" for n in range(300))
LONG: GraphQLRequest = (f"{{ items {{ {MANY} }} }}", None, {})
SHORT: GraphQLRequest = ("{ items { id } }", None, {})
GIVEN = f"query($v: String) {{ items(where: {{name: {{_eq: $v}}}}) {{ {MANY} }} }}"


class Counted(Beside):
    """How many jobs there were."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs = 0

    async def ask(self, account: Account, world: World, job: Job, charge: Charge) -> Planned | Told:
        self.jobs += 1
        return await super().ask(account, world, job, charge)


def engine() -> tuple[Application, Counted]:
    planner = Counted()
    return application(planner), planner


async def prepared(
    of: Application, request: GraphQLRequest, account: Account | None = None, **session: str
) -> Prepared:
    snapshot, who = of.serving.state.current, Session(role="public", variables=session)
    account = account or Account(name="a")
    return await of.serving.preparing.request(snapshot, who, request, account, lambda _: None)


async def test_what_is_light() -> None:
    """Nobody else is asked."""
    of, planner = engine()
    assert (await prepared(of, SHORT)).parts
    assert planner.jobs == 0


async def test_the_same_again() -> None:
    """It is known, and given as it was; other values and another session are another request."""
    of, planner = engine()
    first = await prepared(of, LONG)
    assert await prepared(of, LONG) == first
    assert planner.jobs == 1
    for value in "a", "b", "a":
        found = await prepared(of, (GIVEN, None, {"v": value}))
        assert value in found.parts[0].arguments
    assert planner.jobs == 3
    await prepared(of, LONG, x_hasura_user="1")
    assert planner.jobs == 4


async def test_a_text_of_many_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is seen to be heavy before it is read, and read once: elsewhere."""
    of, planner = engine()

    def read(*_: Any, **__: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(preparing, "prepare", read)
    assert (await prepared(of, LONG)).parts
    assert planner.jobs == 1


async def test_values_that_are_heavy() -> None:
    """They are planned elsewhere, and once; the same text with few of them is light as before."""
    of, planner = engine()
    text = "query($v: [String!]) { items(where: {name: {_in: $v}}) { id } }"
    for _ in range(2):
        await prepared(of, (text, None, {"v": ["x" * 400] * 200}))
    assert planner.jobs == 1
    for value in "a", "b":
        assert (await prepared(of, (text, None, {"v": [value]}))).parts
    assert planner.jobs == 1


async def test_after_a_change_of_the_metadata() -> None:
    """Nothing is known any more."""
    of, planner = engine()
    await prepared(of, LONG)
    state = of.serving.state
    state.current = state.build(state.current.metadata, state.current.catalog)
    await prepared(of, LONG)
    assert planner.jobs == 2


def new(number: int) -> GraphQLRequest:
    return f"{{ items {{ a{number}: id }} }}", None, {}


def timed(monkeypatch: pytest.MonkeyPatch) -> tuple[Application, Counted, Clock]:
    """An engine in which each look at the processor's clock is a twentieth of a second after the last one."""
    of, planner = engine()
    clock, busy = Clock(), Clock()
    of.serving.preparing = Preparing(planner, clock)
    monkeypatch.setattr(time, "thread_time", busy.later)
    busy.step = 0.05
    return of, planner, clock


async def test_many_new_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has had its part of the loop has them planned elsewhere; not what is known, and not others'."""
    of, planner, clock = timed(monkeypatch)
    much, little, trusted = Account(name="m"), Account(name="l"), Account(name="t", trusted=True)
    for number in range(20):
        await prepared(of, new(number), much)
    assert 0 < 20 - planner.jobs <= 6
    before = planner.jobs
    await prepared(of, new(0), much)
    await prepared(of, new(100), little)
    for number in range(200, 220):
        await prepared(of, new(number), trusted)
    assert planner.jobs == before
    clock.now += 60
    await prepared(of, new(101), much)
    assert planner.jobs == before


async def test_a_text_that_is_planned_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """For other parts of an argument a known text is planned again, which counts as a new one does."""
    of, planner, _ = timed(monkeypatch)
    text, one = "query($w: items_bool_exp) { items(where: $w) { id } }", Account(name="one")

    def given(number: int) -> GraphQLRequest:
        return text, None, {"w": {"_and": [{"name": {"_eq": "a"}}] * number}}

    for number in range(20):
        await prepared(of, given(number), one)
    assert 0 < 20 - planner.jobs <= 6
    before = planner.jobs
    for _ in range(20):
        await prepared(of, given(0), one)
    await prepared(of, given(19), Account(name="two"))
    assert planner.jobs == before


async def test_new_texts_of_many_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them have a part together; beyond it who took little plans here, and in the end nobody."""
    of, planner, clock = timed(monkeypatch)
    for number in range(100):
        await prepared(of, new(number), Account(name=str(number)))
    assert 20 <= 100 - planner.jobs <= 21
    clock.now += 1
    before, one = planner.jobs, Account(name="one")
    for number in range(200, 206):
        await prepared(of, new(number), one)
    assert 3 <= planner.jobs - before <= 4
