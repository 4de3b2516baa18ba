"""A second checkout on one machine: set up whole, beside the first, touching nothing else."""

import sys
import time

import pytest

from tests.live.tools.conftest import Clone

pytestmark = [pytest.mark.live, pytest.mark.deep]

QUICK_S = 5.0


@pytest.fixture(scope="module")
def ready(clone: Clone) -> Clone:
    done = clone.set_up()
    assert done.returncode == 0, done.stderr
    return clone


def test_every_step_was_announced_and_the_plugin_named(ready: Clone) -> None:
    """The set-up says which command plugin it chose, and why; its logs are kept."""
    kept = (ready.root / ".tools" / "command-plugin.json").read_text()
    assert '"reason"' in kept
    assert {"python.log", "node.log"} <= {each.name for each in (ready.root / ".tools" / "log").iterdir()}


def test_a_second_set_up_is_silent_and_quick(ready: Clone) -> None:
    before, began = logged(ready), time.monotonic()
    again = ready.set_up()
    took = time.monotonic() - began
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert logged(ready) == before, "no step was run"
    assert took < QUICK_S


def logged(clone: Clone) -> dict[str, int]:
    """When each step was last run."""
    return {each.name: each.stat().st_mtime_ns for each in (clone.root / ".tools" / "log").iterdir()}


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("pulumi", "version"), "v3."),
        (("node", "--version"), "v2"),
        (("anvil", "--version"), "anvil Version: 1.7.1"),
        (("caddy", "version"), "v2."),
        (("envio", "--version"), "3.0.0-alpha.21"),
        (("python", "-c", "import pulumi_command, psycopg; print('imported')"), "imported"),
    ],
)
def test_every_program_runs_from_the_checkout(ready: Clone, command: tuple[str, ...], says: str) -> None:
    if command[0] == "envio":
        command = (str(ready.root / "node_modules" / ".bin" / "envio"), *command[1:])
    ran = ready.run(sys.executable, "-m", "tools.environment", *command)
    assert says in ran.stdout, ran.stderr


def test_programs_come_from_this_checkout_and_not_from_the_first(ready: Clone) -> None:
    where = ready.run(sys.executable, "-m", "tools.environment", "sh", "-c", "command -v python node anvil")
    assert all(line.startswith(str(ready.root)) for line in where.stdout.splitlines())
    prefix = ready.run(
        sys.executable, "-m", "tools.environment", "python", "-c", "import sys; print(sys.prefix)"
    )
    assert prefix.stdout.strip() == str(ready.root / ".venv")


def test_nothing_is_written_outside_the_checkout_and_the_cache(ready: Clone) -> None:
    """The person's home has nothing new, and the checkout nothing that git would report."""
    assert list(ready.home.rglob("*")) == []
    assert ready.run("git", "status", "--porcelain").stdout == ""
