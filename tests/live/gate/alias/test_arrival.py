"""When a move has arrived: not before every connection, however old, answers from the new belt."""

import asyncio
import itertools
from datetime import timedelta

import pytest

from gate.alias.directory import Directory
from gate.alias.move.arrival import NotArrivedError, opened
from gate.alias.state import Standing, first
from gate.secret import Address
from tests.live.gate.alias.conftest import Gateway

pytestmark = pytest.mark.live

SOON, LATE = timedelta(seconds=1), timedelta(seconds=10)


def serve(gateway: Gateway, belt: str, dial: str | None = None) -> None:
    to = Standing(belt=belt, identity=belt, dial=dial or gateway.dials[belt], heights={})
    served = first(to, since="", move=None, certificate=None)
    Directory(gateway.alias, "gateway").swap(served)


async def test_connections_that_were_open_before_the_move(gateway: Gateway) -> None:
    """Held connections of both protocols and fresh ones lead to the new belt at once."""
    serve(gateway, "blue")
    async with opened(gateway.url) as connections:
        await connections.leads_to("blue", LATE)
        serve(gateway, "green")
        arrival = await connections.leads_to("green", LATE)
    assert arrival.asked >= 18
    assert arrival.elsewhere == 0


async def test_a_move_that_was_never_made(gateway: Gateway) -> None:
    """While the old belt answers, nothing has arrived."""
    serve(gateway, "blue")
    async with opened(gateway.url) as connections:
        with pytest.raises(NotArrivedError, match=r"seen: blue$"):
            await connections.leads_to("green", SOON)


async def test_a_belt_that_does_not_answer(gateway: Gateway) -> None:
    """The right name over a dead address is no arrival."""
    serve(gateway, "green", "127.0.0.1:1")
    async with opened(gateway.url) as connections:
        with pytest.raises(NotArrivedError, match="seen: status 502"):
            await connections.leads_to("green", SOON)


async def test_an_alias_that_goes_back_and_forth(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """One right answer proves nothing: several in a row, from all connections, do."""
    serve(gateway, "blue")
    belts = itertools.cycle(("green", "green", "blue"))
    pause = asyncio.sleep

    async def waver(seconds: float) -> None:
        serve(gateway, next(belts))
        await pause(seconds)

    async with opened(gateway.url) as connections:
        monkeypatch.setattr(asyncio, "sleep", waver)
        with pytest.raises(NotArrivedError):
            await connections.leads_to("green", SOON)


async def test_a_gateway_that_is_gone(gateway: Gateway) -> None:
    """No gateway, no arrival; and no hang."""
    async with opened(Address("http://127.0.0.1:1/v1/graphql")) as connections:
        with pytest.raises(NotArrivedError, match="no answer"):
            await connections.leads_to("green", SOON)
