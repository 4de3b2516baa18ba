"""What a command is given, and what becomes of what it prints."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.live.plugin.conftest import Stacks
from tests.live.plugin.engine import Run, Stack

pytestmark = [pytest.mark.live, pytest.mark.deep]

BIG = 4_500_000  # the protocol's usual limit is 4 MiB
PROGRAM = """
import pulumi
from pulumi_command import local

secret = pulumi.Output.secret

def command(name, create, **inputs):
    return local.Command(name, create=create, **inputs)

command("stdin", "cat", stdin="first\\nsecond\\n")
command("no-stdin", "cat; echo end")
command("unread-stdin", "true", stdin="x" * 300_000)
command("environment", 'echo "$A-$HOME"', environment={"A": "one two  three", "HOME": "ours"})
command("inherited", "env")
command("dir", "pwd", dir="/usr")
command("here", "pwd")
command("interpreter", "print(6 * 7)", interpreter=["python", "-c"])
command("no-interpreter", "echo $0", interpreter=[])
command("newlines", "printf 'a\\\\n\\\\n'")
command("nul", "printf 'a\\\\000b'")
command("umlaut", "echo Grüße ☃")
command("both", "echo out; echo err >&2")
for logging in ("stdout", "stderr", "stdoutAndStderr", "none"):
    command(f"log-{logging}", "echo out; echo err >&2", logging=logging)
command("last-line", "printf 'first\\\\nunfinished'")
command("secret-stdin", "wc -c", stdin=secret("the-secret-stdin"))
command("secret-value", "echo $B", environment={"A": secret("the-secret-value"), "B": "plain"})
command("secret-output", "echo the-secret-output | tr -d X", logging="none",
        opts=pulumi.ResourceOptions(additional_secret_outputs=["stdout"]))
command("clear-output", "cat", stdin=secret("printed-in-clear"), logging="none")
command("assets", "mkdir -p made/logos made/src && cd made && touch logos/l.svg src/index.js src/secret.js",
        dir=".", asset_paths=["made/logos/**", "made/src/*.js", "!**secret.*"], archive_paths=["made/**.svg"])
run = local.run_output(command="echo ran $A", environment={"A": "now"})
pulumi.export("run", run.stdout)
"""


@pytest.fixture(scope="module")
def stack(stacks: Stacks) -> Stack:
    """A stack that has been created once."""
    return stacks()


@pytest.fixture(scope="module")
def created(stack: Stack) -> Run:
    """The creation."""
    return stack.up(PROGRAM)


@pytest.fixture(scope="module")
def outputs(stack: Stack, created: Run) -> dict[str, dict[str, Any]]:
    """The stored outputs of every command, by name."""
    return {name: resource["outputs"] for name, resource in stack.resources().items()}


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("stdin", "first\nsecond"),
        ("no-stdin", "end"),
        ("unread-stdin", ""),
        ("environment", "one two  three-ours"),
        ("dir", "/usr"),
        ("interpreter", "42"),
        ("no-interpreter", "/bin/sh"),
        ("newlines", "a\n"),
        ("nul", "a\0b"),
        ("umlaut", "Grüße ☃"),
        ("last-line", "first\nunfinished"),
    ],
)
def test_input_reaches_the_command(outputs: dict[str, dict[str, Any]], name: str, printed: str) -> None:
    """A command gets what its inputs say, and what it prints is stored without its last newline."""
    assert outputs[name]["stdout"] == printed


def test_no_directory(stack: Stack, outputs: dict[str, dict[str, Any]]) -> None:
    """Without `dir` a command runs where the program is."""
    assert Path(outputs["here"]["stdout"]).samefile(stack.project)


def test_inherited_environment(stack: Stack, outputs: dict[str, dict[str, Any]]) -> None:
    """A command has the engine's environment, and the plugin adds nothing of its own to it."""
    names = {line.partition("=")[0] for line in outputs["inherited"]["stdout"].splitlines()}
    engine = {"PULUMI_CONFIG", "PULUMI_PROJECT", "PULUMI_LOG_OTLP_ENDPOINT", "PWD", "_"}
    _, given = stack.command("up")
    assert names >= given.keys()
    assert names <= given.keys() | engine


def test_more_than_a_message_of_the_protocol_usually_holds(stacks: Stacks) -> None:
    """Input and output above the usual limit of four megabytes pass whole."""
    stack = stacks()
    stack.up(f"""
from pulumi_command import local
local.Command("a", create="tee given | tr x y; wc -c < given >&2", stdin="x" * {BIG}, logging="stderr")
""")
    assert stack.outputs("a")["stdout"] == "y" * BIG
    assert stack.outputs("a")["stderr"] == str(BIG)


def test_both_streams_are_kept_apart(outputs: dict[str, dict[str, Any]]) -> None:
    """Each stream has an output of its own."""
    assert (outputs["both"]["stdout"], outputs["both"]["stderr"]) == ("out", "err")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("both", {"out", "err"}),
        ("log-stdout", {"out"}),
        ("log-stderr", {"err"}),
        ("log-stdoutAndStderr", {"out", "err"}),
        ("log-none", set()),
        ("last-line", {"first", "unfinished"}),
    ],
)
def test_logging(created: Run, outputs: dict[str, dict[str, Any]], name: str, shown: set[str]) -> None:
    """`logging` decides which lines are shown beside the resource as they come, and not what is stored."""
    assert set(created.messages(name)) == shown
    assert outputs[name]["stdout"]


def test_secret_inputs(stack: Stack, created: Run) -> None:
    """No secret input is in the state file in clear, neither as an input nor in the outputs."""
    state = stack.state()
    assert [secret for secret in ("the-secret-stdin", "the-secret-value") if secret in state] == []


def test_secret_value_in_a_map(outputs: dict[str, dict[str, Any]]) -> None:
    """A secret value in the environment leaves the values beside it readable."""
    environment = outputs["secret-value"]["environment"]
    assert environment["B"] == "plain"
    assert "ciphertext" in environment["A"]
    assert outputs["secret-value"]["stdout"] == "plain"


def test_output_of_a_command_with_a_secret(outputs: dict[str, dict[str, Any]]) -> None:
    """What a command prints is stored in clear, even from a secret input, unless the program marks it."""
    assert outputs["clear-output"]["stdout"] == "printed-in-clear"
    assert "ciphertext" in outputs["secret-output"]["stdout"]


def test_assets(stack: Stack, outputs: dict[str, dict[str, Any]]) -> None:
    """Files that match the patterns come back as assets and as one archive."""
    assets, archive = outputs["assets"]["assets"], outputs["assets"]["archive"]
    assert set(assets) == {"made/logos/l.svg", "made/src/index.js"}
    assert set(archive["assets"]) == {"made/logos/l.svg"}


def test_function(stack: Stack, created: Run) -> None:
    """The function `run` runs whenever the program does."""
    assert json.loads(stack.pulumi("stack", "output", "--stack", "one", "--json")) == {"run": "ran now"}


def test_ten_commands(stacks: Stacks) -> None:
    """Ten commands that wait for each other all run at once."""
    wait = "touch here-$N; until [ $(ls here-* | wc -l) = 10 ]; do sleep 0.05; done; echo met"
    program = f"""
from pulumi_command import local
for number in range(10):
    local.Command(f"c{{number}}", create={wait!r}, environment={{"N": str(number)}})
"""
    stack = stacks()
    met = stack.run("up", program, "--parallel", "10")
    assert met.code == 0, met.text
    assert {resource["outputs"]["stdout"] for resource in stack.resources().values()} == {"met"}
