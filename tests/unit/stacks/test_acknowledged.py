"""Who may be cut off when a belt goes is said by name, in the stack's config."""

from pathlib import Path
from typing import Any

import pytest

from belts.runtimes.process.wire.request import written
from belts.spec.belt import BeltSpec
from stacks.settings import SettingsRefused
from tests.unit.stacks.configs import belt, read


def requests(directory: Path, **config: Any) -> dict[str, dict[str, Any]]:
    spec = read(directory, belt(**config))
    assert isinstance(spec, BeltSpec)
    return written(spec)


def test_nobody_is_acknowledged(tmp_path: Path) -> None:
    """Then no request speaks of it."""
    assert [part for part, each in requests(tmp_path).items() if each.get("acknowledgedReaders")] == []


def test_somebody_is_acknowledged(tmp_path: Path) -> None:
    """One request changes, that of the part which goes last; nothing else is touched by it."""
    before, after = requests(tmp_path), requests(tmp_path, acknowledgedReaders=["10.0.0.7 app/1"])
    assert [part for part in before if before[part] != after[part]] == ["postgres"]
    assert after["postgres"]["acknowledgedReaders"] == ["10.0.0.7 app/1"]


@pytest.mark.parametrize("value", ["yes", [""], [1], {"all": True}], ids=str)
def test_everybody_is_acknowledged(tmp_path: Path, value: Any) -> None:
    """There is no such word: a mistake says that names are expected."""
    with pytest.raises(SettingsRefused, match="acknowledgedReaders: expected a list of readers"):
        read(tmp_path, belt(acknowledgedReaders=value))
