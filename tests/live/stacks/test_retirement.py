"""Belts under the real engine: what a gateway needs, or somebody reads, none of its ways can undo."""

import json
import re
import shlex
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from belts.runtimes.process import lease_files
from tests.live.stacks.world import Run, World

pytestmark = pytest.mark.live

NO_BELT = """
from belts.pulumi import boundary
from belts.pulumi.here import RETIREMENT, Here
boundary.die_on_interrupt()
Here({}, name="belts-host-check", retirement=RETIREMENT)
"""
NOTHING = "from belts.pulumi import boundary\nboundary.die_on_interrupt()\n"
RUN = ("--run-program", "--yes", "--skip-preview")


@pytest.fixture(scope="module")
def unchanged(running_world: World) -> Iterator[None]:
    """What was refused has left nothing in the state: an update has nothing to change."""
    yield
    running_world.up("blue", "--expect-no-changes")


@pytest.fixture
def blue(unchanged: None, world: World) -> Iterator[World]:
    """The world whose blue is held by one gateway more, and whose program tests may exchange."""
    main = world.directory / "__main__.py"
    program = main.readlink()
    lease_files.serve(world.hosts / "blue", gateway="another")
    before = world.pids("blue")
    yield world
    main.unlink()
    main.symlink_to(program)
    assert world.pids("blue") == before
    lease_files.forget(world.hosts / "blue", gateway="another")


def refused(run: Run, *, hook: bool = True) -> None:
    assert run.code != 0, run.text
    if hook:
        assert 'before hook "belts-retirement" failed' in run.text
        assert "blue stays" in run.text
        assert "it serves for another" in run.text
    assert "Traceback" not in run.text


def urn(world: World, name: str) -> str:
    """A resource of a belt's stack by its name."""
    text = world.pulumi("stack", "export", "--stack", "blue").text
    resources = json.loads(text[text.index("{") :])["deployment"]["resources"]
    return next(str(each["urn"]) for each in resources if each["urn"].endswith(f"::{name}"))


def test_destroying_a_belt_that_serves(blue: World) -> None:
    """Refused with the hook, in preview too, and refused without it; nothing is stopped."""
    refused(blue.pulumi("destroy", "--stack", "blue", "--run-program", "--preview-only"))
    refused(blue.pulumi("destroy", "--stack", "blue", *RUN))
    refused(blue.pulumi("destroy", "--stack", "blue", *RUN, "--continue-on-error"))
    run = blue.pulumi("destroy", "--stack", "blue", "--yes", "--skip-preview")
    refused(run, hook=False)
    assert "--run-program" in run.text


def test_replacing_a_part_of_a_belt_that_serves(blue: World) -> None:
    """The old part would go first, so it is refused before anything is made, and nothing is left over."""
    engine = urn(blue, "blue-engine")
    refused(blue.preview("blue", "--replace", engine))
    refused(blue.try_up("blue", "--replace", engine))
    refused(blue.pulumi("destroy", "--stack", "blue", *RUN, "--target", urn(blue, "blue-indexer")))


def test_moving_a_belt(blue: World) -> None:
    """Under another root a second belt would arise, and the first would belong to nobody."""
    blue.config("blue", root=str(blue.directory / "elsewhere"))
    for run in (blue.preview("blue"), blue.try_up("blue")):
        refused(run, hook=False)
        assert f"expected: a belt that stays in {blue.hosts / 'blue'}" in run.text
    assert not (blue.directory / "elsewhere").exists()
    blue.config("blue")


def test_a_program_without_the_belt(blue: World) -> None:
    """Taken out of the program it is refused by the hook; with the hook taken out too, by the engine."""
    main = blue.directory / "__main__.py"
    main.unlink()
    main.write_text(NO_BELT)
    refused(blue.preview("blue"))
    refused(blue.try_up("blue"))
    main.write_text(NOTHING)
    refused(blue.try_up("blue"), hook=False)


def test_a_belt_that_has_soaked(green: World) -> None:
    """It goes once whoever reads it is acknowledged, by the command that the refusal gives."""
    home = green.hosts / "green"
    lease_files.soak(home, gateway="another", until=datetime.now(UTC) - timedelta(seconds=1))
    url = green.outputs("green")["graphql"]
    headers = {"Content-Type": "application/json", "User-Agent": "board/1"}
    question = urllib.request.Request(url, b'{"query": "{ __typename }"}', headers)
    urllib.request.urlopen(question, timeout=10).close()

    run = green.pulumi("destroy", "--stack", "green", *RUN)
    assert run.code != 0
    assert "green stays: somebody still reads it" in run.text
    assert "127.0.0.1 board/1: 1 request to its engine, the last" in run.text
    command = re.search(r"pulumi (config set-all .*acknowledgedReaders.*)", run.text)
    assert command is not None, run.text

    assert green.pulumi(*shlex.split(command[1])).code == 0
    assert re.search(r"green-indexer .*updat", green.up("green")) is None
    run = green.pulumi("destroy", "--stack", "green", *RUN)
    assert run.code == 0, run.text
    assert "whoever reads the belt is cut off" in run.text
    assert not home.exists()
