"""Small rules: Caddy's admin endpoint, where programs are found, what a missing one says."""

import sys
from pathlib import Path

import pytest

from belts.runtimes.process import toolchain
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import caddy
from belts.runtimes.process.progress import Progress
from belts.spec.gateway import Caddy


def test_caddys_admin_endpoint() -> None:
    """It is on a private socket, and what was loaded through it is not kept."""
    config = caddy.rendered(Layout(root=Path("/hosts"), belt="gateway"), Caddy(port=8080))
    assert config["admin"]["listen"] == "unix//proc/self/cwd/admin.sock|0600"
    assert config["admin"]["config"] == {"persist": False}


def test_a_program_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, with the command that gets it."""
    monkeypatch.setattr(toolchain, "CHECKOUT", tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    for find in (toolchain.caddy, toolchain.anvil):
        with pytest.raises(toolchain.PartMissing, match=r"(?s)is missing.* get it with `make setup`"):
            find()


def test_the_toolchains_own_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was set up in the checkout is taken before what the machine has."""
    monkeypatch.setattr(toolchain, "CHECKOUT", tmp_path)
    own = tmp_path / ".tools" / "bin" / "node"
    own.parent.mkdir(parents=True)
    own.write_text("#!/bin/sh\n")
    own.chmod(0o700)
    assert toolchain.node() == own


def test_a_wait_is_told_as_it_changes() -> None:
    """A line for each change, a heartbeat while nothing changes, and nothing for what is over at once."""
    told: list[str] = []
    now = [0.0]
    progress = Progress("blue: engine", tell=told.append, clock=lambda: now[0])
    for second, state in [(0.1, "a"), (0.6, "a"), (1.0, "a"), (2.0, "b"), (3.0, "b"), (7.5, "b")]:
        now[0] = second
        progress.at(state)
    assert told == ["blue: engine: a (1 s)", "blue: engine: b (2 s)", "blue: engine: b (8 s)"]
