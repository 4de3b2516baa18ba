"""No client keeps the others waiting: one socket, one address, many of them, and who does not read."""

import asyncio
import contextlib
import json
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import psutil
import psycopg
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from belts import seal
from tests.live import plain
from tests.live.engine.serving import SECRET, Engine, table

pytestmark = pytest.mark.live

PATIENCE = 20.0
QUICK = "{ items_by_pk(id: 1) { id } }"
SLOW = "{ slow(where: {n: {_gt: %d}}) { nap } }"


@pytest.fixture(scope="module", autouse=True)
def tracked(rows: psycopg.Connection, engine: Engine) -> None:
    rows.execute(
        """
        create table items (id int primary key, name text);
        insert into items select n, repeat('x', 1000) from generate_series(1, 1000) n;
        create view slow as select n, pg_sleep(20)::text as nap from generate_series(1, 1) n;
        create view many as select id, name from items, generate_series(1, 10);
        """
    )
    engine.track(*TABLES)


TABLES = (table("items", public={}), table("slow", public={}), table("many", public={}))


def address(number: int) -> dict[str, str]:
    return {"x-belts-client": f"10.0.0.{number}"}


def busy(rows: psycopg.Connection) -> int:
    """How many connections of engines are at a statement."""
    row = rows.execute(
        "select count(*) from pg_stat_activity where application_name = 'belts-engine'"
        " and state = 'active' and datname = current_database()"
    ).fetchone()
    assert row is not None
    return int(row[0])


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 -- it is another process that is looked at
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def wired(engine: Engine, number: int) -> AsyncIterator[ClientConnection]:
    """A socket of an address, ready to ask."""
    protocols = [Subprotocol("graphql-transport-ws")]
    async with connect(engine.socket, subprotocols=protocols, additional_headers=address(number)) as wire:
        await wire.send('{"type": "connection_init"}')
        assert json.loads(await wire.recv())["type"] == "connection_ack"
        yield wire


async def start(wire: ClientConnection, query: str, identity: str) -> None:
    await wire.send(json.dumps({"type": "subscribe", "id": identity, "payload": {"query": query}}))


async def asked(engine: Engine, number: int, query: str = QUICK) -> Any:
    async with plain.async_client(base_url=engine.url, timeout=PATIENCE, headers=address(number)) as client:
        return (await client.post("/v1/graphql", json={"query": query})).json()


@pytest.mark.parametrize("kind", ["", "subscription "])
async def test_one_socket_that_wants_every_connection(
    another: Callable[..., Engine], rows: psycopg.Connection, kind: str
) -> None:
    """It gets its part; another client, and the admin, are answered as if it were not there."""
    engine = another()
    engine.track(*TABLES)
    async with wired(engine, 1) as wire:
        for number in range(30):
            await start(wire, kind + SLOW % -number, str(number))
        await until(lambda: busy(rows) >= 4)
        began = time.monotonic()
        for _ in range(5):
            assert (await asked(engine, 2))["data"] == {"items_by_pk": {"id": 1}}
            assert engine.data(QUICK) == {"items_by_pk": {"id": 1}}
        assert time.monotonic() - began < 10  # a statement of the socket's takes twenty
        assert busy(rows) <= 8


@pytest.fixture
def chains(rows: psycopg.Connection) -> Iterator[None]:
    """What a seal is over: the belt's own table of chains."""
    rows.execute("create table envio_chains (id int primary key)")
    yield
    rows.execute("drop table envio_chains")


@pytest.mark.usefixtures("chains")
async def test_many_addresses_that_want_every_connection(
    another: Callable[..., Engine], rows: psycopg.Connection
) -> None:
    """The gate is answered through it, without the admin's header; so is the next client, and a poll."""
    engine = another(BELTS_ENGINE_ACQUIRE_TIMEOUT_MS="15000")
    engine.track(*TABLES)
    flood = [asyncio.create_task(asked(engine, number, SLOW % -number)) for number in range(10, 40)]
    await until(lambda: busy(rows) >= 4)
    challenged = seal.proving_challenge(SECRET)
    headers = {"x-belts-challenge": challenged}
    answer = await asyncio.to_thread(engine.raw, {"query": QUICK}, role=None, headers=headers)
    assert answer.json() == {"data": {"items_by_pk": {"id": 1}}}
    assert seal.SEAL in answer.headers
    assert engine.client.get("/healthz").status_code == 200
    async with wired(engine, 2) as wire:
        await start(wire, "subscription { items_by_pk(id: 1) { id } }", "1")
        assert json.loads(await asyncio.wait_for(wire.recv(), PATIENCE))["type"] == "next"
    assert (await asked(engine, 3))["data"] == {"items_by_pk": {"id": 1}}
    for task in flood:
        task.cancel()
    await asyncio.gather(*flood, return_exceptions=True)


@pytest.mark.parametrize("roots", [1, 4])
def test_an_operation_has_a_deadline(
    another: Callable[..., Engine], rows: psycopg.Connection, roots: int
) -> None:
    """However many statements it holds, each of which is within its own."""
    engine = another(BELTS_ENGINE_OPERATION_TIMEOUT_MS="700")
    engine.track(*TABLES)
    query = "{" + " ".join(f"a{number}: slow {{ nap }}" for number in range(roots)) + "}"
    assert engine.error(query)[::2] == (
        "time-limit-exceeded",
        "the operation took longer than 0.7 s and was ended",
    )
    assert engine.data(QUICK) == {"items_by_pk": {"id": 1}}
    assert busy(rows) == 0


async def test_more_sockets_than_an_address_may_have(another: Callable[..., Engine]) -> None:
    """It is told so; idle ones are fewer still; another address has its own, and the admin any number."""
    engine = another(BELTS_ENGINE_MAX_SOCKETS_PER_ADDRESS="3", BELTS_ENGINE_MAX_IDLE_SOCKETS_PER_ADDRESS="2")
    engine.track(*TABLES)
    live = "subscription { items_by_pk(id: 1) { id } }"
    async with contextlib.AsyncExitStack() as stack:
        first, _ = [await stack.enter_async_context(wired(engine, 1)) for _ in range(2)]
        # Who has just connected has some time to ask: another is let in as long as they are not idle.
        async with asyncio.timeout(3 * PATIENCE):
            while await refused_for(engine, 1) != "2 sockets of this address are idle":  # noqa: ASYNC110
                await asyncio.sleep(1)
        await start(first, live, "1")
        while json.loads(await first.recv())["type"] != "next":
            pass
        await stack.enter_async_context(wired(engine, 1))
        assert await refused(engine, 1) == "3 sockets of this address are open"
        await stack.enter_async_context(wired(engine, 2))
        headers = {**address(1), "x-hasura-admin-secret": SECRET}
        await stack.enter_async_context(connect(engine.socket, additional_headers=headers))
    await stack.aclose()
    async with wired(engine, 1):
        pass


async def refused_for(engine: Engine, number: int) -> str | None:
    """Why it is not let in, if it is not."""
    try:
        async with wired(engine, number):
            return None
    except InvalidStatus as refusal:
        return words_of(refusal)


async def refused(engine: Engine, number: int) -> str:
    with pytest.raises(InvalidStatus) as found:
        await connect(engine.socket, additional_headers=address(number))
    return words_of(found.value)


def words_of(refusal: InvalidStatus) -> str:
    assert refusal.response.status_code == 429
    assert refusal.response.body is not None
    (error,) = json.loads(refusal.response.body)["errors"]
    assert error["extensions"]["code"] == "socket-limit-exceeded"
    return str(error["message"])


async def test_all_sockets_are_taken(another: Callable[..., Engine]) -> None:
    """One of the address that has most goes, and an address that has none gets it."""
    engine = another(BELTS_ENGINE_MAX_SOCKETS="4")
    async with contextlib.AsyncExitStack() as stack:
        many = [await stack.enter_async_context(wired(engine, 1)) for _ in range(4)]
        await stack.enter_async_context(wired(engine, 2))
        closed = [asyncio.create_task(each.recv()) for each in many]
        done, waiting = await asyncio.wait(closed, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        (gone,) = done
        error = gone.exception()
        assert isinstance(error, ConnectionClosed)
        assert error.rcvd is not None
        assert error.rcvd.code == 1013
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def test_more_often_than_the_gateway_lets_it(another: Callable[..., Engine]) -> None:
    """429, after a moment; others, and the admin at that address, are let through."""
    engine = another()
    engine.track(*TABLES)
    often = {**address(1), "x-belts-rate": "3"}
    answers = [engine.raw({"query": QUICK}, role=None, headers=often) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    assert answers[-1].json()["errors"][0]["extensions"]["code"] == "rate-limit-exceeded"
    assert answers[-1].headers["retry-after"] == "1"
    assert engine.raw({"query": QUICK}, role="admin", headers=often).status_code == 200
    other = {**address(2), "x-belts-rate": "3"}
    assert engine.raw({"query": QUICK}, role=None, headers=other).status_code == 200
    # Guesses at the secret are as many as questions.
    guesses = [
        engine.raw(
            {"query": QUICK}, role=None, headers={**often, "x-hasura-admin-secret": "guess"}
        ).status_code
        for _ in range(12)
    ]
    assert 429 in guesses


async def test_as_often_over_a_socket(another: Callable[..., Engine]) -> None:
    """The operation is refused, and the socket goes on."""
    engine = another()
    engine.track(*TABLES)
    headers = {**address(1), "x-belts-rate": "2"}
    protocols = [Subprotocol("graphql-transport-ws")]
    async with connect(engine.socket, subprotocols=protocols, additional_headers=headers) as wire:
        await wire.send('{"type": "connection_init"}')
        for number in range(6):
            await start(wire, QUICK, str(number))
        codes = [json.loads(await asyncio.wait_for(wire.recv(), PATIENCE)) for _ in range(8)]
        errors = [each["payload"][0]["extensions"]["code"] for each in codes if each["type"] == "error"]
        assert errors
        assert set(errors) == {"rate-limit-exceeded"}


class Stuck:
    """A client that asks for megabytes and reads none of it."""

    def __init__(self, engine: Engine, number: int) -> None:
        self.wire = socket.socket()
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self.wire.settimeout(PATIENCE)
        self.wire.connect(("127.0.0.1", engine.port))
        body = json.dumps({"query": "{ many { id name } }"}).encode()
        head = f"host: x\r\nx-belts-client: 10.0.0.{number}\r\ncontent-length: {len(body)}"
        self.wire.sendall(f"POST /v1/graphql HTTP/1.1\r\n{head}\r\n\r\n".encode() + body)

    def begun(self) -> None:
        """Comes back when the answer has begun."""
        self.wire.recv(1)

    def read(self) -> tuple[int, int]:
        """How much comes, and how much was to come."""
        got = bytearray()
        with contextlib.suppress(ConnectionResetError):
            while part := self.wire.recv(1_000_000):
                got += part
                if b"\r\n\r\n" in got and len(got) >= whole(got):
                    break
        return len(got), whole(got)


def whole(got: bytearray) -> int:
    head, _, _ = bytes(got[:5_000]).partition(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    return len(head) + 4 + int(length.partition(b":")[2])


def test_clients_that_do_not_read(another: Callable[..., Engine]) -> None:
    """When too much waits for them, who has not read for longest loses it; who reads does not."""
    engine = another(BELTS_ENGINE_MAX_UNREAD_BYTES="25000000")
    engine.track(*TABLES)
    stuck = [Stuck(engine, number) for number in (1, 2, 3)]
    for each in stuck:
        each.begun()
    memory = psutil.Process(engine.pid).memory_info().rss
    reading = Stuck(engine, 4)
    reading.begun()
    got, expected = reading.read()
    assert got + 1 >= expected > 10_000_000
    cut = [each.read() for each in stuck]
    assert any(got + 1 < expected for got, expected in cut), cut
    assert memory < 512 * 2**20
    assert engine.data(QUICK) == {"items_by_pk": {"id": 1}}
    for each in (*stuck, reading):
        each.wire.close()


@pytest.fixture
def floods(engine: Engine) -> Iterator[list[int]]:
    """/healthz, asked without a pause from four threads; gives how often."""
    asked_, ending = [0], threading.Event()

    def ask() -> None:
        with plain.client(base_url=engine.url) as client:
            while not ending.is_set():
                client.get("/healthz")
                asked_[0] += 1

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    yield asked_
    ending.set()
    for thread in threads:
        thread.join()


def test_a_flood_of_health(engine: Engine, rows: psycopg.Connection, floods: list[int]) -> None:
    """It is looked at once a second at most, however often it is asked for."""
    began, before = time.monotonic(), looks(rows)
    while floods[0] < 300:
        time.sleep(0.02)
    assert looks(rows) - before <= (time.monotonic() - began) + 2


def looks(rows: psycopg.Connection) -> int:
    """How many transactions the database has seen, ours aside as good as possible."""
    rows.execute("select pg_stat_force_next_flush()")
    row = rows.execute(
        "select coalesce(sum(seq_scan + idx_scan), 0) from pg_stat_sys_tables where relname = 'pg_constraint'"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_file_descriptors(engine: Engine, url: str) -> None:
    """The engine has as many as the system lets it have; too few are told in words."""
    process = psutil.Process(engine.pid)
    assert process.rlimit(psutil.RLIMIT_NOFILE)[0] == resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    done = subprocess.run(
        ["prlimit", "--nofile=1000:1000", sys.executable, "-m", "belts.engine"],
        env={**engine.environment, "HASURA_GRAPHQL_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "too few file descriptors" in done.stderr
