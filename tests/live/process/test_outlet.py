"""A reader on another host: its own network namespace, which reaches this one by one address alone."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from belts.database_url import database_url
from belts.runtimes.process.files import authority
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import outlet as part
from belts.spec.outlet import PROGRAM
from gate.alias.directory import Directory
from gate.alias.state import Standing, first
from tests.conftest import Ports
from tests.live.hosts import Hosts
from tests.live.process import conftest as build

pytestmark = [
    pytest.mark.live,
    pytest.mark.deep,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("ip"), reason="only root makes a namespace"),
]

HERE, THERE, ELSEWHERE = "10.213.77.1", "10.213.77.2", "10.213.77.3"
READ = """
import json, sys, psycopg
from psycopg.conninfo import make_conninfo
told = json.loads(sys.stdin.read())
try:
    with psycopg.connect(make_conninfo(told["url"], **told["more"]), connect_timeout=10) as connection:
        system, = connection.execute("select system_identifier::text from pg_control_system()").fetchone()
        user, = connection.execute("select session_user").fetchone()
        rows = connection.execute("select repeat('x', 1000) from generate_series(1, 5000)").fetchall()
        print(json.dumps({"system": system, "user": user, "tls": connection.pgconn.ssl_in_use,
                          "rows": [len(rows), sum(len(row[0]) for row in rows)]}))
except psycopg.Error as fault:
    print(json.dumps({"fault": " ".join(str(fault).split())}))
"""
HOLD = """
import sys, psycopg
with psycopg.connect(sys.stdin.readline().strip(), autocommit=True) as connection:
    print("open", flush=True)
    sys.stdin.readline()
    print(connection.execute("select 1").fetchone()[0], flush=True)
"""


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@dataclass(frozen=True, kw_only=True)
class Net:
    """The other host."""

    name: str

    def read(self, url: str, **more: Any) -> dict[str, Any]:
        """What a client there is answered, or its fault."""
        done = subprocess.run(
            [*self.command, READ],
            input=json.dumps({"url": url, "more": more}),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    @property
    def command(self) -> list[str]:
        return ["ip", "netns", "exec", self.name, sys.executable, "-c"]


@pytest.fixture(scope="module")
def net() -> Iterator[Net]:
    name, outer, inner = f"bo{os.getpid()}", f"boh{os.getpid()}"[:15], f"boc{os.getpid()}"[:15]
    run("ip", "netns", "add", name)
    try:
        run("ip", "link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name)
        run("ip", "addr", "add", f"{HERE}/24", "dev", outer)
        run("ip", "link", "set", outer, "up")
        for address in (THERE, ELSEWHERE):
            run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", inner)
        run("ip", "-n", name, "link", "set", inner, "up")
        yield Net(name=name)
    finally:
        subprocess.run(["ip", "link", "del", outer], check=False, capture_output=True)
        run("ip", "netns", "del", name)


@dataclass(frozen=True, kw_only=True)
class Belts:
    """Blue and green, their outlets, and what readers are told."""

    hosts: Hosts
    requests: dict[str, dict[str, Any]]
    told: dict[str, dict[str, Any]]

    def url(self, belt: str, role: str = "consumer") -> str:
        told = self.told[belt]
        base = database_url(
            login=told["logins"].get(role, role),
            password=told["passwords"].get(role) or self.hosts.secrets(belt)[role],
            host=told["hosts"]["consumer"],
            port=self.requests[belt]["outlet"]["port"],
            database=told["database"],
        )
        return f"{base}?sslmode=verify-full"


@pytest.fixture(scope="module")
def belts(net: Net, ports: Ports) -> Iterator[Belts]:
    with Hosts.temporary() as hosts:
        requests = {
            belt: {
                **build.postgres(ports.one()),
                "tcp": False,
                "outlet": {"address": HERE, "port": ports.one(), "allowed": [f"{THERE}/32"]},
            }
            for belt in ("blue", "green")
        }
        told = {belt: hosts.apply("postgres", belt=belt, **asked) for belt, asked in requests.items()}
        yield Belts(hosts=hosts, requests=requests, told=told)
        shutil.rmtree(hosts.root / authority.FOLDER)


@pytest.fixture
def ca(belts: Belts, tmp_path: Path) -> str:
    assert belts.told["blue"]["consumerCa"] == belts.told["green"]["consumerCa"]
    file = tmp_path / "ca.pem"
    file.write_text(belts.told["blue"]["consumerCa"])
    return str(file)


def test_through_promotion_and_rollback(net: Net, belts: Belts, ca: str, tmp_path: Path) -> None:
    """By the URL of whoever serves, over TLS that names the host, it reads the belt that serves."""
    store = Directory(tmp_path / "alias", "gateway")
    blue, green = (
        Standing(belt=name, identity=name, dial="127.0.0.1:1", heights={}) for name in ("blue", "green")
    )
    since = datetime.now(UTC).isoformat()
    begun = first(blue, since=since, move=1, certificate=None)
    promoted = begun.promoted(green, left={}, since=since, move=2, certificate=None)
    for served in (begun, promoted, promoted.rolled_back(blue, since=since, move=3)):
        store.swap(served)
        now = store.read()
        assert now is not None
        found = net.read(belts.url(now.serves.belt), sslrootcert=ca, require_auth="scram-sha-256")
        assert found == {
            "system": belts.told[now.serves.belt]["systemIdentifier"],
            "user": "consumer",
            "rows": [5000, 5_000_000],
            "tls": True,
        }


@pytest.mark.parametrize("role", ["gate", "engine", "indexer", "superuser"])
def test_another_role(net: Net, belts: Belts, ca: str, role: str) -> None:
    """Nobody but a reader is let in, with the right password too."""
    url = belts.url("blue", role).replace("//superuser:", "//postgres:")
    assert "only the role consumer reads from here" in net.read(url, sslrootcert=ca)["fault"]


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"sslmode": "disable"}, "nothing is read in clear"),
        ({"dbname": "postgres"}, "only the database belts"),
        ({"options": "-c session_authorization=postgres"}, "permission denied"),
        ({"password": "wrong"}, "password authentication failed"),
        ({"sslrootcert": "/dev/null"}, "certificate"),
        ({"host": "belts.example", "hostaddr": HERE}, "does not match host name"),
    ],
)
def test_not_let_in(net: Net, belts: Belts, ca: str, more: dict[str, str], fault: str) -> None:
    """In clear, elsewhere, as somebody else, or by a certificate that is not the host's."""
    assert fault in net.read(belts.url("blue"), **({"sslrootcert": ca} | more))["fault"]


def test_another_address(net: Net, belts: Belts, ca: str) -> None:
    """The address next to the allowed one is not answered; Postgres itself listens nowhere."""
    run("ip", "-n", net.name, "route", "add", f"{HERE}/32", "dev", f"boc{os.getpid()}"[:15], "src", ELSEWHERE)
    try:
        assert "closed the connection unexpectedly" in net.read(belts.url("blue"), sslrootcert=ca)["fault"]
    finally:
        run("ip", "-n", net.name, "route", "del", f"{HERE}/32")
    port = belts.requests["blue"]["port"]
    for address in (HERE, "127.0.0.1"):
        with pytest.raises(psycopg.OperationalError, match="refused"):
            psycopg.connect(host=address, port=port, user="consumer", dbname="belts", connect_timeout=5)


def test_a_new_certificate(net: Net, belts: Belts, ca: str) -> None:
    """It is served to who comes next; nothing is restarted, and who reads goes on."""
    before, layout = belts.hosts.pids(), Layout(root=belts.hosts.root, belt="blue")
    file = layout.of_part(PROGRAM) / part.CERTIFICATE
    with subprocess.Popen(
        [*net.command, HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holding:
        assert holding.stdin is not None
        assert holding.stdout is not None
        holding.stdin.write(f"{belts.url('blue')}&sslrootcert={ca}\n")
        holding.stdin.flush()
        assert holding.stdout.readline() == "open\n"
        file.unlink()  # one that was made long ago, and lasts for some months still
        assert authority.certify(layout.root, HERE, file, datetime.now(UTC) - authority.LEAF_LASTS * 0.6)
        old = file.read_text()
        assert net.read(belts.url("blue"), sslrootcert=ca)["tls"]
        belts.hosts.apply("postgres", **belts.requests["blue"])
        assert file.read_text() != old
        assert net.read(belts.url("blue"), sslrootcert=ca)["tls"]
        holding.stdin.write("\n")
        holding.stdin.flush()
        assert holding.stdout.readline() == "1\n"
    assert belts.hosts.pids() == before


def test_refused_before_anything_is_done(belts: Belts) -> None:
    """By the check that the preview makes."""
    asked = belts.requests["blue"]
    for changes, words in (
        ({"allowed": ["0.0.0.0/0"]}, "say it twice"),
        ({"certificate": "/etc/one.pem"}, "a certificate and its key, or neither"),
    ):
        answer = belts.hosts.ask("check", "postgres", **(asked | {"outlet": asked["outlet"] | changes}))
        assert answer.code == 1
        assert words in answer.said


def test_taken_out(net: Net, belts: Belts, ca: str) -> None:
    """Nobody listens any more, and Postgres goes on."""
    before = belts.hosts.pids("green")
    asked = {name: value for name, value in belts.requests["green"].items() if name != "outlet"}
    belts.hosts.apply("postgres", belt="green", **asked)
    assert "refused" in net.read(belts.url("green"), sslrootcert=ca)["fault"]
    left = belts.hosts.pids("green")
    assert left == {name: pid for name, pid in before.items() if name != PROGRAM}
    assert not (belts.hosts.root / "green" / PROGRAM).exists()
