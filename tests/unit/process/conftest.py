"""What of the host none of these tests may touch: its control groups."""

from pathlib import Path

import pytest

from belts.runtimes.process.confine import hierarchy, scope


@pytest.fixture(autouse=True)
def _no_control_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hierarchy, "MOUNTS", Path("/nowhere"))
    monkeypatch.setattr(scope, "BOOTED", Path("/nowhere"))
