"""What a failing command says, and what it leaves in the state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.live.plugin.conftest import Stacks
from tests.live.plugin.engine import Run, Stack

pytestmark = pytest.mark.live

GO_ON = "--continue-on-error"

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
    return stack.run("up", PROGRAM, GO_ON)


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

def command(name, create="echo made", delete="true", **inputs):
    local.Command(name, create=create, delete=delete, **inputs)

BROKEN, MENDED = {broken}, {mended}
command("updated", "exit 5" if BROKEN else "echo mended" if MENDED else "echo made",
        environment={{"STEP": str(BROKEN or MENDED)}})
command("replaced", "exit 5" if BROKEN else "echo made", "echo deleted >> replaced",
        triggers=[BROKEN or MENDED])
command("undeletable", delete="test -e allowed")
command("long", "head -c 200000 /dev/zero | tr '\\\\0' x", logging="none",
        **({{"add_previous_output_in_env": False}} if MENDED else {{}}))
"""


@dataclass(frozen=True, kw_only=True)
class Story:
    """A stack that was created, changed for the worse, changed again for the better, and destroyed twice."""

    created: Mapping[str, dict[str, Any]]
    broken: Mapping[str, dict[str, Any]]
    deleted_while_broken: bool
    mended: Mapping[str, dict[str, Any]]
    steps: Mapping[str, list[str]]
    undeleted: Run
    left: Mapping[str, dict[str, Any]]
    destroyed: Run


@pytest.fixture(scope="module")
def story(stacks: Stacks) -> Story:
    """Every operation tries all resources, whatever becomes of the others."""
    stack = stacks()
    good = LATER.format(broken=False, mended=False)
    stack.up(good)
    created = stack.resources()
    assert stack.run("up", LATER.format(broken=True, mended=False), GO_ON).code != 0
    broken, deleted = stack.resources(), (stack.project / "replaced").exists()
    stack.write(good)
    undeleted = stack.run("destroy", None, GO_ON)
    left = stack.resources()
    mended = stack.up(LATER.format(broken=False, mended=True))
    after = stack.resources()
    (stack.project / "allowed").touch()
    return Story(
        created=created,
        broken=broken,
        deleted_while_broken=deleted,
        undeleted=undeleted,
        left=left,
        mended=after,
        steps=mended.steps(),
        destroyed=stack.run("destroy"),
    )


def test_failed_update_keeps_the_old_state(story: Story) -> None:
    """After a failed update the state is the old one, so that the next update tries again."""
    assert story.broken["updated"]["outputs"] == story.created["updated"]["outputs"]


def test_failed_replacement_keeps_the_old_resource(story: Story) -> None:
    """A replacement whose creation fails does not delete what it would have replaced."""
    assert story.broken["replaced"]["id"] == story.created["replaced"]["id"]
    assert not story.deleted_while_broken


def test_failed_delete_stays_until_it_succeeds(story: Story) -> None:
    """A command whose `delete` fails stays in the state, and destroying again tries again."""
    assert story.undeleted.code != 0
    assert set(story.left) == {"undeletable", "long"}
    assert story.destroyed.code == 0, story.destroyed.text


def test_long_output_is_too_long_for_the_next_environment(story: Story) -> None:
    """What was printed before, above the kernel's limit of 128 KiB, keeps later commands from starting.

    Unless the program says not to pass it on, which can be said afterwards.
    """
    assert "argument list too long" in story.undeleted.messages("long")[-1]
    assert story.steps["long"] == ["update"]
    assert "long" in story.mended


def test_input_of_the_wrong_type(stacks: Stacks) -> None:
    """An input of the wrong type is refused in preview, by its path."""
    refused = stacks().run(
        "preview", "from pulumi_command import local\nlocal.Command('a', environment={'A': 5})\n"
    )
    assert refused.code != 0
    refusal = refused.messages("a")[-1]
    assert "environment[A]" in refusal
    assert "must be a" in refusal


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
