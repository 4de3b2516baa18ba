"""The world that other tests stand on."""

import psycopg
import pytest

from tests.live.hosts import wait_until
from tests.live.world import World

pytestmark = pytest.mark.live


def test_both_belts_have_their_chains(world: World) -> None:
    """Blue holds four chains and green six, each with progress beyond the past."""
    assert set(world.blue.progress()) == set(world.blue.chains)
    assert set(world.green.progress()) == set(world.green.chains)


def test_there_is_traffic_after_the_past(world: World) -> None:
    """Events go on coming, and a belt goes on indexing them."""
    before = events(world)
    wait_until(lambda: events(world) > before, "more events")


def events(world: World) -> int:
    with psycopg.connect(world.blue.dsn()) as connection:
        row = connection.execute("select sum(events_processed)::int8 from envio_chains").fetchone()
    assert row is not None
    return int(row[0])


def test_every_part_comes_by_its_socket(world: World) -> None:
    """The indexer of this release too, which shares its folder with nobody else."""
    with psycopg.connect(world.blue.dsn("postgres")) as connection:
        rows = connection.execute(
            "select distinct usename, client_addr is null from pg_stat_activity"
            " where usename in ('indexer', 'engine')"
        ).fetchall()
    assert set(rows) == {("indexer", True), ("engine", True)}
