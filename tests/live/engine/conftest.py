"""A database and an engine over it, one of each per module."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.conftest import Ports
from tests.live.engine.serving import Engine

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def rows(cluster: str) -> Iterator[psycopg.Connection]:
    """A connection of the superuser to a database that only this module has."""
    name = f"engine_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template template0 locale 'C'").format(sql.Identifier(name))
        )
    with psycopg.connect(make_conninfo(cluster, dbname=name), autocommit=True) as connection:
        yield connection
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def url(rows: psycopg.Connection, cluster: str) -> str:
    """The same database as the engine is told of it."""
    parts = conninfo_to_dict(cluster)
    return (
        f"postgres://{parts['user']}:{parts.get('password', '')}@{parts['host']}:{parts['port']}"
        f"/{rows.info.dbname}"
    )


@pytest.fixture(scope="module")
def engine(url: str, ports: Ports, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A running engine over the module's database."""
    with Engine(dsn=url, port=ports.one(), home=tmp_path_factory.mktemp("engine")) as running:
        yield running


@pytest.fixture
def another(url: str, ports: Ports, tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """Makes further engines over the module's database, each with its own environment."""
    made: list[Engine] = []

    def make(dsn: str = url, **environment: str) -> Engine:
        home = tmp_path / str(len(made))
        home.mkdir()
        engine = Engine(dsn=dsn, port=ports.one(), home=home, environment=environment)
        made.append(engine)
        engine.start()
        return engine

    yield make
    for engine in made:
        engine.stop()
