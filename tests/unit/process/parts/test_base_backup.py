"""What a base backup writes of the belt that it copies."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from belts.runtimes.process.database import major
from belts.runtimes.process.files import lock, secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.parts import base_backup, postgres
from belts.runtimes.process.wire import neighbours


def test_its_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is kept under the belt's lock, as a rotation writes the same file; the copy itself holds up nobody."""
    layout = Layout(root=tmp_path, belt="blue")
    layout.supervisor.mkdir(parents=True)
    free: list[bool] = []

    def look() -> None:
        with lock.unless_busy(layout) as alone:
            free.append(alone)

    def keep(*_: str) -> Secrets:
        look()
        return Secrets({})

    def connect(*_: Any) -> None:
        look()
        raise ConnectionError

    monkeypatch.setattr(neighbours, "postgres", lambda _: SimpleNamespace(port=47_115))
    monkeypatch.setattr(major, "refuse_another", lambda _: None)
    monkeypatch.setattr(secrets, "keep", keep)
    monkeypatch.setattr(postgres, "connect", connect)
    with pytest.raises(ConnectionError):
        base_backup.take(layout, tmp_path / "copy")
    assert free == [False, True]
