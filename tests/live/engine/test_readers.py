"""A running engine tells its admin who reads, and nobody else."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.deep import one_of_each
from tests.live.engine.serving import Engine, admin

pytestmark = pytest.mark.live


def told(engine: Engine) -> dict[str, dict[str, Any]]:
    """Who reads, by user agent."""
    answer = engine.client.get("/v1/readers", headers=admin("admin"))
    assert answer.status_code == 200
    return {each["agent"]: each for each in answer.json()["readers"]}


def ask(engine: Engine, agent: str, *, role: str | None = None) -> None:
    assert "data" in engine.ask("{ __typename }", role=role, headers={"user-agent": agent})


def test_who_asked(another: Callable[..., Engine]) -> None:
    """Strangers and admins count alike; our own do not, nor who may not ask, nor who asks for the list."""
    engine = another()
    for _ in range(2):
        ask(engine, "app/1")
    ask(engine, "job/2", role="admin")
    ask(engine, "belts-gate")
    engine.ask("{ __typename }", role=None, headers={"user-agent": "thief", "x-hasura-admin-secret": "no"})
    found = told(engine)
    assert {agent: each["asked"] for agent, each in found.items()} == {"app/1": 2, "job/2": 1}
    assert {each["address"] for each in found.values()} == {"127.0.0.1"}
    assert all(0 <= each["secondsAgo"] < 60 for each in found.values())


async def test_a_socket_that_is_open(another: Callable[..., Engine]) -> None:
    """It is told while it is open, and remembered when it has closed."""
    engine = another()
    protocol = Subprotocol("graphql-transport-ws")
    async with connect(engine.socket, subprotocols=[protocol], user_agent_header="board/3"):
        assert (told(engine)["board/3"]["sockets"], told(engine)["board/3"]["secondsAgo"]) == (1, None)
    while told(engine)["board/3"]["sockets"]:
        pass
    assert told(engine)["board/3"]["secondsAgo"] < 60


@pytest.mark.parametrize(
    "number", one_of_each([signal.SIGKILL, signal.SIGTERM], name=lambda one: signal.Signals(one).name)
)
async def test_an_engine_that_is_started_anew(another: Callable[..., Engine], number: int) -> None:
    """It knows who read the one before it, also where nobody told that one to end."""
    engine = another()
    ask(engine, "app/1")
    protocol = Subprotocol("graphql-transport-ws")
    async with connect(engine.socket, subprotocols=[protocol], user_agent_header="board/3"):
        kept = engine.metadata_file.with_name(f"{engine.metadata_file.name}.readers")
        while not kept.exists() or "board/3" not in kept.read_text():
            assert engine.client.get("/v1/version").status_code == 200
        os.kill(engine.pid, number)
        assert engine.process is not None
        engine.process.wait()
    engine.start()
    assert {agent: (each["asked"], each["sockets"]) for agent, each in told(engine).items()} == {
        "app/1": (1, 0),
        "board/3": (1, 0),
    }


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 400), ({"x-hasura-admin-secret": "no"}, 401), (admin("public"), 400)],
    ids=["a stranger", "a wrong secret", "the admin as somebody else"],
)
def test_somebody_else_asks_who_reads(engine: Engine, headers: dict[str, str], status: int) -> None:
    """Who reads is nobody's business but the admin's."""
    answer = engine.client.get("/v1/readers", headers=headers)
    assert answer.status_code == status
    assert answer.json()["code"] == "access-denied"
