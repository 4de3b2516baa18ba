"""Secrets have generations: a newer one stands beside until it takes the place, and none ever goes back."""

import json
from pathlib import Path
from typing import Any

import pytest

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import generations, secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.wire.request import from_json

NAMES = ("gate", "consumer")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(root=tmp_path, belt="blue")


def on_disk(layout: Layout) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(layout.secrets.read_text())
    return kept


def test_secrets_that_never_changed(layout: Layout) -> None:
    """They are the first generation, and the file is as it always was."""
    held = secrets.ensure(layout)
    assert set(on_disk(layout)) == set(secrets.NAMES)
    assert held.generations("gate") == (1,)
    assert dict(secrets.ensure(layout)) == dict(held)


def test_a_belt_that_begins_at_a_later_generation(layout: Layout) -> None:
    """All of it is of that one; a belt that has secrets keeps theirs."""
    assert secrets.ensure(layout, generation=5).generations("consumer") == (5,)
    assert secrets.ensure(layout, generation=6).generations("consumer") == (5,)
    assert secrets.known(layout).generation("admin") == 5


def test_staged(layout: Layout) -> None:
    """What counts stays what it was; who stages again, after an interruption, finds the same."""
    before = secrets.ensure(layout)
    staged = secrets.stage(layout, NAMES, 2)
    assert secrets.stage(layout, NAMES, 2) == staged
    after = secrets.known(layout)
    assert {name: after[name] for name in secrets.NAMES} == dict(before)
    assert after.staged("gate") == (staged["gate"],)
    assert set(staged.values()).isdisjoint(before.values())
    assert after.redact(f"x{staged['gate']}x") == "x***x"


def test_swapped(layout: Layout) -> None:
    """The new ones count, the old ones are nowhere in the file, and the others are as they were."""
    before = secrets.ensure(layout)
    secrets.keep(layout, "env:RPC", "https://key")
    staged = secrets.stage(layout, NAMES, 2)
    after = secrets.swap(layout, NAMES, 2)
    assert {name: after[name] for name in NAMES} == staged
    assert after.generations("gate") == (1, 2)
    assert after.generations("admin") == (1,)
    assert after["env:RPC"] == "https://key"
    assert after.staged("gate") == ()
    assert before["gate"] not in layout.secrets.read_text()
    assert dict(secrets.keep(layout, "env:RPC", "https://key")) == dict(after)
    assert secrets.known(layout).generations("gate") == (1, 2), "it stays when another one is kept"


def test_generations_that_are_skipped(layout: Layout) -> None:
    """What was staged for one that never came is forgotten; the one before is the one that counted."""
    secrets.ensure(layout)
    second = secrets.stage(layout, NAMES, 2)
    seventh = secrets.stage(layout, NAMES, 7)
    assert secrets.known(layout).staged("gate") == (seventh["gate"], second["gate"])
    after = secrets.swap(layout, NAMES, 7)
    assert after.generations("gate") == (1, 7)
    assert not [key for key in on_disk(layout) if "@" in key]


def test_what_a_log_shows(layout: Layout) -> None:
    """Neither a secret nor a number of a generation is blotted out by mistake."""
    secrets.ensure(layout, generation=2)
    assert secrets.known(layout).redact("2 blocks, generation 2") == "2 blocks, generation 2"
    assert "2" not in repr(secrets.known(layout))


def asked(layout: Layout, credentials: int) -> Any:
    common = {"version": 1, "part": "engine", "root": str(layout.root), "belt": "blue", "port": 5432}
    return from_json(common | {"credentials": credentials}).body


def test_going_back(layout: Layout) -> None:
    """Refused from the moment that anything of the belt is newer, with the number to put back."""
    secrets.ensure(layout)
    secrets.stage(layout, NAMES, 3)
    generations.check(layout, asked(layout, 1))
    secrets.swap(layout, NAMES, 3)
    with pytest.raises(Refused, match="credentials go only forward") as refused:
        generations.check(layout, asked(layout, 2))
    assert "3 or more" in refused.value.expected
    assert "pulumi config set credentials 3 --stack blue" in refused.value.now
    generations.check(layout, asked(layout, 3))
    generations.check(layout, asked(layout, 4))


def test_a_belt_that_is_not_there(layout: Layout) -> None:
    """It may begin with any."""
    generations.check(layout, asked(layout, 1))
    generations.check(layout, asked(layout, 9))
