"""A belt that is broken in one way after another, and what the doctor says of it each time."""

import json
import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from belts.runtimes.process import toolchain
from belts.runtimes.process.supervise.leftovers import MARK
from tests.live.hosts import Hosts, wait_until
from tests.live.process.conftest import Standing, stop_by_hand

pytestmark = pytest.mark.live

WELL, WRONG = 0, 1


def said(hosts: Hosts) -> dict[str, list[str]]:
    """What was seen, by cause; the exit code has to say the same."""
    answer = hosts.run("doctor", "--json", "--root", str(hosts.root), "blue")
    found = {each["cause"]: each["seen"] for each in answer.result["blue"]["found"]}
    assert answer.result["blue"]["unlooked"] == []
    assert answer.code == (WRONG if found else WELL), answer.said
    return found


def heal(hosts: Hosts) -> None:
    answer = hosts.run("heal", "--root", str(hosts.root), "blue")
    assert answer.code == 0, answer.said


@contextmanager
def owner(standing: Standing) -> Iterator[psycopg.Connection[Any]]:
    port, secret = standing.requests["postgres"]["port"], standing.hosts.secrets("blue")["superuser"]
    dsn = make_conninfo(host="127.0.0.1", port=port, user="postgres", password=secret, dbname="belts")
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


def test_a_belt_that_is_well(standing: Standing) -> None:
    """Nothing is seen, and everything was looked at."""
    assert said(standing.hosts) == {}


def test_a_skipped_chain(standing: Standing) -> None:
    """A chain without a row in the chain table is named."""
    with owner(standing) as connection:
        (chain,) = connection.execute("select max(id) from envio_chains").fetchone() or (0,)
        connection.execute("create table kept as select * from envio_chains where id = %s", [chain])
        connection.execute("delete from envio_chains where id = %s", [chain])
        try:
            [seen] = said(standing.hosts)["skipped chain"]
        finally:
            connection.execute("insert into envio_chains select * from kept")
            connection.execute("drop table kept")
    assert f"chain {chain} " in seen


def test_metadata_that_is_gone(standing: Standing) -> None:
    """The engine runs, and serves no entity."""
    port = standing.requests["engine"]["port"]
    headers = {"X-Hasura-Admin-Secret": standing.hosts.secrets("blue")["admin"]}

    def ask(call: dict[str, Any]) -> Any:
        body = json.dumps(call).encode()
        url = f"http://127.0.0.1:{port}/v1/metadata"
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:
            return json.load(answer)

    kept = ask({"type": "export_metadata", "args": {}})
    ask({"type": "clear_metadata", "args": {}})
    try:
        [seen] = said(standing.hosts)["metadata gone"]
    finally:
        ask({"type": "replace_metadata", "args": kept})
    assert seen.startswith("the engine does not serve ")
    assert said(standing.hosts) == {}


def test_an_orphan(standing: Standing) -> None:
    """A process with the mark of the belt that its supervisor does not keep."""
    mark = {MARK: f"{standing.hosts.root / 'blue'}:indexer"}
    orphan = subprocess.Popen(["sleep", "600"], env={**os.environ, **mark})
    try:
        assert said(standing.hosts) == {"orphan": [f"indexer (pid {orphan.pid})"]}
    finally:
        orphan.kill()
        orphan.wait()


def test_a_taken_port(standing: Standing) -> None:
    """Somebody else listens where the indexer should. The engine's port is kept for it."""
    stop_by_hand(standing.hosts, "indexer")
    with socket.create_server(("127.0.0.1", standing.requests["indexer"]["port"])):
        [seen] = said(standing.hosts)["port taken"]
    heal(standing.hosts)
    assert f"pid {os.getpid()}" in seen


def test_a_heap_that_was_too_small(standing: Standing) -> None:
    """Node's own last words in the log of an indexer that does not run."""
    stop_by_hand(standing.hosts, "indexer")
    log = standing.hosts.root / "blue" / "logs" / "indexer.log"
    greedy = "const held = []; for (;;) held.push(new Array(1000).fill({}))"
    with log.open("a") as out:
        died = subprocess.run(
            [str(toolchain.node()), "--max-old-space-size=16", "-e", greedy],
            stdout=out,
            stderr=out,
            check=False,
        )
    assert died.returncode != 0
    found = said(standing.hosts)
    heal(standing.hosts)
    assert "JavaScript heap out of memory" in found["heap death"][0]


def test_a_database_that_is_down(standing: Standing) -> None:
    """Postgres is named before whoever leans on it."""
    stop_by_hand(standing.hosts, "postgres")
    found = said(standing.hosts)
    heal(standing.hosts)
    assert next(iter(found)) == "Postgres restarting"


def test_a_supervisor_that_was_killed(standing: Standing) -> None:
    """Nothing of it runs; the advice brings it back."""
    os.kill(standing.pids()["supervisord"], signal.SIGKILL)
    wait_until(lambda: "supervisor gone" in said(standing.hosts), "its programs have ended with it")
    heal(standing.hosts)
    assert "supervisor gone" not in said(standing.hosts)


def test_another_password(standing: Standing) -> None:
    """Envio's client writes 28P01, and ends; the advice brings it back."""
    hosts = standing.hosts
    with owner(standing) as connection:
        names = connection.execute(
            "select rolname from pg_roles where rolcanlogin and rolname like 'indexer%%'", []
        )
        for (name,) in names.fetchall():
            connection.execute(f'alter role "{name}" password $$wrong$$')
    os.kill(hosts.pids()["indexer"], signal.SIGKILL)
    wait_until(lambda: "28P01" in said(hosts), "28P01 in the indexer's log", deadline_s=90)
    for part in ("postgres", "engine", "indexer"):
        hosts.apply(part, **standing.requests[part], credentials=2)
    assert {part["state"] for part in hosts.status()["parts"].values()} == {"up"}
