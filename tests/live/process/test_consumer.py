"""What a consumer of the database itself may take of it, whatever it sets for its own session."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from belts.engine import settings
from belts.engine.postgres import overdue
from belts.engine.postgres.credentials import Credentials
from belts.runtimes.process.database import overdue as overdue_function
from tests.conftest import Ports
from tests.live.hosts import Hosts
from tests.live.process import conftest as build

pytestmark = pytest.mark.live
LIFTED = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0"
SOON, LATER = timedelta(seconds=0.2), timedelta(hours=1)
CATCHES = """
do $$ begin
    loop
        begin perform pg_sleep(30); exception when query_canceled then null; end;
    end loop;
end $$
"""


@pytest.fixture(scope="module")
def served(ports: Ports) -> Iterator[tuple[Hosts, int]]:
    """A belt's Postgres with forty connections."""
    with Hosts.temporary() as hosts:
        port = ports.one()
        hosts.apply("postgres", **build.postgres(port))
        yield hosts, port


def url(served: tuple[Hosts, int], role: str) -> str:
    hosts, port = served
    return f"postgresql://{role}:{hosts.secrets('blue')[role]}@127.0.0.1:{port}/belts"


def connect(served: tuple[Hosts, int], role: str = "consumer", **options: Any) -> "psycopg.Connection[Any]":
    return psycopg.connect(make_conninfo(url(served, role), **options), autocommit=True)


def watching(served: tuple[Hosts, int], at: Path) -> Credentials:
    """The engine, as far as it looks at the database."""
    told = settings.from_environment(
        {"HASURA_GRAPHQL_DATABASE_URL": url(served, "engine"), "BELTS_ENGINE_METADATA_FILE": str(at)}
    )
    return Credentials(told)


async def test_a_statement_that_runs_for_too_long(served: tuple[Hosts, int], tmp_path: Path) -> None:
    """It is cancelled though the role has lifted its limit; a session beside it goes on."""
    with closing(connect(served, options=LIFTED)) as late, connect(served) as other:
        late.pgconn.send_query(b"select pg_sleep(60)")
        await asyncio.sleep(0.5)
        assert await overdue.end(watching(served, tmp_path), statement=LATER) == 0
        assert await overdue.end(watching(served, tmp_path), statement=SOON) == 1
        answer = late.pgconn.get_result()
        assert answer is not None
        assert b"canceling statement due to user request" in answer.error_message
        assert other.execute("select 1").fetchone() == (1,)


async def test_one_that_catches_being_cancelled(
    served: tuple[Hosts, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its session ends."""
    monkeypatch.setattr(overdue, "GRACE", SOON)
    with closing(connect(served, options=LIFTED)) as late:
        late.pgconn.send_query(CATCHES.encode())
        await asyncio.sleep(0.3)
        await overdue.end(watching(served, tmp_path), statement=SOON)
        await asyncio.sleep(0.5)
        await overdue.end(watching(served, tmp_path), statement=SOON)
        answer = late.pgconn.get_result()
        assert answer is not None
        assert b"terminating connection" in answer.error_message


async def test_a_transaction_that_is_left_open(served: tuple[Hosts, int], tmp_path: Path) -> None:
    """What holds back the clearing of dead rows goes, though the role has lifted that limit too."""
    late = connect(served, options=LIFTED)
    late.execute("begin isolation level repeatable read")
    late.execute("select 1")
    await asyncio.sleep(0.5)
    assert await overdue.end(watching(served, tmp_path), idle=LATER) == 0
    assert await overdue.end(watching(served, tmp_path), idle=SOON) == 1
    with pytest.raises(psycopg.OperationalError):
        late.execute("select 1")


async def test_others_run_as_long_as_they_like(served: tuple[Hosts, int], tmp_path: Path) -> None:
    """The indexer and the gate are looked at by nobody."""
    both = [connect(served, role) for role in ("indexer", "gate")]
    for late in both:
        late.pgconn.send_query(b"select pg_sleep(1)")
    await asyncio.sleep(0.5)
    assert await overdue.end(watching(served, tmp_path), statement=SOON) == 0
    for late in both:
        answer = late.pgconn.get_result()
        assert answer is not None
        assert answer.error_message == b""
        late.close()


def test_too_many_connections(served: tuple[Hosts, int]) -> None:
    """A quarter of all are a consumer's; the indexer, the engine and the gate get theirs."""
    opened: list[psycopg.Connection[Any]] = []
    try:
        opened.extend(connect(served) for _ in range(10))
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            connect(served)
        for role in ("indexer", "engine", "gate"):
            connect(served, role).close()
    finally:
        for each in opened:
            each.close()


@pytest.mark.parametrize("role", ["consumer", "engine"])
def test_what_a_sort_puts_on_the_disk(served: tuple[Hosts, int], role: str) -> None:
    """At most 1 GB, and the role cannot lift that."""
    with connect(served, role) as session:
        assert session.execute("show temp_file_limit").fetchone() == ("1GB",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("set temp_file_limit = -1")


@pytest.mark.parametrize("role", ["consumer", "gate", "engine"])
def test_what_counts_towards_no_limit(served: tuple[Hosts, int], role: str) -> None:
    """No temporary table in any database, and no large object: neither has a limit."""
    for database in ("postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            connect(served, role, dbname=database)
    with connect(served, role) as session:
        session.execute("set default_transaction_read_only = off")
        for makes in (
            "create temporary table mine ()",
            "select lo_create(0)",
            "select lo_creat(-1)",
            "select lo_from_bytea(0, repeat('x', 1000)::bytea)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(makes.encode())


def test_a_newer_password(hosts: Hosts, ports: Ports) -> None:
    """The login that comes with it has the same bounds."""
    port = ports.one()
    hosts.apply("postgres", **build.postgres(port))
    hosts.apply("postgres", **build.postgres(port, credentials=2))
    rows = roles(hosts, port)
    assert rows == [("consumer", 10, False), ("consumer_2", 10, False)]
    hosts.apply("postgres", **build.postgres(port, credentials=2, revokePreviousCredentials=True))
    assert roles(hosts, port) == [("consumer_2", 10, False)]
    hosts.apply(
        "postgres", **build.postgres(port, credentials=2, revokePreviousCredentials=True, maxConnections=80)
    )
    assert roles(hosts, port) == [("consumer_2", 20, False)]


def roles(hosts: Hosts, port: int) -> list[tuple[Any, ...]]:
    """Who logs in as a consumer, with how many connections, and whether it may end what others run."""
    password = hosts.secrets("blue")["superuser"]
    dsn = make_conninfo(host="127.0.0.1", port=port, user="postgres", password=password, dbname="belts")
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select rolname, rolconnlimit, has_function_privilege(oid, %s, 'execute')"
            " from pg_roles where rolname ~ '^consumer' and rolcanlogin order by 1",
            [overdue_function.NAME],
        ).fetchall()
