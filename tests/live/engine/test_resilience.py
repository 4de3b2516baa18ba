"""Time, loss and load: timeouts, clients that leave, a database that goes and comes, memory."""

import asyncio
import contextlib
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import psutil
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.conftest import Ports
from tests.live import plain
from tests.live.engine.serving import SECRET, Engine, admin, table

pytestmark = pytest.mark.live


@pytest.fixture(scope="module", autouse=True)
def tracked(rows: psycopg.Connection, engine: Engine) -> None:
    rows.execute(
        """
        create table items (id int primary key, name text);
        insert into items select n, 'name ' || n from generate_series(1, 1000) n;
        create view slow as select 1 as n, pg_sleep(30)::text as nap;
        """
    )
    engine.track(table("items"), table("slow"))


def running(rows: psycopg.Connection) -> int:
    """How many statements over the slow view Postgres is at."""
    row = rows.execute(
        "select count(*) from pg_stat_activity where application_name = 'belts-engine' and state = 'active'"
        " and datname = current_database()"
    ).fetchone()
    assert row is not None
    return int(row[0])


def end(rows: psycopg.Connection) -> None:
    """Cancels them, before the view has napped to its end."""
    rows.execute(
        "select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'belts-engine'"
        " and state = 'active' and datname = current_database()"
    )


def eventually(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_query_that_takes_too_long(another: Callable[..., Engine], rows: psycopg.Connection) -> None:
    """Postgres cancels it at the statement timeout, and the client is told."""
    impatient = another(BELTS_ENGINE_STATEMENT_TIMEOUT_MS="300")
    impatient.track(table("slow"))
    code, path, message = impatient.error("{ slow { n nap } }")
    assert (code, path) == ("time-limit-exceeded", "$")
    assert message == "the query took longer than the statement timeout and was cancelled"
    assert running(rows) == 0


def test_a_client_that_leaves(engine: Engine, rows: psycopg.Connection) -> None:
    """Its statement is cancelled, not run to its end."""
    with contextlib.suppress(httpx.ReadTimeout):
        plain.post(
            f"{engine.url}/v1/graphql",
            json={"query": "{ slow { n nap } }"},
            headers=admin("admin"),
            timeout=0.7,
        )
    eventually(lambda: running(rows) == 0, 5)
    assert engine.data("{ items_by_pk(id: 1) { id } }") == {"items_by_pk": {"id": 1}}


def test_more_slow_queries_than_connections(another: Callable[..., Engine], rows: psycopg.Connection) -> None:
    """Those who get no connection are told in time, and when the slow ones have ended all is well."""
    narrow = another(
        HASURA_GRAPHQL_PG_CONNECTIONS="2",
        BELTS_ENGINE_ACQUIRE_TIMEOUT_MS="2000",
        BELTS_ENGINE_STATEMENT_TIMEOUT_MS="60000",
    )
    narrow.track(table("slow"), table("items"))

    def ask() -> None:
        with plain.client() as client:
            client.post(
                f"{narrow.url}/v1/graphql",
                json={"query": "{ slow { n nap } }"},
                headers=admin("admin"),
                timeout=30,
            )

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    eventually(lambda: running(rows) == 2)
    assert narrow.error("{ items { id } }") == (
        "postgres-error",
        "$",
        "no connection to the database became free in time",
    )
    assert running(rows) == 2
    end(rows)
    for asker in askers:
        asker.join()
    assert len(narrow.data("{ items(limit: 2) { id } }")["items"]) == 2


class Relay:
    """A TCP relay to Postgres that can be cut and mended: the network between the engine and its database."""

    def __init__(self, port: int, target: int) -> None:
        self.port, self.target = port, target
        self.process: subprocess.Popen[bytes] | None = None

    def mend(self) -> None:
        program = (
            "import asyncio, sys\n"
            "async def pipe(a, b):\n"
            "    try:\n"
            "        while data := await a.read(65536):\n"
            "            b.write(data); await b.drain()\n"
            "    finally:\n"
            "        b.close()\n"
            "async def serve(r, w):\n"
            "    x, y = await asyncio.open_connection('127.0.0.1', int(sys.argv[2]))\n"
            "    await asyncio.gather(pipe(r, y), pipe(x, w), return_exceptions=True)\n"
            "async def main():\n"
            "    async with await asyncio.start_server(serve, '127.0.0.1', int(sys.argv[1])) as s:\n"
            "        await s.serve_forever()\n"
            "asyncio.run(main())\n"
        )
        self.process = subprocess.Popen([sys.executable, "-c", program, str(self.port), str(self.target)])

    def cut(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def freeze(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


@pytest.fixture
def relay(cluster: str, ports: Ports) -> Iterator[Relay]:
    between = Relay(ports.one(), int(str(conninfo_to_dict(cluster)["port"])))
    yield between
    between.cut()


def through(url: str, relay: Relay) -> str:
    return url.replace(f":{relay.target}/", f":{relay.port}/")


def test_a_database_that_goes_and_comes(another: Callable[..., Engine], url: str, relay: Relay) -> None:
    """Started without it, the engine says so and serves when it is there; lost again, the same."""
    engine = another(through(url, relay))
    assert engine.error("{ items { id } }") == ("postgres-error", "$", "connection error")
    assert engine.client.get("/healthz").status_code == 500
    assert engine.client.get("/v1/version").status_code == 200
    for _ in range(2):
        relay.mend()
        eventually(lambda: engine.client.get("/healthz").status_code == 200)
        engine.track(table("items"))
        assert len(engine.data("{ items(limit: 1) { id } }")["items"]) == 1
        relay.cut()
        assert engine.error("{ items { id } }") == ("postgres-error", "$", "connection error")
    assert "Traceback" not in engine.log.read_text(), engine.log.read_text()


def test_a_database_that_hangs(another: Callable[..., Engine], url: str, relay: Relay) -> None:
    """A question without an answer ends at the engine's own limit."""
    relay.mend()
    engine = another(through(url, relay), BELTS_ENGINE_STATEMENT_TIMEOUT_MS="500")
    eventually(lambda: engine.client.get("/healthz").status_code == 200)
    engine.track(table("items"))
    assert engine.data("{ items(limit: 1) { id } }")
    relay.freeze()
    code, _, _ = engine.error("{ items { id } }")
    assert code in {"time-limit-exceeded", "postgres-error"}
    relay.thaw()
    eventually(lambda: "data" in engine.ask("{ items(limit: 1) { id } }"))


def test_the_connection_cannot_write(engine: Engine, rows: psycopg.Connection) -> None:
    """Even a function behind a view that writes is refused by Postgres."""
    rows.execute(
        """
        create table written (n int);
        create function scribble() returns int language sql volatile
          as 'insert into written values (1) returning n';
        create view scribbles as select scribble() as n;
        """
    )
    engine.apply("pg_track_table", {"table": "scribbles"})
    assert engine.error("{ scribbles { n } }") == ("unexpected", "$", "database query error")
    assert rows.execute("select count(*) from written").fetchone() == (0,)


class Wire:
    """Requests over one kept connection, as lean as can be: the engine is to be tried, not the client."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, body: str) -> bytes:
        head = f"host: x\r\nx-hasura-admin-secret: {SECRET}\r\ncontent-length: {len(body)}"
        self.writer.write(f"POST /v1/graphql HTTP/1.1\r\n{head}\r\n\r\n{body}".encode())
        lines = (await self.reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
        size = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
        return await self.reader.readexactly(size)


@pytest.mark.deep
async def test_memory_is_flat(engine: Engine) -> None:
    """After twelve thousand requests, new texts among them, it is no larger than after four thousand."""
    wires = [Wire(engine.port) for _ in range(16)]
    for wire in wires:
        await wire.open()
    query = "query Q($n: Int!) { items(where: {id: {_gt: $n}}, limit: 20) { id name } }"

    def body(number: int) -> str:
        if number % 10 == 0:
            return json.dumps({"query": f"{{ a{number}: items(limit: 1) {{ id }} }}"})
        return json.dumps({"query": query, "variables": {"n": number % 900}})

    async def many(first: int, count: int) -> None:
        numbers = iter(range(first, first + count))

        async def work(wire: Wire) -> None:
            for number in numbers:
                assert (await wire.ask(body(number))).startswith(b'{"data"')

        await asyncio.gather(*map(work, wires))

    process = psutil.Process(engine.pid)
    await many(0, 4_000)
    before = process.memory_info().rss
    await many(4_000, 8_000)
    assert process.memory_info().rss - before < 12 * 2**20
    for wire in wires:
        wire.writer.close()


def test_the_environment_is_wrong() -> None:
    """Every mistake is told at once, by the variable's name, and no secret among them."""
    environment = {
        "PATH": "/usr/bin",
        "HASURA_GRAPHQL_SERVER_PORT": "http",
        "HASURA_GRAPHQL_STRINGIFY_NUMERIC_TYPES": "maybe",
        "HASURA_GRAPHQL_UNAUTHORIZED_ROLE": "public",
    }
    done = subprocess.run(
        [sys.executable, "-m", "belts.engine"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert sorted(re.findall(r"HASURA_\w+(?=: expected)", done.stderr)) == [
        "HASURA_GRAPHQL_DATABASE_URL",
        "HASURA_GRAPHQL_SERVER_PORT",
        "HASURA_GRAPHQL_STRINGIFY_NUMERIC_TYPES",
        "HASURA_GRAPHQL_UNAUTHORIZED_ROLE",
    ]
