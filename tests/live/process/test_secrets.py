"""No secret of a belt is where somebody could see it.

Every run looks for those of a whole world of stacks: tests/live/stacks/test_secrets.py.
"""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.hosts import command_line, processes
from tests.live.process.conftest import Standing

pytestmark = [pytest.mark.live, pytest.mark.deep]


def secrets(standing: Standing) -> list[bytes]:
    return [value.encode() for value in standing.hosts.secrets("blue").values()]


def files(standing: Standing) -> Iterator[Path]:
    return (path for path in standing.hosts.root.rglob("*") if path.is_file() and not path.is_symlink())


def test_command_lines(standing: Standing) -> None:
    """No process of the machine has one in its arguments."""
    shown = "\n".join(command_line(pid) for pid in processes()).encode()
    assert not [secret for secret in secrets(standing) if secret in shown]


def test_logs(standing: Standing) -> None:
    """None stands in a log of a part or of the supervisor."""
    logs = [path for path in files(standing) if ".log" in path.name]
    assert len(logs) > 5
    for log in logs:
        assert not [secret for secret in secrets(standing) if secret in log.read_bytes()], log


def test_files(standing: Standing) -> None:
    """Every file that holds one is for its owner alone; and so is, in fact, every file and directory."""
    holders = [
        path for path in files(standing) if any(each in path.read_bytes() for each in secrets(standing))
    ]
    assert standing.hosts.root / "blue" / "secrets.json" in holders
    assert not [path for path in holders if _open_to_others(path)]
    homes = [path for path in standing.hosts.root.iterdir() if path.is_dir()]
    assert not [path for path in homes if _open_to_others(path)]


def _open_to_others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
