"""What a failing command says, and what it leaves in the state."""

from collections.abc import Callable

import pytest

from tests.live.plugin.conftest import Stacks
from tests.live.plugin.engine import Run, Stack

pytestmark = pytest.mark.live

PROGRAM = """
import pulumi
from pulumi_command import local

def command(name, create, **inputs):
    return local.Command(name, create=create, **inputs)

command("exit", "echo said; echo complained >&2; echo $$ >> exits; exit 3")
command("signal", "kill -TERM $$")
command("not-found", "no-such-program-anywhere")
command("no-interpreter", "x", interpreter=["/nonexistent/interpreter"])
command("no-directory", "pwd", dir="/nonexistent/directory")
command("nul", "echo a\\0b")
command("not-utf8", "printf 'a\\\\377b'")
command("good", "true")
"""


@pytest.fixture(scope="module")
def stack(stacks: Stacks) -> Stack:
    """A stack whose commands all failed at their creation, but one."""
    return stacks()


@pytest.fixture(scope="module")
def failed(stack: Stack) -> Run:
    """The update in which they failed, every one of them tried."""
    return stack.run("up", PROGRAM, "--continue-on-error")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("exit", ("exit status 3", "said", "complained", "echo said")),
        ("signal", ("signal: terminated",)),
        ("not-found", ("exit status 127", "no-such-program-anywhere: not found")),
        ("no-interpreter", ("/nonexistent/interpreter: no such file or directory",)),
        ("no-directory", ("chdir /nonexistent/directory: no such file or directory",)),
        ("nul", ("exec /bin/sh",)),
        ("not-utf8", ("UTF-8",)),
    ],
)
def test_words_of_a_failure(failed: Run, name: str, words: tuple[str, ...]) -> None:
    """A failure names its cause and the command, and shows what the command printed."""
    assert failed.code != 0
    said = failed.messages(name)[-1]
    assert [word for word in words if word not in said] == []


def test_failed_creation_leaves_nothing(stack: Stack, failed: Run) -> None:
    """A command that failed at its creation is not in the state, whatever it did; the others are."""
    assert set(stack.resources()) == {"good"}


LATER = """
from pulumi_command import local
local.Command(
    "a", create="{create}", delete="{delete}", environment={{"STEP": "{step}"}}, triggers=[{trigger}]
)
"""


def later(*, create: str = "echo made", delete: str = "true", step: int = 0, trigger: int = 0) -> str:
    """A program of one command."""
    return LATER.format(create=create, delete=delete, step=step, trigger=trigger)


@pytest.fixture
def one(stacks: Stacks) -> Stack:
    """A stack with one command, created."""
    stack = stacks()
    stack.up(later())
    return stack


def test_failed_update_keeps_the_old_state_and_is_tried_again(one: Stack) -> None:
    """After a failed update the state is the old one, so that the next update runs the command again."""
    before = one.outputs("a")
    assert one.run("up", later(create="exit 5", step=1)).code != 0
    assert one.outputs("a") == before
    assert one.up(later(create="echo mended", step=1)).steps()["a"] == ["update"]
    assert one.outputs("a")["stdout"] == "mended"


def test_failed_replacement_keeps_the_old_resource(one: Stack) -> None:
    """A replacement whose creation fails does not delete what it would have replaced."""
    before = one.resources()["a"]["id"]
    assert one.run("up", later(create="exit 5", delete="touch deleted", trigger=1)).code != 0
    assert one.resources()["a"]["id"] == before
    assert not (one.project / "deleted").exists()


def test_failed_delete_stays_until_it_succeeds(stacks: Stacks) -> None:
    """A command whose `delete` fails stays in the state, and destroying again tries again."""
    stack = stacks()
    stack.up(later(delete="test -e allowed"))
    assert stack.run("destroy").code != 0
    assert set(stack.resources()) == {"a"}
    (stack.project / "allowed").touch()
    assert stack.run("destroy").code == 0
    assert stack.resources() == {}


def test_long_output_is_too_long_for_the_next_environment(stacks: Stacks) -> None:
    """What was printed before, above the kernel's limit of 128 KiB, keeps later commands from starting.

    Unless the program says not to pass it on; that can be said afterwards.
    """
    stack = stacks()
    long = """
from pulumi_command import local
local.Command("a", create="head -c 200000 /dev/zero | tr '\\\\0' x", delete="true", logging="none", {more})
"""
    stack.up(long.format(more=""))
    failed = stack.run("destroy")
    assert failed.code != 0
    assert "argument list too long" in failed.text
    stack.up(long.format(more="add_previous_output_in_env=False"))
    assert stack.run("destroy").code == 0


@pytest.mark.parametrize(
    ("inputs", "path"),
    [("create=5", "create"), ("environment={'A': 5}", "environment[A]"), ("interpreter='sh'", "interpreter")],
)
def test_input_of_the_wrong_type(checked: Callable[[str], Run], inputs: str, path: str) -> None:
    """An input of the wrong type is refused in preview, by its path."""
    refused = checked(inputs)
    assert refused.code != 0
    assert path in refused.text
    assert "must be a" in refused.text


@pytest.fixture(scope="module")
def checked(stacks: Stacks) -> Callable[[str], Run]:
    """A preview of one command with the given inputs."""
    stack = stacks()
    return lambda inputs: stack.run(
        "preview", f"from pulumi_command import local\nlocal.Command('a', {inputs})\n"
    )


def test_long_failure_of_the_stand_in(stand_in_stacks: Stacks) -> None:
    """The stand-in shows the end of a long output, says how much it left out, and hides a secret command."""
    program = """
import pulumi
from pulumi_command import local
local.Command("a", create=pulumi.Output.secret("seq 1000000; exit 4"), logging="none")
"""
    said = stand_in_stacks().run("up", program).messages("a")[-1]
    assert said.startswith("exit status 4: running [secret]:\n(68")
    assert "bytes before this are left out" in said
    assert said.endswith("\n999999\n1000000")
