"""A program that a Python without its packages starts."""

import subprocess
import sys
from pathlib import Path

import pytest

from belts import packages

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("program", ["gate", "belts"])
def test_no_packages(program: str) -> None:
    """As a system's Python starts it: no traceback, no verdict, and the next command."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", program, "check"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == packages.USAGE
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert f".venv/bin/python -m {program}" in done.stderr


def test_an_old_python(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 14))
    with pytest.raises(SystemExit) as ended, packages.at_hand("gate"):
        pytest.fail("it went on")
    assert ended.value.code == packages.USAGE
    assert "version 3.10" in capsys.readouterr().err


def test_a_module_of_our_own(capsys: pytest.CaptureFixture[str]) -> None:
    """That is a mistake of ours, and no person can mend it by another Python."""
    with pytest.raises(ModuleNotFoundError), packages.at_hand("gate"):
        raise ModuleNotFoundError(name="gate.nowhere")
    assert capsys.readouterr().err == ""
