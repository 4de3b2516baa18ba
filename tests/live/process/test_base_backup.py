"""A base backup of a belt that serves, by the commands of the page, and the belt that comes back from it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import Ports
from tests.live.hosts import CHECKOUT, Hosts
from tests.live.process.conftest import postgres

pytestmark = pytest.mark.live

PAGE = (CHECKOUT / "docs" / "backup.md").read_text()


def commands(heading: str) -> list[str]:
    """What the page says below a heading; `pulumi` is what the test does in its stead."""
    block = PAGE.partition(f"\n## {heading}\n")[2].split("```")[1].strip()
    return [line for line in block.splitlines() if not line.startswith("pulumi")]


def typed(lines: list[str], hosts: Hosts, at: Path) -> subprocess.CompletedProcess[str]:
    script = "\n".join(lines).replace("ROOT", str(hosts.root)).replace("BELT", "blue")
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(
        ["/bin/sh", "-ec", script], cwd=at, env=environment, capture_output=True, text=True, check=False
    )


def connected(hosts: Hosts, port: int, **other: Any) -> psycopg.Connection[Any]:
    login = {"user": "postgres", "password": hosts.secrets("blue")["superuser"], "dbname": "belts"} | other
    return psycopg.connect(host="127.0.0.1", port=port, autocommit=True, **login)


def test_one_that_is_taken_and_started(hosts: Hosts, ports: Ports, tmp_path: Path) -> None:
    """It holds what was committed before; the role that copied it opens nothing any more."""
    request = postgres(ports.one())
    made = hosts.apply("postgres", **request)
    home = hosts.root / "blue" / "postgres"
    (home / "seeding.json").write_text(json.dumps({"state": "started", "digest": "d", "version": "v"}))
    with connected(hosts, request["port"]) as connection:
        connection.execute("create table kept as select generate_series(1, 1000) as number")
    pids = hosts.pids()

    done = typed(commands("A base backup of a belt"), hosts, tmp_path)
    assert done.returncode == 0, done.stderr
    password = hosts.secrets("blue")["backup"]
    assert password not in done.stdout + done.stderr
    assert (tmp_path / "blue.base").stat().st_mode & 0o077 == 0
    assert hosts.pids() == pids
    for database in ("belts", "postgres"):
        with pytest.raises(psycopg.OperationalError):
            connected(hosts, request["port"], user="backup", password=password, dbname=database)
    with connected(hosts, request["port"]) as connection:
        found = connection.execute(
            "select rolcanlogin, rolreplication from pg_roles where rolname = 'backup'"
        ).fetchall()
        assert found == [(False, False)]
        connection.execute("insert into kept values (1001)")
    again = typed(commands("A base backup of a belt"), hosts, tmp_path)
    assert again.returncode == 1
    assert "blue.base, which is there" in again.stderr

    with Hosts.temporary() as elsewhere:
        done = typed(commands("A belt from its base backup"), elsewhere, tmp_path)
        assert done.returncode == 0, done.stderr
        port = ports.one()
        back = elsewhere.apply("postgres", **request | {"port": port})
        socket = str(elsewhere.root / "blue" / "sockets" / "host")
        assert back == made | {"port": port, "hosts": made["hosts"] | {"gate": socket}}
        with connected(elsewhere, port) as connection:
            assert connection.execute("select max(number), count(*) from kept").fetchone() == (1000, 1000)


def test_nobody_replicates_otherwise(hosts: Hosts, ports: Ports) -> None:
    """Neither a role of the belt nor its superuser gets a connection for replication."""
    request = postgres(ports.one())
    hosts.apply("postgres", **request)
    held = hosts.secrets("blue")
    for role, name in (("postgres", "superuser"), ("gate", "gate"), ("consumer", "consumer")):
        with pytest.raises(psycopg.OperationalError):
            connected(hosts, request["port"], user=role, password=held[name], replication="true")
