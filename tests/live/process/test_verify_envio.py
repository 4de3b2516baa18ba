"""`python -m belts verify-envio` runs each release that the registry serves, and finds it as it is known."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from belts.envio.lock import lock_of
from belts.envio.release import RELEASES, release_of
from belts.envio.verify import recorded_facts
from belts.envio.verify.release_facts import parsed
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed import packages
from examples import forms
from tests.live import places
from tests.live.hosts import CHECKOUT, command_line, mentions, processes, wait_until

pytestmark = [pytest.mark.live, pytest.mark.deep, pytest.mark.timeout(3600)]

LATER = "3.8.0"


@pytest.fixture
def place() -> Iterator[Path]:
    """A short directory, at which nothing may be left running."""
    made = places.temporary("b-v-")
    yield made
    left = [command_line(pid) for pid in processes() if mentions(pid, made)]
    shutil.rmtree(made)
    assert not left, f"the suite has left running: {left}"


def command(place: Path, project: Path, *more: str) -> list[str]:
    given = [str(project), "--to", str(place / "to"), "--root", str(place / "run"), *more]
    return [sys.executable, "-m", "belts", "verify-envio", *given]


@pytest.mark.parametrize("version", [*RELEASES, LATER])
def test_a_release(version: str, place: Path) -> None:
    """All of it is looked at, it is like itself, and that nobody has seen the later ones is said."""
    release = RELEASES.get(version) or release_of(version)
    assert release is not None
    if version not in {facts.version for facts in recorded_facts.facts()}:
        pytest.skip(
            f"Envio {version} was not there, and nothing of it was looked at: {recorded_facts.unseen()}"
        )
    project = forms.write(release, place / "project")
    done = subprocess.run(
        command(place, project), cwd=CHECKOUT, capture_output=True, text=True, timeout=3500, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"Envio {version}: it behaves like Envio {version}\n")
    assert f"not known here: {recorded_facts.unseen()}" in done.stdout
    facts = parsed((place / "to" / f"{version}.json").read_text())
    assert not facts.unlooked
    assert (place / "to" / f"{version}.differences.txt").read_text() == done.stdout


def test_it_is_interrupted(place: Path) -> None:
    """In the middle of a step: it takes all of its own down, and keeps what it has seen. What it runs lies
    there installed, as where somebody has built a release.
    """
    project = forms.write(RELEASES[forms.own()], place / "project")
    lock = lock_of(project, None, [])
    assert lock is not None
    built = packages.installed(Layout(root=place, belt="blue"), project, lock)
    log = place / "said"
    with log.open("w") as said:
        run = subprocess.Popen(command(place, built, "--installed"), cwd=CHECKOUT, stdout=said, stderr=said)
    try:
        wait_until(lambda: "stop: how it ends" in log.read_text(), "it has started once", deadline_s=600)
        os.kill(run.pid, signal.SIGINT)
        assert run.wait(120) == 130, log.read_text()
    finally:
        run.kill()
    assert "interrupted: nothing is left running" in log.read_text()
    kept = json.loads((place / "to" / f"{forms.own()}.json").read_text())
    assert kept["seen"]["seed.chains"] == "every chain"
    assert kept["unlooked"]["kill.indexer"] == "nobody looked"
