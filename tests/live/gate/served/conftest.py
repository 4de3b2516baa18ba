"""A belt that serves, one for all tests here: whoever changes it puts it back."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.conftest import Ports
from tests.live.engine.serving import Engine
from tests.live.gate.content.belt import Belt as Rows
from tests.live.gate.served.belt import Belt, url_of


def made(
    cluster: str, name: str, port: int, home: pytest.TempPathFactory, **environment: str
) -> Iterator[Belt]:
    """A database of its own, filled, and an engine over it."""
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    dsn = make_conninfo(cluster, dbname=name)
    with Engine(dsn=url_of(dsn), port=port, home=home.mktemp(name), environment=environment) as engine:
        belt = Belt(rows=Rows(dsn=dsn), engine=engine, url=url_of(dsn))
        belt.fill()
        yield belt
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="package")
def belt(cluster: str, ports: Ports, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Belt]:
    """A belt whose numbers come as texts, as belts of ours serve them."""
    texts = {"HASURA_GRAPHQL_STRINGIFY_NUMERIC_TYPES": "true"}
    yield from made(cluster, "served", ports.one(), tmp_path_factory, **texts)


@pytest.fixture(scope="package")
def plain(cluster: str, ports: Ports, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Belt]:
    """The same belt with numbers as numbers."""
    yield from made(cluster, "served_plain", ports.one(), tmp_path_factory)


@pytest.fixture(scope="package")
def twin(cluster: str, ports: Ports, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Belt]:
    """The belt that serves, in form and rows as the first."""
    texts = {"HASURA_GRAPHQL_STRINGIFY_NUMERIC_TYPES": "true"}
    yield from made(cluster, "served_twin", ports.one(), tmp_path_factory, **texts)
