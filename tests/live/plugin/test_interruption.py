"""What happens to running commands when the operator, the engine or the kernel puts an end to them."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.live.plugin.conftest import Stacks
from tests.live.plugin.engine import Going, Stack

pytestmark = [pytest.mark.live, pytest.mark.deep]

ALONE = "exec sleep 600"
STARTED = "tools.command_plugin"
FAMILY = "sleep 600 & (sleep 600; true) & touch begun; sleep 600; true"


def program(command: str, *, options: str = "") -> str:
    """A program of one command."""
    return f"""
import pulumi
from pulumi_command import local
local.Command("a", create="touch begun; {command}", delete="touch deleted"{options})
"""


def started(stack: Stack, text: str) -> Going:
    """An update that has come as far as running its command."""
    stack.write(text)
    going = stack.start("up")
    wait_for((stack.project / "begun").exists, "the command has not begun")
    return going


def wait_for(condition: Callable[[], bool], otherwise: str, seconds: float = 30) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)


def processes(stack: Stack) -> list[psutil.Process]:
    """The plugin, the commands and what these started: all that runs where the program is but its host."""
    return [process for process in everything(stack) if "pulumi-language-python" not in line(process)]


def everything(stack: Stack) -> Iterator[psutil.Process]:
    """Everything that runs in the directory of the stack."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if Path(process.cwd()).is_relative_to(stack.root):
                yield process


def line(process: psutil.Process) -> str:
    """The command line of a process; none when it has just ended."""
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


@pytest.fixture
def stack(stacks: Stacks) -> Iterator[Stack]:
    """A stack that takes with it what its commands left, whatever the plugin."""
    made = stacks()
    yield made
    clear(made)


@pytest.fixture
def stand_in(stand_in_stacks: Stacks) -> Iterator[Stack]:
    """The same for what the stand-in promises beyond the real plugin."""
    made = stand_in_stacks()
    yield made
    clear(made)


def clear(stack: Stack) -> None:
    """Kill what is left in the directory of a stack."""
    for process in everything(stack):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def test_interrupted_creation(stack: Stack) -> None:
    """Ctrl-C kills the running command: the update fails, and no resource and no process is left."""
    going = started(stack, program(ALONE))
    going.interrupt()
    ended = going.finish()
    assert ended.code != 0
    assert "signal: killed" in ended.messages("a")[-1]
    assert stack.resources() == {}
    wait_for(lambda: not processes(stack), "processes are left")


def test_background_process_outlives_the_update(stack: Stack) -> None:
    """A process that a command leaves in the background, with its streams closed, goes on."""
    stack.up(
        program("sleep 600 </dev/null >/dev/null 2>&1 & setsid sleep 601 </dev/null >/dev/null 2>&1 & true")
    )
    left = ["sleep 600", "sleep 601"]
    wait_for(lambda: sorted(map(line, processes(stack))) == left, "it is not the two alone that go on")


def test_command_ends_with_its_output(stack: Stack) -> None:
    """A command is only done when everything that holds its output has closed it."""
    stack.up(program("(sleep 0.5; echo late) & echo soon"))
    assert stack.outputs("a")["stdout"] == "soon\nlate"


def test_interrupted_family(stand_in: Stack) -> None:
    """With the stand-in, Ctrl-C kills the command's whole process group at once.

    The real plugin kills the shell alone, and waits for what the shell has started.
    """
    going = started(stand_in, program(FAMILY))
    going.interrupt()
    ended = going.finish()
    assert "signal: killed (the operation was cancelled)" in ended.messages("a")[-1]
    assert stand_in.resources() == {}
    wait_for(lambda: not processes(stand_in), "processes are left", seconds=10)


def test_killed_engine(stand_in: Stack) -> None:
    """With the stand-in, nothing outlives an engine that is killed: no plugin and no command."""
    going = started(stand_in, program(FAMILY))
    going.kill()
    going.process.wait()
    wait_for(lambda: not processes(stand_in), "processes are left", seconds=5)


def test_killed_plugin(stand_in: Stack) -> None:
    """With the stand-in, no command outlives a plugin that is killed; the engine notices and fails."""
    going = started(stand_in, program(FAMILY))
    plugin = next(
        process
        for process in processes(stand_in)
        if STARTED in line(process) and process.ppid() == going.process.pid
    )
    plugin.kill()
    assert going.finish().code != 0
    wait_for(lambda: not processes(stand_in), "processes are left", seconds=10)


def test_out_of_time(stand_in: Stack) -> None:
    """With the stand-in, a command that uses up its resource's time is killed with its group."""
    options = ", opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create='1s'))"
    ended = stand_in.run("up", program(FAMILY, options=options))
    assert ended.code != 0
    assert "signal: killed (not finished within 1 s)" in ended.messages("a")[-1]
    wait_for(lambda: not processes(stand_in), "processes are left", seconds=10)


def test_line_without_end(stand_in: Stack) -> None:
    """With the stand-in, a line above 64 KiB is logged in pieces; the real plugin then waits for ever."""
    ended = stand_in.up(program("head -c 150000 /dev/zero | tr '\\\\0' x"))
    assert [len(piece) for piece in ended.messages("a")] == [60_000, 60_000, 30_000]
    assert len(stand_in.outputs("a")["stdout"]) == 150_000
