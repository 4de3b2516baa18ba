"""A host where blue serves behind a real Caddy, with a ledger, and a Pulumi that says what it is told."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from belts.runtimes.process import lease_files
from belts.runtimes.process.wire.request import written
from belts.spec.gateway import Caddy, GatewaySpec
from belts.spec.identity import written as written_identity
from belts.spec.postgres import Ledger as OwnLedger
from gate.__main__ import main
from gate.alias.directory import Directory
from gate.alias.state import Served, Standing, first
from gate.audit.exported import ALIAS, STACK
from gate.ledger import Author, Ledger, Result
from tests.conftest import Ports
from tests.identities import identity
from tests.live.gate.alias.conftest import answering
from tests.live.gate.content.belt import BASE
from tests.live.gate.ledgers import of_host
from tests.live.gate.verdicts import passed, promotion
from tests.live.hosts import CHECKOUT, Hosts

PULUMI = """#!/bin/sh
while [ $# -gt 0 ]; do [ "$1" = --stack ] && stack=$2; shift; done
cat "{states}/$stack.json"
"""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one audit said, and how it ended."""

    code: int
    text: str

    @property
    def findings(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.text)["findings"]
        return found

    @property
    def kinds(self) -> set[str]:
        return {one["kind"] for one in self.findings}


@dataclass(frozen=True, kw_only=True)
class Place:
    """The host, the gateway on it, and whatever a test wants to change behind its back."""

    hosts: Hosts
    spec: GatewaySpec
    ledger_url: str
    blue: Standing
    declared: dict[str, Any]
    database: str
    states: Path
    dials: dict[str, str]

    @property
    def owner_url(self) -> str:
        """The ledger as its owner sees it."""
        return make_conninfo(
            self.ledger_url, user="postgres", password=self.hosts.secrets("gateway")["superuser"]
        )

    @property
    def root(self) -> Path:
        return self.hosts.root

    def audit(self, *arguments: str, path: str | None = None, **environment: str) -> Told:
        """One run of the command, as cron runs it."""
        bin_ = path if path is not None else f"{self.states}/bin:{os.environ['PATH']}"
        done = subprocess.run(
            [sys.executable, "-m", "gate", "audit", "--root", str(self.root), *arguments],
            cwd=CHECKOUT,
            env={**os.environ, "PATH": bin_, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        for secret in self.secrets():
            assert secret not in done.stdout + done.stderr
        return Told(code=done.returncode, text=done.stdout)

    def json(self, **environment: str) -> Told:
        """The same as data, and without a process of its own, which takes a second to start."""
        path = f"{self.states}/bin:{os.environ['PATH']}"
        out = io.StringIO()
        with mock.patch.dict(os.environ, {"PATH": path, **environment}), redirect_stdout(out):
            code = main(["audit", "--json", "--root", str(self.root), "--project", str(CHECKOUT)])
        assert not [secret for secret in self.secrets() if secret in out.getvalue()]
        return Told(code=code, text=out.getvalue())

    def secrets(self) -> set[str]:
        held = [value for belt in ("blue", "gateway") for value in self.hosts.secrets(belt).values()]
        return {value for value in held if isinstance(value, str)}  # beside them stand their generations

    def ledger(self) -> Any:
        return of_host(self.root, Author(gateway="gateway", stack="gateway", who="ada"))

    def say(self, stack: str, *resources: dict[str, Any], **more: Any) -> None:
        """What Pulumi's state of a stack holds."""
        state = {"version": 3, "deployment": {"resources": list(resources), **more}}
        (self.states / f"{stack}.json").write_text(json.dumps(state))

    def say_alias(self, belt: str = "blue", identity: str | None = None) -> None:
        outputs = {"upstream": belt, "identity": identity or self.blue.identity, "order": {"ciphertext": "x"}}
        self.say("gateway", {"type": ALIAS, "outputs": outputs})

    def say_blue(self, **changes: Any) -> None:
        self.say("blue", {"type": STACK, "outputs": {"identity": self.declared | changes}})

    def serve(self, served: Served) -> None:
        Directory(self.spec.alias, "gateway").swap(served)

    def agree(self) -> None:
        """Everything as it should be: blue came to serve by a certificate."""
        self.serve(first(self.blue, since="2026-11-21T12:00:00.000+00:00", move=1, certificate="c"))
        self.say_alias()
        self.say_blue()
        lease_files.serve(self.root / "blue", gateway="gateway")


def promote(ledger: Ledger, to: Standing) -> None:
    verdict = passed(to.belt, to.identity, heights=to.heights)
    ledger.record_verdict(verdict)
    ledger.end(ledger.begin(promotion(verdict)), Result.SERVED, "it answers")


@pytest.fixture(scope="module")
def host(ports: Ports, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Made once for the file; every test begins with everything in agreement."""
    states = tmp_path_factory.mktemp("states")
    (states / "bin").mkdir()
    pulumi = states / "bin" / "pulumi"
    pulumi.write_text(PULUMI.format(states=states))
    pulumi.chmod(0o755)
    with Hosts.temporary() as hosts, ExitStack() as stack:
        database, caddy, book = ports.one(), ports.one(), ports.one()
        spec = GatewaySpec(
            name="gateway", root=hosts.root, caddy=Caddy(port=caddy), ledger=OwnLedger(port=book)
        )
        result = hosts.apply("postgres", belt="blue", port=database)
        for part, request in written(spec).items():
            assert hosts.run("apply", stdin=json.dumps(request)).code == 0, part
        superuser = hosts.secrets("blue")["superuser"]
        dsn = make_conninfo(
            host="127.0.0.1", port=database, user="postgres", password=superuser, dbname="belts"
        )
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(BASE.encode())
            connection.execute(
                "insert into envio_chains values (1, 0, null, 200, 100, 100, null, null, 0, false, 100, 0)"
            )
            connection.execute("grant select on all tables in schema public to gate")
            [[oid]] = connection.execute("select 'envio_chains'::regclass::oid::int8").fetchall()
        declared = identity(
            str(result["systemIdentifier"]),
            database_oid=int(result["databaseOid"]),
            chain_table_oid=int(oid),
        )
        dials = {belt: stack.enter_context(answering()) for belt in ("blue", "green")}
        ledger_secret = hosts.secrets("gateway")["ledger"]
        yield Place(
            hosts=hosts,
            spec=spec,
            ledger_url=make_conninfo(
                host=str(hosts.root / "gateway" / "sockets" / "host"),
                port=book,
                user="ledger",
                password=ledger_secret,
                dbname="belts",
            ),
            blue=Standing(belt="blue", identity=declared.digest, dial=dials["blue"], heights={1: 100}),
            declared=written_identity(declared),
            database=dsn,
            states=states,
            dials=dials,
        )


@pytest.fixture
def place(host: Place) -> Iterator[Place]:
    host.agree()
    with host.ledger() as ledger:
        if ledger.last() is None:
            promote(ledger, host.blue)
    yield host
    host.agree()
