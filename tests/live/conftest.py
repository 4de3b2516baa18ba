"""Shared by tests on real parts: a place for belts that must be empty at the end, and a Postgres cluster."""

import itertools
from collections.abc import Generator, Iterator
from contextlib import ExitStack

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.conftest import SHARED, Ports, group
from tests.live.hosts import Hosts, sweep
from tests.live.world import MANY, World, make

_numbers = itertools.count(1)

MOVING = pytest.StashKey[ExitStack]()
"""What ends the moving world."""


@pytest.fixture(scope="session", autouse=True)
def swept() -> None:
    """Ends what test runs that were killed have left on this machine."""
    sweep()


@pytest.fixture
def hosts(swept: None) -> Iterator[Hosts]:
    """A short directory for belts, and `python -m belts` over it; after the test nothing may be left."""
    with Hosts.temporary() as place:
        yield place


@pytest.fixture(scope="session")
def session_hosts(swept: None) -> Iterator[Hosts]:
    """The same for belts that live as long as the run."""
    with Hosts.temporary() as place:
        yield place


@pytest.fixture(scope="session")
def cluster(session_hosts: Hosts, ports: Ports) -> str:
    """The DSN of the superuser of a real Postgres 16, made by `python -m belts`, one for the run.

    Its disk is not waited for.
    """
    port = ports.one()
    session_hosts.apply("postgres", belt="cluster", port=port, maxConnections=200, memoryMb=2048, budget=MANY)
    dsn = make_conninfo(
        host="127.0.0.1",
        port=port,
        user="postgres",
        password=session_hosts.secrets("cluster")["superuser"],
        dbname="postgres",
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(setting)))
        connection.execute("select pg_reload_conf()")
    return dsn


@pytest.fixture
def database(cluster: str) -> Iterator[str]:
    """The DSN of the superuser in a fresh database of the cluster, dropped after the test."""
    name = f"t{next(_numbers)}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    yield make_conninfo(cluster, dbname=name)
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def world(swept: None, ports: Ports, request: pytest.FixtureRequest) -> Iterator[World]:
    """Six chains with a small past, a blue and a green belt, one world for the run. Change nothing in it."""
    with request.session.stash.setdefault(MOVING, ExitStack()) as moving:
        yield make(moving.enter_context(Hosts.temporary()), ports)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """The moving world ends with the last test that shares it, and takes no more from the others."""
    try:
        return (yield)
    finally:
        if nextitem is None or group(nextitem.nodeid.partition("::")[0]) != SHARED:
            item.session.stash.setdefault(MOVING, ExitStack()).close()
