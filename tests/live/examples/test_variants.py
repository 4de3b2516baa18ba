"""A variant of the example is a project that Envio runs, and differs from it where its name says."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from belts import envio
from examples import variants
from tests.conftest import Ports
from tests.live import world as worlds
from tests.live.hosts import wait_until
from tests.live.world import MANY, World

pytestmark = [pytest.mark.live, pytest.mark.deep]

CONFIG = "config.blue.yaml"
# Of the past alone: the belts go on with the chains, and are not read at one moment.
SAME: LiteralString = """select id, value, pair from "Price"
    where split_part(id, '-', 2)::int <= (%(heads)s ->> split_part(id, '-', 1))::int order by id"""
POSITIONS: LiteralString = """select id, kind::text from "Position"
    where "openedBlock" <= (%(heads)s ->> "chainId"::text)::int order by id"""


def rows(dsn: str, query: LiteralString, **values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query, values or None).fetchall()


def past(world: World, dsn: str, query: LiteralString) -> list[tuple[Any, ...]]:
    """The rows that a belt has of the past of all its chains."""
    heads = {str(chain): world.past(chain)["head"]["number"] for chain in worlds.BLUE}
    return rows(dsn, query, heads=Jsonb(heads))


@contextmanager
def belt_with(variant: str, world: World, ports: Ports, directory: Path) -> Iterator[str]:
    """The database of a belt that has indexed the past with a variant of blue's project."""
    project = variants.write(variant, directory / "project")
    port, engine, metrics = ports.block(3)
    fields = worlds.indexer_fields(world.rpc, port=metrics)
    fields |= {"project": str(project), "digest": envio.read(project, CONFIG).digest}
    try:
        postgres = world.hosts.apply("postgres", belt="amber", port=port, budget=MANY)
        world.hosts.apply("engine", belt="amber", port=engine)
        world.hosts.apply("indexer", belt="amber", **fields)
        password = postgres["passwords"]["gate"]
        dsn = make_conninfo(host="127.0.0.1", port=port, user="gate", password=password, dbname="belts")
        heads = {chain: world.past(chain)["head"]["number"] for chain in worlds.BLUE}

        def caught_up() -> bool:
            progress = dict(rows(dsn, "select id, progress_block from envio_chains"))
            return all(progress[chain] >= head for chain, head in heads.items())

        wait_until(caught_up, f"{variant} has indexed the past", deadline_s=180)
        yield dsn
    finally:
        world.hosts.run("remove", "--all", "--root", str(world.hosts.root), "amber")


def test_corrected_handler(world: World, ports: Ports, tmp_path: Path) -> None:
    """A corrected handler gives the weight to every price, and leaves all else as it was."""
    with belt_with("corrected-handler", world, ports, tmp_path) as dsn:
        assert past(world, dsn, SAME) == past(world, world.blue.dsn(), SAME)
        assert past(world, dsn, POSITIONS) == past(world, world.blue.dsn(), POSITIONS)
        unweighed: LiteralString = 'select count(*) from "Price" where weight is null'
        assert rows(dsn, unweighed) == [(0,)]
        assert rows(world.blue.dsn(), unweighed) > [(0,)]


def test_narrowed_enum(world: World, ports: Ports, tmp_path: Path) -> None:
    """A value that is gone from an enum is gone from the database's type, and its rows have another."""
    kinds: LiteralString = "select unnest(enum_range(null::positionkind))::text"
    with belt_with("narrowed-enum", world, ports, tmp_path) as dsn:
        assert past(world, dsn, SAME) == past(world, world.blue.dsn(), SAME)
        assert rows(dsn, kinds) == [("FLEXIBLE",), ("LOCKED",)]
        assert past(world, dsn, POSITIONS) == [
            (position, "LOCKED" if kind == "GRANTED" else kind)
            for position, kind in past(world, world.blue.dsn(), POSITIONS)
        ]
