"""What a look leaves to the next one: good for minutes, for one door, and only under the seal."""

import asyncio
import gc
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from graphql import GraphQLSchema, build_schema
from hypothesis import given
from hypothesis import strategies as st

from gate.endpoints import Side
from gate.evidence import Store, key
from gate.observations.served import ListServed
from gate.probes.database.catalog import Catalog, Table
from gate.probes.graphql import metadata
from gate.probes.graphql.metadata import parsed
from gate.probes.served import catalogue, look, recent
from gate.probes.served.catalogue import Surroundings
from gate.probes.served.door import Door
from gate.probes.served.pace import Pace
from gate.probes.served.recent import KEPT, KEYS, Read, by_keys, shortened
from gate.probes.served.spans import Reading, between
from gate.probes.world import World
from gate.seal import Seal
from gate.secret import Address, Secret
from tests.unit.gate.chain.strict import world
from tests.unit.gate.core.builders import list_served

HERE = Address("http://green.test/v1/metadata")
NAME = key("served", "a list")


def reading(spans: int) -> Reading:
    bounds = [f"{number:06}" for number in range(1, spans)]
    return Reading(spans=tuple(between(bounds)), chains=(), held=spans * 900, whole=True)


def keys(number: int) -> list[str]:
    return [f"{place:06}" for place in range(number)]


@given(st.integers(1, 400), st.integers(0, 3_000), st.integers())
def test_what_is_read_again(spans: int, written: int, seed: int) -> None:
    """All that was written since, each key once, and the ends of the list; all, where that is no more."""
    plan = reading(spans)
    found = shortened(plan, keys(written), random.Random(seed))
    if found is plan:
        assert 2 * (-(-written // KEYS) + recent.DRAWN) > spans
        return
    assert not found.whole
    assert [one for span in found.spans for one in span.keys] == keys(written)
    drawn = [span for span in found.spans if not span.keys]
    assert (drawn[0], drawn[-1]) == (plan.spans[0], plan.spans[-1])
    assert len(drawn) == recent.DRAWN
    assert 2 * len(found.spans) <= spans


@given(st.integers(0, 2_000))
def test_questions_by_key_have_an_end(number: int) -> None:
    """A few hundred at once: whoever waits gets no more of them."""
    spans = list(by_keys(keys(number)))
    assert all(span.ends and 0 < len(span.keys) <= KEYS for span in spans)


def looking(tmp_path: Path, *, repeats: bool = True) -> World:
    def nobody(_: httpx.Request) -> httpx.Response:
        raise AssertionError

    store = Store(directory=tmp_path, seal=Seal(b"of the gate"))
    return replace(world(nobody), cache=store, repeats=repeats)


@pytest.mark.parametrize(
    ("ago", "good"),
    [(0, True), (KEPT.total_seconds() - 5, True), (KEPT.total_seconds() + 5, False), (-5, False)],
)
def test_how_long_it_is_good(tmp_path: Path, ago: float, good: bool) -> None:
    """As long as a certificate; what comes from the future is of another clock."""
    here = looking(tmp_path)
    assert here.cache is not None
    read = Read(at=time.time() - ago, floor=7)
    recent.keep(here.cache, NAME, read)
    assert recent.recall(here, NAME) == (read if good else None)


def test_who_does_not_ask(tmp_path: Path) -> None:
    """A preview looks at all; and so does whoever does not see all that lies between, or keeps nothing."""
    here = looking(tmp_path, repeats=False)
    assert here.cache is not None
    recent.keep(here.cache, NAME, Read(at=time.time(), floor=7))
    assert recent.recall(here, NAME) is None
    assert recent.recall(looking(tmp_path), None) is None
    assert recent.recall(looking(tmp_path), key("another list")) is None
    assert recent.recall(looking(tmp_path), NAME) is not None


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"at": "now", "floor": 1}', b'{"at": 1e99, "floor": 1}']
)
def test_what_is_no_record(tmp_path: Path, text: bytes) -> None:
    """Under the seal, and yet nothing that a look keeps."""
    here = looking(tmp_path)
    assert here.cache is not None
    here.cache.write(NAME, text)
    assert recent.recall(here, NAME) is None


def exported(host: str) -> dict[str, object]:
    where = {"connection_info": {"database_url": f"postgres://a:secret@{host}/x"}}
    source = {"name": "default", "kind": "postgres", "tables": [], "configuration": where}
    return {"metadata": {"version": 3, "sources": [source]}}


def test_where_a_source_is_counts() -> None:
    """Nothing of it is shown, and yet an engine that was led to another database has other metadata."""
    one, other = parsed(exported("one"), HERE), parsed(exported("two"), HERE)
    assert one == other
    assert one.digest != other.digest
    assert one.digest == parsed(exported("one"), HERE).digest
    assert "secret" not in repr(one)
    assert one.digest not in repr(one)


class Rows:
    """A snapshot of a database that knows who it is, since when it runs, and how its catalogue looks."""

    schema = "public"
    storage = SimpleNamespace(chains="envio_chains")

    def __init__(self, began: str) -> None:
        self.began = began

    async def rows(self, query: str, _: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        if "pg_control_system" in query:
            return [(1, 2, "green", 3, 170000)]
        if "pg_postmaster_start_time" in query:
            return [(self.began,)]
        assert query == catalogue.DIGEST
        return [("as it was",)]


class Server:
    """A connection to it."""

    def __init__(self, began: str = "this morning") -> None:
        self.began = began

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Rows]:
        yield Rows(self.began)


def engine(tmp_path: Path, *hosts: str) -> World:
    """A run whose engine is led from one database to the next, each time that it is asked."""
    answers = iter(hosts)

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/metadata"
        return httpx.Response(200, json=exported(next(answers)))

    here = world(answer)
    green = Address("http://green.test/v1/graphql")
    candidate = replace(here.endpoints.candidate, graphql=green, admin_secret=Secret("of the engine"))
    store = Store(directory=tmp_path, seal=Seal(b"of the gate"))
    return replace(here, endpoints=replace(here.endpoints, candidate=candidate), cache=store, repeats=True)


async def belt(here: World, server: Any) -> look.Belt:
    seen = await metadata.look(here, Side.CANDIDATE)
    door = await recent.door_of(here, server, seen)
    assert door is not None
    around = Surroundings(uneven={}, indexed=frozenset(), partitions=frozenset())
    tables = Catalog(tables=())
    return look.Belt(world=here, tables=tables, entities=(), around=around, metadata=seen, door=door)


async def test_another_server_with_the_same_identity(tmp_path: Path) -> None:
    """After a failover, or on a copy of the files, transactions get numbers that were given before."""
    here = engine(tmp_path, "one")
    seen = await metadata.look(here, Side.CANDIDATE)
    one, other, again = Server(), Server("at noon"), Server()
    doors = [await recent.door_of(here, server, seen) for server in (one, other, again)]  # type: ignore[arg-type]
    assert doors[0] == doors[2] != doors[1]


@pytest.mark.parametrize(("now", "kept"), [("one", True), ("two", False)])
async def test_an_engine_that_is_led_elsewhere_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: str, *, kept: bool
) -> None:
    """Nobody knows through which of both doors the rows came."""
    server: Any = Server()
    here = engine(tmp_path, "one", now)
    whole = Read(at=time.time(), floor=7)

    async def role(of: look.Belt, _: Any, __: Any, keeps: dict[str, Read]) -> list[ListServed]:
        assert of.door is not None
        keeps[NAME] = whole
        return [list_served()]

    monkeypatch.setattr(look, "_role", role)
    await look.lists_of(await belt(here, server), [here], [server])  # type: ignore[list-item]
    assert recent.recall(here, NAME) == (whole if kept else None)


async def test_lists_that_nobody_waits_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """Where a look ends in the middle of a list, those after it were never begun."""
    began = asyncio.Event()

    async def endless(*_: Any) -> None:
        began.set()
        await asyncio.Event().wait()

    async def offered(_: Any) -> GraphQLSchema:
        return build_schema("type Query { x: Int }")

    monkeypatch.setattr(look, "_entity", endless)
    monkeypatch.setattr(Door, "schema", offered)
    tables = tuple(Table(name=name, columns=(), key=(), estimate=0) for name in ("Account", "Transfer"))
    here = engine(tmp_path, "one")
    of = replace(await belt(here, Server()), entities=tables)
    door = Door(world=here, role="public", pace=Pace(rate=1))
    looking = asyncio.create_task(look._role(of, door, [], {}))
    await began.wait()
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking
    del looking
    await asyncio.sleep(0)  # the loop lets go of it
    gc.collect()
    assert [str(one.message) for one in recwarn] == []


@pytest.mark.parametrize(("now", "looks"), [("one", 1), ("two", 2)])
async def test_a_short_look_through_another_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: str, looks: int
) -> None:
    """What was left out is read after all, where the door did not stay what it was."""
    server: Any = Server()
    here = engine(tmp_path, "one", now)
    doors: list[str | None] = []

    async def role(of: look.Belt, *_: Any) -> list[ListServed]:
        doors.append(of.door)
        short = {"before": datetime.now(UTC), "whole": False} if of.door else {}
        return [list_served(**short)]

    monkeypatch.setattr(look, "_role", role)
    [one] = await look.lists_of(await belt(here, server), [here], [server])  # type: ignore[list-item]
    assert len(doors) == looks
    assert isinstance(one, ListServed)
    assert one.whole is (looks == 2)
