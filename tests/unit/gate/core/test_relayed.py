"""The candidate's relay, as its place says it: whom it dials, and a budget that the gate takes part in."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from belts.provider import routes
from belts.provider.routes import Routes, Upstream
from belts.runtimes.cost import Census
from belts.runtimes.process.errors import Refused
from belts.runtimes.relayed import Relayed
from gate.endpoints import Hosted
from gate.observations import Relay, Unobserved
from gate.observations.unobserved import Cause
from gate.probes import relayed
from gate.probes.rpc.exchange import exchange
from gate.probes.world import World
from gate.secret import Address
from tests.unit.gate.core.builders import NOW, endpoints, policy

URL = "https://rpc.own.test/key"
WHO = "own.test"


@pytest.fixture
def said(tmp_path: Path) -> Relayed:
    """Of a relay that may ask once a second."""
    file = tmp_path / "routes.json"
    routes.write(file, Routes(word="w", rate=1, upstreams=(Upstream(chain=1, url=URL),)))
    return Relayed(dialled={1: ("https://rpc.own.test",)}, routes=file)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    answer = httpx.MockTransport(lambda _: httpx.Response(200, json={"result": 1}))
    async with httpx.AsyncClient(transport=answer) as client:
        yield client


def world(
    http: httpx.AsyncClient, say: Callable[[], Relayed | None] | None, *, seconds: float = 60.0
) -> World:
    hosted = None if say is None else Hosted(census=Census, relayed=say, candidate="green")
    return World(
        endpoints=replace(endpoints(), hosted=hosted),
        policy=policy(),
        http=http,
        seed=1,
        began=NOW,
        ends=time.monotonic() + seconds,
    )


async def test_whom_it_dials(http: httpx.AsyncClient, said: Relayed) -> None:
    """Nobody, where the candidate has none."""
    assert await relayed.look(world(http, lambda: said)) == Relay(
        dialled={1: (Address("https://rpc.own.test"),)}
    )
    assert await relayed.look(world(http, lambda: None)) == Relay(dialled={})


def refuses() -> Relayed | None:
    raise Refused("it cannot be read", expected="a", seen="b", now="c")


def is_away() -> Relayed | None:
    raise ConnectionRefusedError


@pytest.mark.parametrize("say", [refuses, is_away])
async def test_one_that_does_not_say_it(http: httpx.AsyncClient, say: Callable[[], Relayed | None]) -> None:
    """It is not taken for one that dials nobody, and whoever asks keeps to a rate of his own."""
    found = await relayed.look(world(http, say))
    assert isinstance(found, Unobserved)
    assert found.cause is Cause.DENIED
    assert await relayed.pause(world(http, say), WHO, 1) == 0


async def test_a_belt_by_its_urls_alone(http: httpx.AsyncClient) -> None:
    """Nobody knows of a relay of it; whom it asks its operator says."""
    assert await relayed.look(world(http, None)) == Relay(dialled={})
    assert await relayed.pause(world(http, None), WHO, 1) == 0


async def test_a_budget_for_all_who_ask(http: httpx.AsyncClient, said: Relayed) -> None:
    """What the gate asks of the belt's own provider the belt does not get; others are asked freely."""
    here = world(http, lambda: said)
    await exchange(here, Address(URL), {}, 1)
    allowance = routes.allowance(said.routes)
    assert allowance.take(WHO, 1) > 0.5
    assert await relayed.pause(here, "independent.example", 50) == 0
    await exchange(here, Address(URL), {}, 1)  # it waits for its turn, and takes it
    assert allowance.take(WHO, 1) > 0.5


async def test_what_the_prover_is_told(http: httpx.AsyncClient, said: Relayed) -> None:
    """It knows the budget by a file, and asks no place."""
    here = replace(world(http, None), allowance=routes.allowance(said.routes))
    assert await relayed.pause(here, WHO, 1) == 0
    assert await relayed.pause(here, WHO, 1) > 0
