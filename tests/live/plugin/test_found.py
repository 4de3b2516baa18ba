"""How the engine finds the plugin, and what it is told about it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.plugin.conftest import Plugin, Stacks
from tests.live.plugin.engine import Stack
from tests.live.plugin.kinds import STAND_IN

pytestmark = [pytest.mark.live, pytest.mark.deep]

PROGRAM = "from pulumi_command import local\nlocal.Command('a', create='echo found')\n"


@pytest.mark.parametrize("where", ["on PATH", "in the plugins directory"])
def test_place(plugin: Plugin, new_stack: Callable[[Path, str], Stack], where: str) -> None:
    """The engine finds the executable, or a link to it, in either place, for the version the SDK asks for."""
    stack = new_stack(plugin.executable, where)
    stack.up(PROGRAM)
    assert stack.outputs("a")["stdout"] == "found"


def test_schema(plugin: Plugin, new_stack: Callable[[Path, str], Stack]) -> None:
    """The schema names the version and the inputs that replace or are secret."""
    stack = new_stack(plugin.executable, "in the plugins directory")
    schema = json.loads(stack.pulumi("package", "get-schema", "command@1.2.1"))
    command = schema["resources"]["command:remote:Command"]["inputProperties"]
    assert schema["version"] == "1.2.1"
    assert command["triggers"]["replaceOnChanges"]
    assert command["connection"]["secret"]
    assert "command:local:run" in schema["functions"]


def test_resource_that_the_stand_in_has_not(stand_in_stacks: Stacks) -> None:
    """A resource of the real plugin that the stand-in lacks is refused in preview, by name."""
    program = """
import pulumi
from pulumi_command import remote
remote.CopyToRemote("a", connection=remote.ConnectionArgs(host="h"), remote_path="/x",
    source=pulumi.StringAsset("x"))
"""
    refused = stand_in_stacks().run("preview", program)
    assert refused.code != 0
    assert "stand-in for the command plugin has no resource command:remote:CopyToRemote" in refused.text


def test_stand_in_is_executable() -> None:
    """The launcher is kept executable."""
    assert STAND_IN.stat().st_mode & 0o111
