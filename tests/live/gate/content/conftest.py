"""Two empty databases, one for each belt."""

import itertools
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.live.gate.content.belt import Belt

_numbers = itertools.count(1)


@pytest.fixture
def blue(cluster: str) -> Iterator[Belt]:
    """The serving belt's database."""
    yield from _database(cluster)


@pytest.fixture
def green(cluster: str) -> Iterator[Belt]:
    """The candidate's database."""
    yield from _database(cluster)


def _database(cluster: str) -> Iterator[Belt]:
    name = sql.Identifier(f"content{next(_numbers)}")
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(name))
    yield Belt(dsn=make_conninfo(cluster, dbname=name.as_string().strip('"')))
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(name))
