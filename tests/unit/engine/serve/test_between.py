"""What one client asks for in one go is done in parts: others are answered between two of them."""

import asyncio
import json
from functools import partial
from typing import Any

import pytest

from belts.engine.clients.accounts import Account
from belts.engine.clients.single import Single
from belts.engine.plan import prepared
from belts.engine.serve import live, preparing
from belts.engine.serve.http import Application
from belts.engine.serve.live import Subscriber
from belts.engine.serve.roles import Session
from tests.unit.engine.serve.wire import Wire, application, scope, wired

ITEMS = "{ items { id } }"


class Rounds:
    """How many rounds the loop has made."""

    def __init__(self) -> None:
        self.made = 0
        self._task = asyncio.create_task(self._count())

    async def _count(self) -> None:
        while True:
            self.made += 1
            await asyncio.sleep(0)

    def end(self) -> None:
        self._task.cancel()


async def test_new_texts_that_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is planned in each round of the loop; what is known waits for none of them."""
    engine, rounds, made, prepare = application(), Rounds(), list[int](), prepared.prepare

    def counted(*given: Any, **how: Any) -> Any:
        if not how.get("known"):
            made.append(rounds.made)
        return prepare(*given, **how)

    monkeypatch.setattr(preparing, "prepare", counted)

    async def ask(text: str) -> int:
        snapshot, who = engine.serving.state.current, Session(role="public")
        account = Account(name=text)
        await engine.serving.preparing.request(snapshot, who, (text, None, {}), account, lambda _: None)
        return rounds.made

    await ask(ITEMS)
    made.clear()
    texts = [f"{{ items {{ a{number}: id }} }}" for number in range(10)]
    *done, known = await asyncio.gather(*map(ask, [*texts, ITEMS]))
    assert len(made) == len(set(made)) == 10
    assert known <= min(done)
    rounds.end()


async def test_a_batch() -> None:
    """There is a round after each of its requests, be they answered without a look at the database."""
    engine, rounds = application(), Rounds()
    wire = Wire(engine, scope("http"))
    body = [{"query": "{ __typename }"}] * 50
    wire.put({"type": "http.request", "body": json.dumps(body).encode()})
    assert (await wire.answer())[0] == 200
    assert rounds.made >= 50
    rounds.end()


async def test_an_answer_of_no_parts() -> None:
    """It is an answer all the same."""
    engine = application()
    wire = Wire(engine, scope("http"))
    text = "query($no: Boolean!) { items @include(if: $no) { id } }"
    wire.put(
        {"type": "http.request", "body": json.dumps({"query": text, "variables": {"no": False}}).encode()}
    )
    assert await wire.answer() == (200, {"data": {}})


async def subscribed(engine: Application, wire: Wire, number: int) -> None:
    for each in range(number):
        wire.subscribe(str(each), f"subscription {ITEMS}")
    await wire.until(lambda: wire.types().count("next") == number)


async def test_many_who_listen_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are told some at a time; who left meanwhile hears nothing."""
    monkeypatch.setattr(live, "AT_ONCE", 5)
    engine = application()
    async with wired(engine) as wire:
        await subscribed(engine, wire, 50)
        (cohort,) = engine.serving.live.cohorts.values()
        heard: dict[Subscriber, int] = {}
        rounds, begun = Rounds(), asyncio.Event()

        def hear(subscriber: Subscriber, _: bytes) -> None:
            heard[subscriber] = rounds.made
            begun.set()

        listening = list(cohort.subscribers)
        for subscriber in listening:
            subscriber.send = partial(hear, subscriber)
        telling = asyncio.create_task(engine.serving.live._tell(cohort, b"[1]", failed=False))
        await begun.wait()
        engine.serving.live.leave(next(each for each in listening if each not in heard))
        await telling
        assert len(heard) == 49
        assert len(set(heard.values())) >= 9
        rounds.end()


async def test_messages_of_a_socket() -> None:
    """There is a round after each."""
    engine = application()
    async with wired(engine) as wire:
        rounds = Rounds()
        for _ in range(50):
            wire.say({"type": "ping"})
        await wire.until(lambda: wire.types().count("pong") == 50)
        assert rounds.made >= 50
        rounds.end()


async def test_one_at_a_time() -> None:
    """Clients go around; who goes away before its turn, or in the moment of it, is passed over."""
    single, order = Single(), list[str]()

    async def do(name: str) -> None:
        await single.begin(Account(name=name))
        order.append(name)

    await do("first")
    waiting = {name: asyncio.create_task(do(name)) for name in "abc"}
    await asyncio.sleep(0)
    assert (single.busy, single.waiting) == (True, 3)
    waiting["a"].cancel()
    await asyncio.sleep(0)
    single.end()
    waiting["b"].cancel()
    await asyncio.gather(*waiting.values(), return_exceptions=True)
    assert order == ["first", "c"]
    single.end()
    assert not single.busy
