"""A command that is cut off says so by its own name."""

import asyncio
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gate.__main__ import main
from gate.commands import audit, judge
from gate.outcome import ExitCode


async def cut_off(*_: Any, **__: Any) -> Any:
    raise asyncio.CancelledError


def test_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It is no check of the gate."""
    monkeypatch.setattr(audit, "look", cut_off)
    assert main(["audit", "--root", str(tmp_path)]) == ExitCode.COULD_NOT_TELL
    assert capsys.readouterr().err.startswith("gate audit: COULD NOT TELL: it was interrupted")


def test_judge(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither is what the hook asks."""
    order = SimpleNamespace(secrets=(), deadline=timedelta(seconds=60))
    monkeypatch.setattr("gate.alias.order.order.from_stdin", lambda *_: order)
    monkeypatch.setattr(judge, "judge", cut_off)
    assert main(["judge"]) == ExitCode.COULD_NOT_TELL
    assert capsys.readouterr().err.startswith("gate judge: COULD NOT TELL: it was interrupted")
