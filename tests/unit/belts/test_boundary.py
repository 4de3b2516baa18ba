"""However a hook ends, the engine hears a refusal with words."""

import asyncio
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pulumi import ResourceHook, ResourceHookArgs

from belts.pulumi import boundary
from belts.pulumi.boundary import Ask
from belts.refusal import Refusal, Relayed

ARGS = ResourceHookArgs(urn="urn", id="", name="blue-postgres", type="command:local:Command")


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hooks register themselves with a running engine; here there is none."""
    monkeypatch.setattr("pulumi.resource_hooks.register_resource_hook", lambda hook: None)


async def end_of(ask: Ask) -> str:
    """What the engine would show of a hook that does this."""
    hook: ResourceHook = boundary.hook("check", ask)
    outcome: Any = hook(ARGS)
    with pytest.raises((Relayed, Refusal)) as refusal:
        await outcome
    return str(refusal.value)


WAYS = [
    RuntimeError(),
    RuntimeError("words"),
    AssertionError(),
    TimeoutError(),
    SystemExit(0),
    KeyboardInterrupt(),
    GeneratorExit(),
    asyncio.CancelledError(),
    BaseExceptionGroup("", [KeyboardInterrupt()]),
    Relayed(""),
    Relayed("a reason"),
]


@pytest.mark.parametrize("way", WAYS, ids=repr)
async def test_raised(way: BaseException) -> None:
    """Whatever is raised, with or without a text, is a refusal whose text is never empty."""

    async def ask(_: ResourceHookArgs) -> None:
        raise way

    told = await end_of(ask)

    assert told.strip()
    assert str(way).strip() in told


async def test_nothing_raised() -> None:
    """A hook whose question was answered lets the engine go on."""

    async def ask(_: ResourceHookArgs) -> None:
        return

    assert await boundary.hook("check", ask)(ARGS) is None  # type: ignore[misc]


def test_hook_in_preview() -> None:
    """The hook runs in preview too."""

    async def ask(_: ResourceHookArgs) -> None:
        return

    options = boundary.hook("check", ask).opts
    assert options is not None
    assert options.on_dry_run
    assert not options.ignore_errors


def child(program: str) -> tuple[str, ...]:
    """A command that runs this Python program."""
    return (sys.executable, "-c", program)


async def answer(program: str, *, seconds: float = 20) -> str:
    """What a child answers to a question."""
    return await boundary.ask(child(program), question="why?", deadline=timedelta(seconds=seconds))


async def test_child_answers() -> None:
    """What the child prints is the answer; it reads the question on its stdin."""
    assert await answer("import sys; print(sys.stdin.read()[::-1])") == "?yhw\n"


async def test_child_refuses() -> None:
    """The child's own words are the refusal."""
    with pytest.raises(Relayed, match=r"^port 5501 is taken$"):
        await answer("import sys; sys.exit('port 5501 is taken')")


async def test_child_ends_silently() -> None:
    """A child that ends without a word, by exit code or by a signal, is told by its code."""
    for program in ("import sys; sys.exit(3)", "import os; os.kill(os.getpid(), 9)"):
        with pytest.raises(Refusal, match=r"ended with code -?[0-9]+ and without a word"):
            await answer(program)


async def test_child_that_does_not_exist() -> None:
    """A command that cannot be started is no answer."""
    with pytest.raises((Relayed, FileNotFoundError)):
        await boundary.ask(("/nonexistent",), question="", deadline=timedelta(seconds=5))


async def test_child_never_ends(tmp_path: Path) -> None:
    """At the deadline the child is killed with what it has started, and the refusal says so."""
    pid = tmp_path / "pid"
    program = (
        "import subprocess, sys, time;"
        "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        f"open({str(pid)!r}, 'w').write(str(inner.pid)); time.sleep(600)"
    )
    with pytest.raises(Refusal, match=r"had not answered after 1.5 s and was ended"):
        await answer(program, seconds=1.5)
    await asyncio.to_thread(_ends, int(pid.read_text()))


def _ends(pid: int) -> None:
    """Come back when the process has ended, whether or not somebody has collected it."""
    status, end = Path(f"/proc/{pid}/status"), time.monotonic() + 60
    with suppress(FileNotFoundError, ProcessLookupError):
        while "State:\tZ" not in status.read_text():
            assert time.monotonic() < end
            time.sleep(0.05)
