"""What the gate can do is in its page."""

from pathlib import Path

import pytest

from gate.claims import Claim
from gate.outcome import ExitCode

PAGE = (Path(__file__).parents[4] / "docs" / "gate.md").read_text()


@pytest.mark.parametrize("code", list(ExitCode), ids=lambda code: code.name)
def test_every_exit_code(code: ExitCode) -> None:
    """Each has its row."""
    assert f"\n| {code.value} | {code.name.lower().replace('_', ' ')}" in PAGE


@pytest.mark.parametrize("claim", list(Claim))
def test_every_claim(claim: Claim) -> None:
    """Each is explained."""
    assert f"**{claim}**" in PAGE


@pytest.mark.parametrize("option", ["--endpoints", "--policy", "--format", "--only", "--explain"])
def test_every_option(option: str) -> None:
    """Each is shown in use."""
    assert f"{option} " in PAGE
