"""What a stack's state says of the alias and of a belt."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from belts.spec.identity import written
from gate.audit.exported import ALIAS, COMMAND, STACK, asked, declared, export, stated
from gate.audit.snapshot import Stated, Unseen
from tests.identities import identity


def deployment(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resources": list(resources), **more}


def alias(belt: str = "blue", **changes: Any) -> dict[str, Any]:
    return {"type": ALIAS, "outputs": {"upstream": belt, "identity": "b" * 64}} | changes


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (deployment(alias()), Stated(belt="blue", identity="b" * 64)),
        (deployment(), Stated(held=False)),
        ({}, Stated(held=False)),
        (deployment({"type": "other"}), Stated(held=False)),
        (deployment(alias(delete=True)), Stated(held=False)),
        (deployment(alias("red", delete=True), alias()), Stated(belt="blue", identity="b" * 64)),
        (
            deployment(
                alias(),
                pending_operations=[{"type": "updating", "resource": {"urn": "urn:pulumi:a::b::c::alias"}}],
            ),
            Stated(belt="blue", identity="b" * 64, pending=("updating alias",)),
        ),
    ],
)
def test_who_serves(state: dict[str, Any], expected: Stated) -> None:
    """Only an alias that is not about to go counts."""
    assert stated(state) == expected


@pytest.mark.parametrize("outputs", [{}, None, {"upstream": "blue"}, [1]])
def test_a_state_of_another_version(outputs: Any) -> None:
    """An alias that says nothing is not in agreement with anything."""
    assert isinstance(stated(deployment(alias(outputs=outputs))), Unseen)


def test_who_a_belt_was_declared_to_be() -> None:
    """Numbers come back as floats."""
    known = identity(database_oid=5)
    stack = {"type": STACK, "outputs": {"identity": written(known) | {"databaseOid": 5.0}}}
    assert declared(deployment(stack)) == known
    assert declared(deployment({"type": STACK})) is None
    assert declared(deployment()) is None
    later = {"type": STACK, "outputs": {"identity": written(known) | {"version": 2}}}
    unseen = declared(deployment(later))
    assert isinstance(unseen, Unseen)
    assert "version 2, which a later release writes" in unseen.why


def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A program of that name, which alone is on the PATH."""
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/bin:/usr/bin")


def test_a_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the CLI says."""
    pulumi(tmp_path, monkeypatch, f"echo '{json.dumps({'version': 3, 'deployment': deployment(alias())})}'")
    assert export(tmp_path, "gateway") == deployment(alias())


@pytest.mark.parametrize(
    ("script", "words"),
    [("exit 255", "ended with 255"), ("echo nothing", "something else"), ("echo '[]'", "something else")],
)
def test_a_cli_that_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    """Each is a reason."""
    pulumi(tmp_path, monkeypatch, script)
    found = export(tmp_path, "gateway")
    assert isinstance(found, Unseen)
    assert words in found.why


def test_a_cli_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended, with all that it started."""
    pulumi(tmp_path, monkeypatch, f"sleep 600 & echo $! > {tmp_path}/child; wait")
    child, communicate = tmp_path / "child", subprocess.Popen.communicate

    def with_a_child(process: "subprocess.Popen[bytes]", **limits: Any) -> Any:
        eventually(lambda: child.exists() and child.read_text().endswith("\n"))
        return communicate(process, **limits)

    monkeypatch.setattr(subprocess.Popen, "communicate", with_a_child)
    found = export(tmp_path, "gateway", seconds=0.5)
    assert isinstance(found, Unseen)
    eventually(lambda: ended(int(child.read_text())))


def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ended(pid: int) -> bool:
    """Whether a process has ended, collected or not."""
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_no_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulumi is not on the PATH."""
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    found = export(tmp_path, "gateway")
    assert isinstance(found, Unseen)
    assert "not on the PATH" in found.why


def command(part: str, **changes: Any) -> dict[str, Any]:
    return {"type": COMMAND, "inputs": {"stdin": json.dumps({"part": part, "belt": "blue"})}} | changes


def test_what_a_stack_asked_of_its_place() -> None:
    """By part; not what goes, nor what is secret or no request."""
    old = command("engine", delete=True)
    strange: list[Any] = [None, [], {"stdin": {"secret": 1}}, {"stdin": "ls"}]
    others = [command("x", inputs=inputs) for inputs in strange]
    found = asked(deployment(alias(), old, command("postgres"), *others, command("y", type="other")))
    assert found == {"postgres": '{"part": "postgres", "belt": "blue"}'}
