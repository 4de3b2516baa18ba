"""Credentials of a belt that is up are replaced, and nobody who reads it notices."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import readers
from belts.runtimes.process.host import Host
from gate.alias.order import ledger_address
from gate.ledger import Author
from tests.conftest import Ports
from tests.live import plain
from tests.live.engine.serving import table
from tests.live.gate.ledgers import of_host
from tests.live.hosts import CHECKOUT, Answer, Hosts, wait_until
from tests.live.process.conftest import Standing, engine, postgres
from tests.live.process.reading import Reading

pytestmark = pytest.mark.live

NAMES = ("superuser", "indexer", "engine", "gate", "consumer", "admin")


@dataclass(kw_only=True)
class Belt:
    """A Postgres and an engine over it, with one view that everybody may read."""

    hosts: Hosts
    requests: dict[str, dict[str, Any]]
    generation: int = 1
    every: list[str] = field(default_factory=list)
    """Every secret that it ever had."""
    said: list[str] = field(default_factory=list)

    @classmethod
    def up(cls, hosts: Hosts, ports: Ports) -> "Belt":
        belt = cls(hosts=hosts, requests={"postgres": postgres(ports.one()), "engine": engine(ports.one())})
        belt.apply("postgres")
        with belt.login("indexer", belt.held["indexer"]) as connection:
            connection.execute("create table names (name text primary key)")
            connection.execute("insert into names values ('first')")
            connection.execute("create view board as select name from names")
        belt.apply("postgres")
        belt.apply("engine")
        tables = [table("board", public={})]
        source = {"name": "default", "kind": "postgres", "configuration": {}, "tables": tables}
        told = plain.post(
            belt.url.replace("graphql", "metadata"),
            json={"type": "replace_metadata", "args": {"version": 3, "sources": [source]}},
            headers={"x-hasura-admin-secret": belt.held["admin"]},
        )
        assert told.status_code == 200, told.text
        return belt

    @property
    def layout(self) -> Layout:
        return Layout(root=self.hosts.root, belt="blue")

    @property
    def held(self) -> dict[str, Any]:
        held = self.hosts.secrets("blue")
        self.every += [held[name] for name in NAMES]
        return held

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.requests['engine']['port']}/v1/graphql"

    def ask(self, verb: str, part: str, generation: int | None = None, **fields: Any) -> Answer:
        return self.hosts.ask(
            verb, part, **self.requests[part], credentials=generation or self.generation, **fields
        )

    def apply(self, part: str, **fields: Any) -> dict[str, Any]:
        answer = self.ask("apply", part, **fields)
        assert answer.code == 0, answer.said
        self.said.append(answer.said)
        return answer.result

    def rotate(self) -> dict[str, dict[str, Any]]:
        """As the stack does: part by part."""
        self.generation += 1
        return {part: self.apply(part) for part in self.requests}

    def login(self, user: str, password: str, application: str = "test") -> "psycopg.Connection[Any]":
        return psycopg.connect(
            host="127.0.0.1",
            port=self.requests["postgres"]["port"],
            user=user,
            password=password,
            dbname="belts",
            application_name=application,
            autocommit=True,
        )

    def opens(self, user: str, password: str) -> bool:
        try:
            with self.login(user, password) as connection:
                readable = {"engine": "public.board", "gate": "public.names"}.get(user.partition("_")[0])
                connection.execute(f"select from {readable or 'public.board'}".encode())
        except psycopg.OperationalError:
            return False
        return True

    def admits(self, secret: str) -> bool:
        headers = {"x-hasura-admin-secret": secret, "User-Agent": "belts-test"}
        answer = plain.post(self.url, json={"query": "{ __typename }"}, headers=headers)
        return "data" in answer.json()

    def engine_pid(self) -> int:
        return self.hosts.pids()["engine"]

    def dies(self, part: str, *step: str) -> None:
        """An update that is killed at a step."""
        dies(self.hosts.request(part, **self.requests[part], credentials=self.generation), *step)


def dies(request: dict[str, Any], *step: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.live.process.dying", *step],
        cwd=CHECKOUT,
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, (step, done.stderr)


@pytest.fixture(scope="module")
def standing_belt(ports: Ports) -> Iterator[Belt]:
    with Hosts.temporary() as hosts:
        yield Belt.up(hosts, ports)


@pytest.fixture
def belt(standing_belt: Belt) -> Belt:
    """A belt that is at the same generation everywhere."""
    return standing_belt


def files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())


@pytest.mark.deep
def test_under_load(belt: Belt) -> None:
    """No request fails, no subscription closes; what was admitted is refused, what overlaps still opens."""
    old, pid = belt.held, belt.engine_pid()
    with Reading(belt.url) as reading, belt.login("consumer", old["consumer"], "board") as dashboard:
        answers = belt.rotate()
        new = belt.held
        with belt.login("indexer", old["indexer"]) as connection:
            connection.execute("insert into names values ('second')")
        wait_until(lambda: len(reading.told) > 1, "the subscription hears of a new row")
        assert dashboard.execute("select count(*) from board").fetchone() == (2,)
        with belt.login("consumer_2", new["consumer"], "wall"):
            named = [reader.who for reader in readers.of_belt(belt.layout)]
    assert reading.undisturbed, (reading.failures[:3], reading.closed)
    assert reading.answered > 500
    assert belt.engine_pid() == pid
    assert "is cut off" not in "".join(belt.said), "the engine has left its old login by itself"
    assert {"127.0.0.1 app/1", "127.0.0.1 board", "127.0.0.1 wall"} <= set(named)
    assert not [name for name in NAMES if name != "indexer" and old[name] in new.values()]

    assert answers["postgres"]["logins"] == {"gate": "gate_2", "consumer": "consumer_2"}
    assert answers["postgres"]["passwords"]["consumer"] == new["consumer"]
    assert answers["engine"]["adminSecret"] == new["admin"]
    assert (belt.admits(old["admin"]), belt.admits(new["admin"])) == (False, True)
    opened = {
        name: (belt.opens(name, old[name]), belt.opens(f"{name}_2", new[name]))
        for name in ("engine", "gate", "consumer")
    }
    assert opened == {"engine": (False, True), "gate": (True, True), "consumer": (True, True)}
    with pytest.raises(psycopg.OperationalError):
        belt.login("postgres", old["superuser"])
    belt.login("postgres", new["superuser"]).close()


def test_the_login_before_the_last(belt: Belt) -> None:
    """It is revoked by the next generation, with the sessions that it still has; whose they were is told."""
    if belt.generation == 1:  # whose logins do not bear its number
        belt.rotate()
    before = belt.held
    with belt.login(f"consumer_{belt.generation}", before["consumer"], "board") as dashboard:
        belt.rotate()
        assert dashboard.execute("select count(*) from board").fetchone()
        belt.generation += 1
        said = belt.ask("apply", "postgres").said
        belt.apply("engine")
        assert f"credentials were revoked: 127.0.0.1 board: 1 as consumer_{belt.generation - 2}" in said
        with pytest.raises(psycopg.OperationalError):
            dashboard.execute("select count(*) from board")
    assert not belt.opens(f"consumer_{belt.generation - 2}", before["consumer"])
    with belt.login("postgres", belt.held["superuser"]) as connection:
        found = connection.execute(
            "select rolname, rolcanlogin from pg_roles where rolname ~ '^(engine|gate|consumer)' order by 1"
        ).fetchall()
    now, last = belt.generation, belt.generation - 1
    readers_ = [(f"{name}_{each}", True) for name in ("consumer", "gate") for each in (last, now)]
    groups = [(name, False) for name in ("consumer", "engine", "gate")]
    assert sorted(found) == sorted([*readers_, *groups, (f"engine_{now}", True)])


def test_the_previous_is_revoked_by_a_word(belt: Belt) -> None:
    """Then only the newest opens; what may be read is the same."""
    old = belt.held
    belt.rotate()
    new, now = belt.held, belt.generation
    assert belt.opens(f"consumer_{now - 1}", old["consumer"])
    belt.apply("postgres", revokePreviousCredentials=True)
    assert not belt.opens(f"consumer_{now - 1}", old["consumer"])
    assert not belt.opens(f"gate_{now - 1}", old["gate"])
    with belt.login(f"consumer_{now}", new["consumer"]) as connection:
        assert connection.execute("show statement_timeout").fetchone() == ("5min",)
        assert connection.execute("select count(*) from board").fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select count(*) from names")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("create temp table mine ()")


def test_going_back(belt: Belt) -> None:
    """A lower generation is refused before anything is touched, for each part."""
    before = belt.layout.secrets.read_bytes(), belt.hosts.pids()
    for part in belt.requests:
        for verb in ("check", "apply"):
            answer = belt.ask(verb, part, generation=belt.generation - 1)
            assert answer.code == 1
            assert "credentials go only forward" in answer.said
    assert (belt.layout.secrets.read_bytes(), belt.hosts.pids()) == before


def test_nothing_to_rotate(belt: Belt) -> None:
    """The same generation again makes nothing and writes nothing."""
    before = belt.layout.secrets.stat().st_mtime_ns, belt.hosts.pids()
    for part in belt.requests:
        belt.apply(part)
    assert (belt.layout.secrets.stat().st_mtime_ns, belt.hosts.pids()) == before


STEPS = {
    "postgres": (
        ("after", "files.secrets", "stage", "1"),
        ("after", "database.roles", "give", "2"),
        ("before", "database.rotation", "_try", "1"),
        ("after", "files.secrets", "swap", "1"),
        ("before", "database.logins", "_end_sessions", "1"),
    ),
    "engine": (
        ("after", "files.secrets", "stage", "1"),
        ("before", "database.rotation", "_try", "1"),
        ("after", "files.secrets", "swap", "1"),
        ("after", "parts.engine", "write_private", "3"),
        ("after", "parts.engine", "write_private", "4"),
        ("before", "database.logins", "_end_sessions", "1"),
    ),
}


@pytest.mark.deep
@pytest.mark.parametrize("part", STEPS)
def test_killed_between_two_steps(belt: Belt, part: str) -> None:
    """At each step the belt is read on as before, its host is let in, and the next update finishes."""
    pid = belt.engine_pid()
    with Reading(belt.url, pause_s=0.01) as reading:
        for step in STEPS[part]:
            old, now = belt.held, belt.generation
            belt.generation += 1
            belt.dies(part, *step)
            assert belt.opens(f"consumer_{now}", old["consumer"]), step
            assert belt.opens(f"gate_{now}", old["gate"]), step
            with Reading(belt.url) as fresh:
                assert fresh.undisturbed, (step, fresh.failures[:3], fresh.closed)
            assert "database" not in [reader.who for reader in readers.of_belt(belt.layout)], step
            for each in belt.requests:
                belt.apply(each)
            new = belt.held
            assert new["generations"]["admin"] == [now, now + 1]
            assert not [name for name in new if "@" in name], step
            assert belt.opens(f"consumer_{now + 1}", new["consumer"]), step
            assert (belt.admits(old["admin"]), belt.admits(new["admin"])) == (False, True), step
            assert not belt.opens(f"engine_{now}", old["engine"]), step
    assert reading.undisturbed, (reading.failures[:3], reading.closed)
    assert belt.engine_pid() == pid


def test_no_secret_shows(belt: Belt) -> None:
    """None that the belt ever had stands in a log, nor in a file that others may read."""
    secrets = {value.encode() for value in belt.every}
    logs = [path for path in files(belt.hosts.root) if ".log" in path.name]
    assert len(secrets) > 3 * belt.generation, "each generation has its own"
    assert len(logs) >= 3
    for log in logs:
        text = log.read_bytes()
        assert b"SCRAM-SHA-256$" not in text, log
        assert [secret for secret in secrets if secret in text] == [], log
    holders = [path for path in files(belt.hosts.root) if any(each in path.read_bytes() for each in secrets)]
    assert {path.name for path in holders} == {"secrets.json", "database-url", "admin-secret"}
    assert [path for path in holders if path.stat().st_mode & 0o077] == []


@pytest.mark.deep
def test_the_indexer(standing: Standing) -> None:
    """It is started anew with its new password, whatever was interrupted before, and indexes on."""
    hosts, fields = standing.hosts, standing.requests["indexer"] | {"credentials": 2}
    for part in ("postgres", "engine"):
        hosts.apply(part, **standing.requests[part], credentials=2)
    before, old = hosts.pids(), hosts.secrets("blue")
    for step in (("before", "database.rotation", "_try", "1"), ("after", "files.secrets", "swap", "1")):
        dies(hosts.request("indexer", **fields), *step)
        assert hosts.pids() == before, "it runs on with the session that it has"
    hosts.apply("indexer", **fields)
    after, new = hosts.pids(), hosts.secrets("blue")
    assert [name for name in before if before[name] != after[name]] == ["indexer"]
    height = _height(standing, new)
    wait_until(lambda: _height(standing, new) > height, "it indexes on")
    for login, secret, lets in (("indexer", old, False), ("indexer", new, True)):
        assert _opens(standing, login, secret["indexer"]) is lets


def _opens(standing: Standing, user: str, password: str) -> bool:
    port = standing.requests["postgres"]["port"]
    try:
        psycopg.connect(host="127.0.0.1", port=port, user=user, password=password, dbname="belts").close()
    except psycopg.OperationalError:
        return False
    return True


def _height(standing: Standing, held: dict[str, str]) -> int:
    port = standing.requests["postgres"]["port"]
    with psycopg.connect(
        host="127.0.0.1", port=port, user="gate_2", password=held["gate"], dbname="belts"
    ) as connection:
        row = connection.execute("select sum(progress_block)::int8 from envio_chains").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.deep
def test_the_ledger(hosts: Hosts, free_port: Callable[[], int]) -> None:
    """Its passwords are replaced in place; interrupted, the next update finishes, and what is kept stays."""
    fields: dict[str, Any] = {"belt": "gateway", "port": free_port()}
    hosts.apply("ledger", **fields)
    author = Author(gateway="gateway", stack="gateway", who="ada")
    old = ledger_address.address(Host(hosts.root), "gateway", {}).reveal()
    with of_host(hosts.root, author) as ledger:
        assert ledger.moves() == ()
    for step in (("before", "database.rotation", "_try", "1"), ("before", "files.secrets", "swap", "1")):
        dies(hosts.request("ledger", **fields, credentials=2), *step)
    hosts.apply("ledger", **fields, credentials=2)
    new = ledger_address.address(Host(hosts.root), "gateway", {}).reveal()
    assert hosts.ask("check", "ledger", **fields).code == 1
    with psycopg.connect(new) as connection:
        assert connection.execute("select count(*) > 0 from migrations").fetchone() == (True,)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(old)
    hosts.remove("ledger", **fields)
