"""When a command runs: at creation, on which changes again, in which order when replaced, and at deletion."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tests.live.plugin.conftest import Stacks
from tests.live.plugin.engine import Run, Stack

pytestmark = pytest.mark.live

PROGRAM = """
import pulumi
from pulumi_command import local

STEP = {step}
LATER = STEP > 0

def command(name, **inputs):
    inputs.setdefault("create", f"echo create {{name}} >> journal")
    inputs.setdefault("delete", f"echo delete {{name}} >> journal")
    return local.Command(name, **inputs)

def with_update(name, **inputs):
    return command(name, update=f"echo update {{name}} >> journal", **inputs)

command("unchanged", stdin="same", environment={{"A": "1"}}, triggers=[1, "two", {{"three": [3]}}])
command("environment", environment={{"STEP": str(STEP)}})
command("environment-added", environment={{"A": "1"}} if LATER else None)
command("stdin", stdin=str(STEP))
command("dir", dir="." if LATER else None)
command("secret", stdin=pulumi.Output.secret("x") if LATER else "x")
command("delete", delete=f"echo delete-{{STEP}} delete >> journal")
with_update("updated", environment={{"STEP": str(STEP)}})
with_update("update", environment={{"A": "1"}}) if not LATER else command(
    "update", environment={{"A": "1"}}, update="echo update-1 update >> journal")
command("trigger", triggers=["same", STEP])
with_update("trigger-update", triggers=[STEP])
with_update("trigger-longer", triggers=["a", "b"] if LATER else ["a"])
with_update("triggers-added", triggers=[1] if LATER else None)
with_update("triggers-removed", triggers=None if LATER else [1])
local.Command("only-update", update="echo update only-update >> journal", environment={{"STEP": str(STEP)}})
local.Command("only-delete", delete="echo delete only-delete >> journal")
memory = "echo $1 [$PULUMI_COMMAND_STDOUT] [$PULUMI_COMMAND_STDERR] >> journal; echo out-$1; echo err-$1 >&2"
def remembering(name, **inputs):
    lifecycle = {{verb: f"set -- {{verb}}-{{name}}; {{memory}}" for verb in ("create", "update", "delete")}}
    return local.Command(name, environment={{"STEP": str(STEP)}}, **lifecycle, **inputs)

text = remembering("remembered").stdout
remembering("forgotten", add_previous_output_in_env=False)
local.Command("dependent", create="echo create dependent $TEXT >> journal", environment={{"TEXT": text}})
"""


@dataclass(frozen=True, kw_only=True)
class Story:
    """What a stack went through, and what its commands wrote down at each stage."""

    runs: Mapping[str, Run]
    journals: Mapping[str, list[str]]

    def ran(self, stage: str, name: str) -> list[str]:
        """What the commands of one resource wrote down at a stage, without its name."""
        return [line.split()[0] for line in self.journals[stage] if name in line.split()[1:]]


@pytest.fixture(scope="module")
def story(stacks: Stacks) -> Story:
    """Previewed, created, left alone, changed (previewed first) and destroyed."""
    stack = stacks()
    first, second = PROGRAM.format(step=0), PROGRAM.format(step=1)
    runs, journals = {}, {}
    for stage, operation, program in (
        ("preview of the creation", "preview", first),
        ("creation", "up", first),
        ("nothing changed", "up", first),
        ("preview of the change", "preview", second),
        ("change", "up", second),
        ("destruction", "destroy", second),
    ):
        runs[stage] = stack.run(operation, program)
        assert runs[stage].code == 0, runs[stage].text
        journals[stage] = taken(stack)
    return Story(runs=runs, journals=journals)


def taken(stack: Stack) -> list[str]:
    """The journal's lines since the last time."""
    journal = stack.project / "journal"
    lines = journal.read_text().splitlines() if journal.exists() else []
    journal.unlink(missing_ok=True)
    return lines


def test_preview_runs_no_command(story: Story) -> None:
    """A preview touches nothing, be it of a creation or of a change."""
    assert story.journals["preview of the creation"] == []
    assert story.journals["preview of the change"] == []


@pytest.mark.parametrize("stage", ["creation", "change"])
def test_output_is_unknown_in_a_preview(story: Story, stage: str) -> None:
    """What a command will print is unknown to those that depend on it, and not the last known text."""
    inputs = story.runs[f"preview of the {stage}"].inputs("dependent")
    assert inputs["environment"]["TEXT"] == "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def test_creation_runs_each_command_once(story: Story) -> None:
    """`create` runs once, in the directory of the program."""
    assert story.ran("creation", "unchanged") == ["create"]
    assert story.ran("creation", "updated") == ["create"]


def test_nothing_changed_runs_nothing(story: Story) -> None:
    """A second update of the same program runs no command."""
    assert story.journals["nothing changed"] == []
    assert set(map(tuple, story.runs["nothing changed"].steps().values())) == {("same",)}


def test_unchanged_inputs_among_changed_ones(story: Story) -> None:
    """A command whose own inputs are the same is not run, whatever happens beside it."""
    assert story.ran("change", "unchanged") == []


@pytest.mark.parametrize("name", ["environment", "environment-added", "stdin", "dir", "secret", "delete"])
def test_changed_input_without_update(story: Story, name: str) -> None:
    """Any changed input but the triggers runs `create` again in place, without `delete`.

    That holds for a changed `delete` too, and for a value that has only been marked secret.
    """
    assert story.runs["change"].steps()[name] == ["update"]
    assert story.ran("change", name) == ["create"]


def test_changed_input_with_update(story: Story) -> None:
    """A changed input runs `update` where there is one."""
    assert story.runs["change"].steps()["updated"] == ["update"]
    assert story.ran("change", "updated") == ["update"]


def test_changed_update_runs_the_new_one(story: Story) -> None:
    """An `update` that has itself changed is run, in its new form."""
    assert story.ran("change", "update") == ["update-1"]


@pytest.mark.parametrize(
    "name", ["trigger", "trigger-update", "trigger-longer", "triggers-added", "triggers-removed"]
)
def test_changed_trigger_replaces(story: Story, name: str) -> None:
    """A changed trigger replaces: the new `create` first, then the old `delete`, never `update`."""
    assert story.runs["change"].steps()[name] == ["create-replacement", "replace", "delete-replaced"]
    assert story.ran("change", name) == ["create", "delete"]


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("environment", {"environment.STEP": "update"}),
        ("environment-added", {"environment": "add"}),
        ("secret", {"stdin": "update"}),
        ("trigger", {"triggers[1]": "update-replace"}),
        ("trigger-longer", {"triggers[1]": "add-replace"}),
        ("triggers-removed", {"triggers": "delete-replace"}),
    ],
)
def test_diff_names_what_changed(story: Story, name: str, paths: dict[str, str]) -> None:
    """A preview shows each change by its path."""
    assert story.runs["preview of the change"].diffs()[name] == paths


def test_without_create(story: Story) -> None:
    """A command without `create` is created by running nothing, and updated by `update`."""
    assert story.ran("creation", "only-update") == []
    assert story.ran("change", "only-update") == ["update"]


def test_without_delete(story: Story) -> None:
    """A command without `delete` is deleted by running nothing; one with nothing else runs it at the end."""
    assert story.ran("destruction", "only-update") == []
    assert story.ran("destruction", "only-delete") == ["delete"]


def test_destruction_runs_the_last_delete(story: Story) -> None:
    """Destroying runs each `delete` once, in the form of the last update."""
    assert story.ran("destruction", "unchanged") == ["delete"]
    assert story.ran("destruction", "delete") == ["delete-1"]


@pytest.mark.parametrize(
    ("stage", "line"),
    [
        ("creation", "create-remembered [] []"),
        ("change", "update-remembered [out-create-remembered] [err-create-remembered]"),
        ("destruction", "delete-remembered [out-update-remembered] [err-update-remembered]"),
        ("change", "update-forgotten [] []"),
        ("destruction", "delete-forgotten [] []"),
    ],
)
def test_previous_output_in_the_environment(story: Story, stage: str, line: str) -> None:
    """`update` and `delete` get what was printed last, in PULUMI_COMMAND_STDOUT and _STDERR, or not."""
    assert line in story.journals[stage]


def test_dependent_gets_the_new_output(story: Story) -> None:
    """A command that depends on another's output is updated with what that one printed just now."""
    assert "create dependent out-update-remembered" in story.journals["change"]
