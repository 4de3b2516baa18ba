"""Two empty databases, one for each belt."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.conftest import Ports
from tests.live.gate.content import server
from tests.live.gate.content.belt import Belt

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def serving_cluster(request: pytest.FixtureRequest, ports: Ports) -> Iterator[str]:
    """The DSN of the superuser where the serving belt is."""
    yield from _cluster(request, ports, server.named()[0])


@pytest.fixture(scope="session")
def candidate_cluster(request: pytest.FixtureRequest, ports: Ports) -> Iterator[str]:
    """The DSN of the superuser where the candidate is."""
    yield from _cluster(request, ports, server.named()[1])


@pytest.fixture
def blue(serving_cluster: str) -> Iterator[Belt]:
    """The serving belt's database."""
    yield from _database(serving_cluster)


@pytest.fixture
def green(candidate_cluster: str) -> Iterator[Belt]:
    """The candidate's database."""
    yield from _database(candidate_cluster)


def _cluster(request: pytest.FixtureRequest, ports: Ports, home: Path | None) -> Iterator[str]:
    if home is None:
        yield request.getfixturevalue("cluster")
        return
    with server.running(home, ports.one()) as dsn:
        yield dsn


def _database(cluster: str) -> Iterator[Belt]:
    name = sql.Identifier(f"content{next(_numbers)}")
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(name))
    yield Belt(dsn=make_conninfo(cluster, dbname=name.as_string().strip('"')))
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(name))
