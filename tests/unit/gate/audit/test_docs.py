"""What the auditor can find, and how it is asked, is in its page."""

from argparse import ArgumentParser
from pathlib import Path

import pytest

from gate.audit import render
from gate.audit.findings import Kind
from gate.commands.audit import COMMAND
from tests.unit.gate.audit.snapshots import snapshot

PAGE = (Path(__file__).parents[4] / "docs" / "audit.md").read_text()


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind(kind: Kind) -> None:
    """Each has its row."""
    assert f"\n| `{kind}` |" in PAGE


def test_every_option() -> None:
    """Each has its row."""
    parser = ArgumentParser(add_help=False)
    COMMAND.arguments(parser)
    options = [option for action in parser._actions for option in action.option_strings]
    assert len(options) > 5
    assert [option for option in options if f"\n| `{option}" not in PAGE] == []


def test_every_metric() -> None:
    """Each has its row."""
    names = {
        line.split()[2] for line in render.metrics(snapshot(), ()).splitlines() if line.startswith("# TYPE")
    }
    assert len(names) > 5
    assert [name for name in names if f"\n| `{name}{{" not in PAGE] == []
