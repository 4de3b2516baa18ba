"""The seed gate, with real Envio: what is not whole is thrown away, tried again, and then told."""

import json
import os
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from belts import envio
from belts.envio.release import LATEST
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.keep.minutely import EVERY_S
from belts.runtimes.process.keep.settling import Settling
from tests.conftest import Ports
from tests.live import world
from tests.live.hosts import Hosts, answers, listens, mentions, processes, wait_until
from tests.live.process import conftest as build

pytestmark = pytest.mark.live

OTHER = "9.9.9"
PROGRESS = "select id, progress_block from envio_chains order by 1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unseeded:
    """A belt that has all but its indexer, and chains to index."""

    hosts: Hosts
    rpc: dict[int, str]
    port: int
    engine: int
    indexer: int

    def fields(self, **changed: Any) -> dict[str, Any]:
        return world.indexer_fields(self.rpc, port=self.indexer) | changed

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        secret = self.hosts.secrets("blue")["superuser"]
        dsn = make_conninfo(
            host="127.0.0.1", port=self.port, user="postgres", password=secret, dbname="belts"
        )
        with psycopg.connect(dsn, autocommit=True) as connection:
            done = connection.execute(query)
            rows: list[tuple[Any, ...]] = done.fetchall() if done.description else []
        return rows


@pytest.fixture(scope="module")
def rpc(ports: Ports) -> Iterator[dict[int, str]]:
    with Hosts.temporary() as hosts:
        yield world.chains(hosts, ports, world.BLUE, events=600)


@pytest.fixture(scope="module")
def whole(ports: Ports, rpc: dict[int, str]) -> Iterator[Unseeded]:
    """One belt for all tests: first those in which it is not seeded, then those of the data that it holds."""
    with Hosts.temporary() as hosts:
        yield _without_indexer(hosts, ports, rpc)


@pytest.fixture
def belt(whole: Unseeded) -> Iterator[Unseeded]:
    """It holds nothing yet; each test leaves it so, with nothing of an indexer."""
    assert holds_nothing(whole), "who asks for it comes before whoever seeds it"
    yield whole
    assert_nothing_runs(whole)
    assert holds_nothing(whole)


@pytest.fixture(scope="module")
def seeded(whole: Unseeded) -> Unseeded:
    """It holds data; each test leaves it as it found it."""
    whole.hosts.apply("indexer", **whole.fields())
    return whole


def _without_indexer(hosts: Hosts, ports: Ports, rpc: dict[int, str]) -> Unseeded:
    port, engine, indexer = ports.block(3)
    hosts.apply("postgres", **build.postgres(port))
    hosts.apply("engine", **build.engine(engine))
    return Unseeded(hosts=hosts, rpc=rpc, port=port, engine=engine, indexer=indexer)


def said(belt: Unseeded, words: str) -> int:
    """How often the indexer's log says it."""
    return (belt.hosts.root / "blue" / "logs" / "indexer.log").read_text().count(words)


@contextmanager
def other_envio(home: Path) -> Iterator[None]:
    """The packages that the indexer loads, the very same but for what Envio's says of its version."""
    [modules] = home.glob("*/node_modules")
    real = modules.resolve()
    modules.unlink()
    (modules / "envio").mkdir(parents=True)
    for entry in real.iterdir():
        if entry.name != "envio":
            (modules / entry.name).symlink_to(entry)
    for entry in (real / "envio").iterdir():
        (modules / "envio" / entry.name).symlink_to(entry)
    package = modules / "envio" / "package.json"
    content = json.loads(package.read_text()) | {"version": OTHER}
    package.unlink()
    package.write_text(json.dumps(content))
    try:
        yield
    finally:
        shutil.rmtree(modules)
        modules.symlink_to(real)


@contextmanager
def written_by(belt: Unseeded, version: str) -> Iterator[None]:
    """The belt's records of its seeding, in its database and beside it, with another release."""
    note = belt.hosts.root / "blue" / "postgres" / "seeding.json"
    before = note.read_text()
    note.write_text(json.dumps(json.loads(before) | {"version": version}))
    belt.ask(f"update belts.seeding set version = '{version}'")
    try:
        yield
    finally:
        note.write_text(before)
        belt.ask(f"update belts.seeding set version = '{LATEST.version}'")


def broken_project(hosts: Hosts, ending: str) -> Path:
    """A copy of the example's project with something put at the end of its handlers."""
    copy = hosts.root.parent / f"{hosts.root.name}-project"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(world.PROJECT, copy, ignore=shutil.ignore_patterns("generated", "node_modules"))
    handler = copy / "src" / "points.ts"
    handler.write_text(handler.read_text() + ending)
    return copy


def assert_nothing_runs(belt: Unseeded) -> None:
    assert not listens(belt.indexer)
    assert "indexer" not in belt.hosts.pids()
    assert not [pid for pid in processes() if mentions(pid, belt.hosts.root / "blue" / "indexer")]


def holds_nothing(belt: Unseeded) -> bool:
    return belt.ask("select count(*) from pg_class where relnamespace = 'public'::regnamespace") == [(0,)]


def test_tables_that_nobody_seeded(belt: Unseeded) -> None:
    """They may be somebody's: the belt refuses, and clears nothing.

    This comes first: once a seeding was tried, what is there may be what that one has left behind.
    """
    belt.ask("create table public.precious (id int)")
    answer = belt.hosts.ask("apply", "indexer", **belt.fields())
    assert answer.code == 1
    assert "holds tables that no seeding of this belt made" in answer.said
    assert belt.ask("select count(*) from public.precious") == [(0,)]
    belt.ask("drop table public.precious")


def test_a_crash_before_seeding_has_ended(belt: Unseeded) -> None:
    """The indexer ends by itself before it has a chain table: told as a crash, with its code and words."""
    copy = broken_project(belt.hosts, '\nthrow new Error("planted in a handler")\n')
    digest = envio.read(copy, "config.blue.yaml").digest
    try:
        answer = belt.hosts.ask("apply", "indexer", **belt.fields(project=str(copy), digest=digest))
    finally:
        shutil.rmtree(copy)
    assert answer.code == 1
    for attempt in (1, 2, 3):
        told = f"attempt {attempt} of 3 to seed did not hold: a crash before seeding had ended (exit code 1)"
        assert told in answer.said
    assert "planted in a handler" in answer.said.partition("the log ends with:")[2]
    assert "seen:     chains none" in answer.said
    assert "chasing the password or the SSL mode leads nowhere" in answer.said
    assert_nothing_runs(belt)


def test_a_project_that_was_changed_after_it_was_read(belt: Unseeded) -> None:
    """Its digest is not the one asked for: refused before a line of it is run."""
    answer = belt.hosts.ask("apply", "indexer", **belt.fields(digest="f" * 64))
    assert answer.code == 1
    assert "is not the one that was asked for" in answer.said
    assert_nothing_runs(belt)


@pytest.mark.deep
def test_a_password_that_is_wrong(belt: Unseeded) -> None:
    """Postgres refuses the indexer: a crash before seeding as well, with the reason in the log's end."""
    known = belt.hosts.secrets("blue")["indexer"]
    belt.ask("alter role indexer password 'another'")
    try:
        answer = belt.hosts.ask("apply", "indexer", **belt.fields(seedDeadlineSeconds=60))
    finally:
        belt.ask(f"alter role indexer password '{known}'")
    assert answer.code == 1
    assert "password authentication failed" in answer.said.partition("the log ends with:")[2]
    assert known not in answer.said


@pytest.mark.parametrize("deadline", [10, pytest.param(180, marks=pytest.mark.deep)])
def test_the_engine_is_away_while_the_indexer_seeds(belt: Unseeded, deadline: int) -> None:
    """A release goes on without what could not be tracked, tries for long, or ends: none of it is a seed."""
    build.stop_by_hand(belt.hosts, "engine")
    try:
        answer = belt.hosts.ask("apply", "indexer", **belt.fields(seedDeadlineSeconds=deadline))
    finally:
        belt.hosts.apply("engine", **build.engine(belt.engine))
    assert answer.code == 1
    ends = re.findall(r"attempt (\d) of 3 to seed did not hold: (.*)", answer.said)
    assert [number for number, _ in ends] == ["1", "2", "3"]
    for _, why in ends:
        assert why.startswith(("the engine cannot be asked", "not seeded within", "a crash before seeding"))
    assert_nothing_runs(belt)


def test_a_belt_without_an_engine(belt: Unseeded) -> None:
    """An indexer needs the engine that it tells of its tables; what is missing is named."""
    belt.hosts.remove("engine", **build.engine(belt.engine))
    try:
        answer = belt.hosts.ask("apply", "indexer", **belt.fields())
    finally:
        belt.hosts.apply("engine", **build.engine(belt.engine))
    assert answer.code == 1
    assert "its engine is not there" in answer.said


def test_two_chains_that_are_swapped(belt: Unseeded) -> None:
    """An RPC that serves another chain is refused before a row is written."""
    one, other, *_ = belt.rpc
    swapped = belt.rpc | {one: belt.rpc[other], other: belt.rpc[one]}
    answer = belt.hosts.ask("apply", "indexer", **world.indexer_fields(swapped, port=belt.indexer))
    assert answer.code == 1
    assert f"would take chain {min(one, other)} from another chain" in answer.said
    assert belt.ask("select to_regclass('public.envio_chains')") == [(None,)]


def test_a_chain_is_left_out(belt: Unseeded) -> None:
    """A strict subset of the chains: three attempts, then nothing runs. Mended, the next apply seeds it.

    That one is what all tests below begin with.
    """
    answer = belt.hosts.ask("apply", "indexer", **belt.fields(chains=[*world.BLUE, 42161]))
    assert answer.code == 1
    for attempt in (1, 2, 3):
        told = f"attempt {attempt} of 3 to seed did not hold: the chain table was seeded without 42161"
        assert told in answer.said
    assert "expected: a row in envio_chains for each of the chains 1, 10, 8453, 42161, 80094" in answer.said
    assert "seen:     chains 1, 10, 8453, 80094;" in answer.said
    assert "config.blue.yaml with those asked for" in answer.said
    assert_nothing_runs(belt)
    assert holds_nothing(belt)


def test_every_chain_is_seeded(seeded: Unseeded) -> None:
    """The result names chains, chain table and version, and the record of it stands in the database."""
    result = seeded.hosts.apply("indexer", **seeded.fields())
    assert result["chains"] == sorted(world.BLUE)
    assert result["version"] == LATEST.version
    table = seeded.ask("select 'public.envio_chains'::regclass::oid::int8")[0][0]
    assert result["chainTableOid"] == table
    recorded = seeded.ask("select state, chains, chain_table_oid::int8 from belts.seeding")
    assert recorded == [("proved", sorted(world.BLUE), table)]
    assert answers(result["metrics"])


def test_the_project_changes_on_a_belt_that_holds_data(seeded: Unseeded) -> None:
    """Refused in check and in apply, by rule and with the way out; the indexer that runs is not touched."""
    before = seeded.hosts.pids()
    green = {"config": "config.green.yaml", "digest": envio.read(world.PROJECT, "config.green.yaml").digest}
    for verb in ("check", "apply"):
        answer = seeded.hosts.ask(verb, "indexer", **seeded.fields(**green, chains=list(world.GREEN)))
        assert answer.code == 1
        assert "chain added: chain 42161: an indexer that resumes skips it without a word" in answer.said
        assert "bring up a fresh belt beside it" in answer.said
    assert seeded.hosts.pids() == before
    assert seeded.hosts.ask("check", "indexer", **seeded.fields()).code == 0


def test_the_heap_and_the_profile_change(seeded: Unseeded) -> None:
    """Only the indexer is started anew; it resumes, and is not seeded again."""
    before, record = seeded.hosts.pids(), seeded.ask("select nonce from belts.seeding")
    seeded.hosts.apply("indexer", **seeded.fields(heapMb=640, profile="steady"))
    after = seeded.hosts.pids()
    assert {name for name in before if before[name] != after[name]} == {"indexer"}
    assert seeded.ask("select nonce from belts.seeding") == record
    seeded.hosts.apply("indexer", **seeded.fields())


@pytest.mark.deep
def test_a_belt_settles(seeded: Unseeded, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `auto` it becomes steady once, nothing is restarted for that, and it is healed as that."""
    layout = Layout(root=seeded.hosts.root, belt="blue")
    seeded.hosts.apply("indexer", **seeded.fields(profile="auto"))
    told: list[str] = []
    settling = Settling(say=told.append, clock=partial(next, count(0.0, EVERY_S)))
    settling.look((layout,))
    assert (told, compression(seeded)) == ([], "on")
    ready = "select bool_and(ready_at is not null) from envio_chains"
    wait_until(lambda: seeded.ask(ready) == [(True,)], "all chains are at their heads", deadline_s=120)
    monkeypatch.setattr("belts.runtimes.process.keep.settling.SETTLE", timedelta())
    before = seeded.hosts.pids()
    settling.look((layout,))
    settling.look((layout,))
    assert [line.rpartition(": ")[2] for line in told] == ["its profile is steady from here on"]
    assert compression(seeded) == "off"
    assert seeded.hosts.run("heal", "--root", str(layout.root), "blue").code == 0
    assert (compression(seeded), seeded.hosts.pids()) == ("off", before)
    assert "profile auto: steady" in seeded.hosts.status()["profile"]
    seeded.hosts.apply("indexer", **seeded.fields())
    assert compression(seeded) == "on"


def compression(belt: Unseeded) -> str:
    """What the indexer's next connection to its database is given."""
    query = "select setting from pg_roles, unnest(rolconfig) setting where rolname = 'indexer'"
    settings = dict(str(setting).split("=", 1) for (setting,) in belt.ask(query))
    return settings["wal_compression"]


def test_its_packages_are_replaced(seeded: Unseeded) -> None:
    """Another Envio under a belt with data: its next start is refused in words, and nothing is written.

    With the one that it was seeded with back in its place, it goes on by itself from where it was.
    """
    metrics = f"http://127.0.0.1:{seeded.indexer}/metrics"
    wait_until(lambda: answers(metrics), "the indexer runs before")
    refused = "the indexer does not start"
    known = said(seeded, refused)
    with other_envio(seeded.hosts.root / "blue" / "indexer"):
        os.kill(seeded.hosts.pids()["indexer"], signal.SIGKILL)
        wait_until(lambda: said(seeded, refused) > known, "its next start is refused")
        progress = seeded.ask(PROGRESS)
        wait_until(lambda: said(seeded, refused) > known + 1, "so is the one after it")
        assert not listens(seeded.indexer)
        assert seeded.ask(PROGRESS) == progress
    wait_until(lambda: answers(metrics), "the indexer runs again")
    assert said(seeded, f"expected: Envio {LATEST.version}, by which it was seeded")
    assert said(seeded, f"seen:     Envio {OTHER} in ")
    assert all(
        after >= before for (_, before), (_, after) in zip(progress, seeded.ask(PROGRESS), strict=True)
    )


@pytest.mark.parametrize("verb", ["check", "apply", "heal"])
def test_another_envio_wrote_the_data(seeded: Unseeded, verb: str) -> None:
    """Preview, up and heal refuse to go on with it; the indexer that runs is not touched."""
    before = seeded.hosts.pids()
    with written_by(seeded, OTHER):
        if verb == "heal":
            answer = seeded.hosts.run("heal", "--root", str(seeded.hosts.root), "blue")
        else:
            answer = seeded.hosts.ask(verb, "indexer", **seeded.fields())
    assert answer.code == 1
    assert "rule: a belt that holds data keeps its release" in answer.said
    assert f"expected: Envio {OTHER}, by which it was seeded" in answer.said
    assert f"seen:     Envio {LATEST.version}" in answer.said
    assert seeded.hosts.pids() == before


def test_the_engine_is_removed_and_comes_back(seeded: Unseeded) -> None:
    """What it was told of the tables stays with the database, so it serves them again."""
    seeded.hosts.remove("engine", **build.engine(seeded.engine))
    seeded.hosts.apply("engine", **build.engine(seeded.engine))
    seeded.hosts.apply("indexer", **seeded.fields())


def test_the_tables_were_cleared_by_hand(seeded: Unseeded) -> None:
    """What was proved is gone: refused, never seeded again behind the back of who relies on it."""
    seeded.ask("alter schema public rename to hidden")
    seeded.ask("create schema public")
    answer = seeded.hosts.ask("apply", "indexer", **seeded.fields())
    seeded.ask("drop schema public cascade")
    seeded.ask("alter schema hidden rename to public")
    assert answer.code == 1
    assert "is not what was proved when it was seeded" in answer.said
    seeded.hosts.apply("indexer", **seeded.fields())
