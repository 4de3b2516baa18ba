"""What of the host none of these tests may touch, its control groups, and where they put what they make."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from belts.runtimes.process.confine import hierarchy, scope


@pytest.fixture(autouse=True)
def _no_control_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hierarchy, "MOUNTS", Path("/nowhere"))
    monkeypatch.setattr(scope, "BOOTED", Path("/nowhere"))


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """One with a short name, since the paths of sockets below it have to be short."""
    place = Path(tempfile.mkdtemp(prefix="b-u-"))
    yield place
    shutil.rmtree(place)
