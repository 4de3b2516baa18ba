"""The virtual environment."""

from pathlib import Path

import pytest

from tools import python_packages
from tools.failure import ToolMissing
from tools.program import Programs, Running
from tools.python_packages import base_python, make_venv, pip_install


def test_a_python_without_venv_is_refused_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Debian's Python is before python3-venv is installed."""
    monkeypatch.setattr(python_packages, "find_spec", lambda name: None if name == "ensurepip" else object())
    programs = Programs(running=Running(), logs=tmp_path)
    with pytest.raises(ToolMissing, match=r"apt install python3\.\d+-venv"):
        make_venv(base_python(), tmp_path / "venv", programs=programs, environ={}, log="python")


def test_the_base_python_is_not_the_virtual_environments_own() -> None:
    """Making a virtual environment anew with its own Python would pull it from under itself."""
    assert not (base_python().parent.parent / "pyvenv.cfg").exists()


def test_nothing_unhashed_and_nothing_to_compile_is_installed() -> None:
    command = pip_install(Path("python"), Path("lock"))
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(command)
