"""`python -m gate check` as an operator runs it: files in, a report out, an exit code, nothing left over."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest
import yaml

from gate.checks import CHECKS
from gate.seal import VARIABLE
from tests.conftest import Ports
from tests.deep import one_of_each
from tests.live.gate.relay import Reply, relay
from tests.live.gate.scene import KEY, Scene, doors
from tests.live.hosts import CHECKOUT, wait_until
from tests.live.world import Belt

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]


def doors_of(belt: Belt, **changes: Any) -> dict[str, Any]:
    """One belt of an endpoints file; its secrets come from the environment."""
    name = belt.name.upper()
    return {
        "graphql": belt.graphql,
        "adminSecret": f"${{{name}_SECRET}}",
        "database": f"${{{name}_DATABASE}}",
        "metrics": belt.metrics,
        "sources": {int(chain): urls for chain, urls in belt.indexer["sources"].items()},
    } | changes


def environment(*belts: Belt) -> dict[str, str]:
    found = dict(os.environ)
    for belt in belts:
        database = doors(belt).database
        assert database is not None
        found[f"{belt.name.upper()}_SECRET"] = belt.admin_secret
        found[f"{belt.name.upper()}_DATABASE"] = database.reveal()
    return found


class Command:
    """The command with its two files."""

    def __init__(self, scene: Scene, directory: Path, **candidate: str) -> None:
        world = scene.world
        self.environment = environment(world.blue, world.green) | {VARIABLE: KEY}
        self.endpoints, self.policy = directory / "endpoints.yaml", directory / "policy.yaml"
        where = {
            "serving": doors_of(world.blue),
            "candidate": doors_of(world.green, **candidate),
            "alias": scene.alias,
            "hosted": {"root": str(world.hosts.root), "serving": "blue", "candidate": "green"},
        }
        self.endpoints.write_text(yaml.safe_dump(where))
        self.policy.write_text(yaml.safe_dump(scene.values(deadline="4m")))
        self.evidence = scene.kept.directory

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        files = ("--endpoints", self.endpoints, "--policy", self.policy, "--evidence", self.evidence)
        return subprocess.Popen(
            [sys.executable, "-m", "gate", "check", *map(str, files), *arguments],
            cwd=CHECKOUT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=270)
            return process.returncode, out, err


@pytest.fixture
def command(scene: Scene, tmp_path: Path) -> Command:
    return Command(scene, tmp_path)


def secrets_of(scene: Scene) -> Iterator[str]:
    for belt in (scene.world.blue, scene.world.green):
        yield belt.admin_secret
        yield from belt.passwords.values()


def test_a_pass(command: Command, scene: Scene) -> None:
    """Exit code 0, a report that its schema describes, and no secret in it."""
    code, out, err = command.run("--format", "json")
    assert code == 0, out + err
    report: dict[str, Any] = json.loads(out)
    jsonschema.validate(report, json.loads((CHECKOUT / "docs" / "report.schema.json").read_text()))
    assert {claim["outcome"] for claim in report["claims"]} == {"passed"}
    assert len(report["claims"]) == len(CHECKS)
    assert not [secret for secret in secrets_of(scene) if secret in out + err]


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_partial_run(command: Command, form: str) -> None:
    """What was looked at is told, and the exit code is not that of a pass."""
    code, out, err = command.run("--only", "distinct", "--only", "schema", "--format", form)
    assert code == 3, out + err
    assert "PARTIAL: only distinct, schema looked at" in out
    assert "complete" not in out.split("Evidence")[0].split("Could not")[0].replace("completely", "")


def sessions(belt: Belt) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'gate'"
    with psycopg.connect(belt.dsn("postgres")) as connection:
        [[count]] = connection.execute(query).fetchall()
        return int(count)


def nobody_left(scene: Scene) -> None:
    for belt in (scene.world.blue, scene.world.green):
        wait_until(partial(no_session, belt), f"no session is left on {belt.name}", deadline_s=5)


def no_session(belt: Belt) -> bool:
    return sessions(belt) == 0


@pytest.mark.parametrize("kind", one_of_each([signal.SIGINT, signal.SIGTERM], name=lambda kind: kind.name))
def test_an_interrupt(scene: Scene, tmp_path: Path, ports: Ports, kind: signal.Signals) -> None:
    """It ends at once, in words, without a pass, and leaves no session on either belt."""
    with ExitStack() as stack:
        hung = stack.enter_context(
            relay(ports.one(), scene.world.green.graphql, lambda _question, _upstream: Reply(silent=True))
        )
        process = Command(scene, tmp_path, graphql=hung).start()
        wait_until(lambda: sessions(scene.world.blue) > 0, "the gate opens the serving belt's database")
        process.send_signal(kind)
        out, err = process.communicate(timeout=120)  # half of what the policy would give it
    assert process.returncode == 3
    assert out == ""
    assert "COULD NOT TELL: it was interrupted" in err
    assert "Traceback" not in err
    nobody_left(scene)


@pytest.mark.deep
def test_a_killed_gate(scene: Scene, tmp_path: Path, ports: Ports) -> None:
    """Even one that is killed leaves nothing running in a belt's database."""
    with ExitStack() as stack:
        hung = stack.enter_context(
            relay(ports.one(), scene.world.green.graphql, lambda _question, _upstream: Reply(silent=True))
        )
        process = Command(scene, tmp_path, graphql=hung).start()
        wait_until(lambda: sessions(scene.world.blue) > 0, "the gate opens the serving belt's database")
        process.kill()
        process.communicate(timeout=30)
    nobody_left(scene)
