"""Live queries and streams over both WebSocket protocols, as many clients as there may be."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.live.engine.serving import SECRET, Engine, table

pytestmark = pytest.mark.live

MODERN, LEGACY = "graphql-transport-ws", "graphql-ws"
START = {MODERN: "subscribe", LEGACY: "start"}
DATA = {MODERN: "next", LEGACY: "data"}
STOP = {MODERN: "complete", LEGACY: "stop"}
PATIENCE = 10.0
COUNT = "subscription { scores(order_by: {id: asc}) { id score } }"


@pytest.fixture(autouse=True)
def tracked(rows: psycopg.Connection, engine: Engine) -> None:
    rows.execute(
        """
        drop table if exists scores;
        create table scores (id int primary key, score int, at timestamptz not null default now());
        insert into scores values (1, 10, '2024-01-01'), (2, 20, '2024-01-02'), (3, 30, '2024-01-03');
        """
    )
    engine.track(table("scores", public={}, roles={"low": {"filter": {"score": {"_lt": 25}}}}))


class Client:
    """Speaks one of the protocols."""

    def __init__(self, wire: ClientConnection, protocol: str) -> None:
        self.wire = wire
        self.protocol = protocol

    async def say(self, **message: Any) -> None:
        await self.wire.send(json.dumps(message))

    async def start(self, query: str, identity: str = "1", **variables: Any) -> None:
        await self.say(
            id=identity, type=START[self.protocol], payload={"query": query, "variables": variables}
        )

    async def stop(self, identity: str = "1") -> None:
        await self.say(id=identity, type=STOP[self.protocol])

    async def hear(self) -> dict[str, Any]:
        """The next message that is no sign of life."""
        while True:
            message: dict[str, Any] = json.loads(await asyncio.wait_for(self.wire.recv(), PATIENCE))
            if message["type"] not in {"ka", "ping"}:
                return message

    async def data(self, identity: str = "1") -> Any:
        message = await self.hear()
        assert (message["type"], message["id"]) == (DATA[self.protocol], identity), message
        return message["payload"]["data"]

    async def silence(self, seconds: float = 0.6) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(self.hear(), seconds)


@asynccontextmanager
async def client(engine: Engine, protocol: str = MODERN, *, role: str | None = None) -> AsyncIterator[Client]:
    async with connect(engine.socket, subprotocols=[Subprotocol(protocol)]) as wire:
        one = Client(wire, protocol)
        headers = {} if role is None else {"X-Hasura-Admin-Secret": SECRET, "X-Hasura-Role": role}
        await one.say(type="connection_init", payload={"headers": headers})
        assert (await one.hear())["type"] == "connection_ack"
        yield one


def scores(*found: tuple[int, int]) -> dict[str, Any]:
    return {"scores": [{"id": identity, "score": score} for identity, score in found]}


@pytest.mark.parametrize("protocol", [MODERN, LEGACY])
async def test_a_live_query(engine: Engine, rows: psycopg.Connection, protocol: str) -> None:
    """The answer comes at once, again when it has changed, and not otherwise; not at all after a stop."""
    async with client(engine, protocol) as one:
        await one.start(COUNT)
        assert await one.data() == scores((1, 10), (2, 20), (3, 30))
        await one.silence()
        rows.execute("update scores set score = 11 where id = 1")
        assert await one.data() == scores((1, 11), (2, 20), (3, 30))
        await one.stop()
        rows.execute("update scores set score = 12 where id = 1")
        await one.silence()


@pytest.mark.parametrize("protocol", [MODERN, LEGACY])
async def test_a_query_over_the_socket(engine: Engine, protocol: str) -> None:
    """It is answered once and completed."""
    async with client(engine, protocol) as one:
        await one.start("query Q($id: Int!) { scores_by_pk(id: $id) { score } }", id=2)
        assert await one.data() == {"scores_by_pk": {"score": 20}}
        assert await one.hear() == {"type": "complete", "id": "1"}


@pytest.mark.parametrize("protocol", [MODERN, LEGACY])
async def test_an_operation_that_is_refused(engine: Engine, protocol: str) -> None:
    """The error has Hasura's form for the protocol, and the socket goes on."""
    async with client(engine, protocol) as one:
        await one.start("subscription { nope { id } }")
        message = await one.hear()
        errors = [
            {
                "message": "field 'nope' not found in type: 'subscription_root'",
                "extensions": {"path": "$.selectionSet.nope", "code": "validation-failed"},
            }
        ]
        assert message == {
            "type": "error",
            "id": "1",
            "payload": {"errors": errors} if protocol == LEGACY else errors,
        }
        await one.start(COUNT)
        await one.data()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "subscription { a: scores { id } b: scores { id } }",
            "subscriptions must select one top level field",
        ),
        (
            "subscription { scores_stream(batch_size: 1, cursor: []) { id } }",
            "one streaming column field is expected",
        ),
        (
            "subscription { scores_stream(batch_size: 1, cursor: {initial_value: {id: 1, score: 1}}) {id} }",
            "multiple column cursors are not supported yet",
        ),
        (
            "subscription { scores_stream(cursor: {initial_value: {id: 1}}) { id } }",
            "missing required field 'batch_size'",
        ),
        ("{", "not a valid graphql query"),
    ],
)
async def test_a_subscription_that_does_not_fit(engine: Engine, query: str, message: str) -> None:
    """It is refused in Hasura's words."""
    async with client(engine) as one:
        await one.start(query)
        assert (await one.hear())["payload"][0]["message"] == message


async def test_a_stream(engine: Engine, rows: psycopg.Connection) -> None:
    """Batches follow the cursor, each row once and in order, and new rows when they come."""
    query = (
        "subscription S($n: Int!) { scores_stream(batch_size: 2, cursor: {initial_value: {id: $n}}, "
        "where: {score: {_gt: 0}}) { id } }"
    )
    async with client(engine) as one:
        await one.start(query, n=0)
        assert await one.data() == {"scores_stream": [{"id": 1}, {"id": 2}]}
        assert await one.data() == {"scores_stream": [{"id": 3}]}
        await one.silence()
        rows.execute("insert into scores values (4, 40), (5, -1), (6, 60)")
        assert await one.data() == {"scores_stream": [{"id": 4}, {"id": 6}]}


async def test_a_stream_backwards_over_times(engine: Engine) -> None:
    """A cursor may be a time, and may go down."""
    query = (
        "subscription { scores_stream(batch_size: 5, cursor: [{initial_value: "
        '{at: "2024-01-03T00:00:00+00:00"}, ordering: DESC}]) { id } }'
    )
    async with client(engine) as one:
        await one.start(query)
        assert await one.data() == {"scores_stream": [{"id": 2}, {"id": 1}]}


async def test_roles_over_the_socket(engine: Engine) -> None:
    """The session is the one of the initialisation: roles see what they may, and do not share polls."""
    async with client(engine, role="low") as low, client(engine) as public:
        await low.start(COUNT)
        await public.start(COUNT)
        assert len((await low.data())["scores"]) == 2
        assert len((await public.data())["scores"]) == 3


@pytest.mark.parametrize("protocol", [MODERN, LEGACY])
async def test_a_wrong_secret(engine: Engine, protocol: str) -> None:
    """The initialisation is refused as the protocol refuses it."""
    async with connect(engine.socket, subprotocols=[Subprotocol(protocol)]) as wire:
        await wire.send(
            json.dumps({"type": "connection_init", "payload": {"headers": {"x-hasura-admin-secret": "no"}}})
        )
        if protocol == LEGACY:
            assert json.loads(await wire.recv())["type"] == "connection_error"
        else:
            with pytest.raises(ConnectionClosed) as closed:
                await wire.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4403


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["not json"], 4400),
        (["[]"], 4400),
        (['{"type": "nope"}'], 4400),
        ([b"\xff"], 4400),
        (['{"type": "subscribe", "id": "1", "payload": {"query": "{a}"}}'], 4401),
        (['{"type": "connection_init"}', '{"type": "connection_init"}'], 4429),
        (['{"type": "connection_init"}', '{"type": "subscribe", "payload": {}}'], 4400),
        (
            [
                '{"type": "connection_init"}',
                json.dumps({"type": "subscribe", "id": "1", "payload": {"query": COUNT}}),
                json.dumps({"type": "subscribe", "id": "1", "payload": {"query": COUNT}}),
            ],
            4409,
        ),
        (['{"type": "connection_init", "payload": "' + "x" * 2_000_000 + '"}'], 1009),
    ],
)
async def test_a_client_that_breaks_the_protocol(engine: Engine, messages: list[Any], code: int) -> None:
    """Its socket is closed with the protocol's code; others are served."""
    async with connect(engine.socket, subprotocols=[Subprotocol(MODERN)], max_size=None) as wire:
        for message in messages:
            await wire.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(_listen(wire), PATIENCE)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code
    assert engine.data("{ __typename }") == {"__typename": "query_root"}


async def _listen(wire: ClientConnection) -> None:
    while True:
        await wire.recv()


async def test_a_page_of_an_origin_that_is_not_listed(another: Callable[..., Engine]) -> None:
    """It gets no socket; one that is listed does, and a client that is no page."""
    strict = another(HASURA_GRAPHQL_CORS_DOMAIN="https://app.example")
    with pytest.raises(InvalidStatus):
        await connect(strict.socket, origin=Origin("https://evil.example"))
    for origin in (None, Origin("https://app.example")):
        await (await connect(strict.socket, origin=origin)).close()


async def test_an_unknown_protocol(engine: Engine) -> None:
    """It is closed with the code for that."""
    with pytest.raises(ConnectionClosed) as closed:
        async with connect(engine.socket, subprotocols=[Subprotocol("soap")]) as wire:
            await wire.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4406


async def test_no_protocol_at_all(engine: Engine) -> None:
    """It is the older one, as with Hasura."""
    async with connect(engine.socket) as wire:
        await wire.send('{"type": "connection_init"}')
        assert json.loads(await wire.recv())["type"] == "connection_ack"
        assert json.loads(await wire.recv())["type"] == "ka"


@pytest.mark.deep
async def test_a_thousand_idle_subscribers(engine: Engine, rows: psycopg.Connection) -> None:
    """They cost one poll, and all hear of a change."""
    query = "subscription { polled: scores(where: {score: {_gt: 5}}) { id } }"
    async with client(engine) as one, client(engine, LEGACY) as other:
        for number in range(500):
            await one.start(query, str(number))
            await other.start(query, str(number))
        for _ in range(500):
            assert len((await one.hear())["payload"]["data"]["polled"]) == 3
            assert len((await other.hear())["payload"]["data"]["polled"]) == 3
        before = calls(rows)
        await asyncio.sleep(2)
        polls = calls(rows) - before
        assert 5 <= polls <= 40, polls  # one every 100 ms, where a thousand would be 20,000
        rows.execute("insert into scores values (9, 90)")
        for _ in range(500):
            assert len((await one.hear())["payload"]["data"]["polled"]) == 4
            assert len((await other.hear())["payload"]["data"]["polled"]) == 4


def calls(rows: psycopg.Connection) -> int:
    """How often the table has been scanned."""
    rows.execute("select pg_stat_force_next_flush()")
    row = rows.execute("select seq_scan from pg_stat_user_tables where relname = 'scores'").fetchone()
    assert row is not None
    return int(row[0])


async def test_metadata_that_changes_under_a_subscription(engine: Engine, rows: psycopg.Connection) -> None:
    """What may still be asked goes on under the new rules; what may not ends with its error."""
    async with client(engine) as one:
        await one.start(COUNT)
        assert len((await one.data())["scores"]) == 3
        engine.track(table("scores", public={"filter": {"id": {"_gt": 1}}}))
        assert await one.data() == scores((2, 20), (3, 30))
        engine.track(table("scores"))
        message = await one.hear()
        assert message["type"] == "error"
        assert message["payload"][0]["message"] == "no subscriptions exist"


async def test_a_stop_while_subscribers_listen(another: Callable[..., Engine]) -> None:
    """They are told to go, and the engine ends in time."""
    ending = another()
    ending.track(table("scores", public={}))
    async with client(ending) as one:
        await one.start(COUNT)
        await one.data()
        assert ending.process is not None
        ending.process.terminate()
        with pytest.raises(ConnectionClosed):
            await one.hear()
        assert await asyncio.to_thread(ending.process.wait, 8) in {0, -signal.SIGTERM}


async def test_sockets_are_sent_away(engine: Engine) -> None:
    """On SIGUSR1 every socket is closed with 1001: clients connect to wherever the alias leads now."""
    async with client(engine) as one:
        os.kill(engine.pid, signal.SIGUSR1)
        with pytest.raises(ConnectionClosed) as closed:
            await one.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
    assert engine.data("{ __typename }") == {"__typename": "query_root"}
