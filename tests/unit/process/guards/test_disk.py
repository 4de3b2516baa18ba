"""A belt that has yet to sync, and the room for it."""

from pathlib import Path
from typing import Any

import pytest

from belts.runtimes.disk import GB, Disk
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import disk as files
from belts.runtimes.process.guards import disk
from belts.runtimes.process.wire.request import Request, from_json


def indexer(root: Path, belt: str, *chains: int, **fields: Any) -> Request:
    asked = {"project": "/p", "digest": "d", "chains": list(chains), "heapMb": 512, "port": 5432}
    return from_json({"version": 1, "part": "indexer", "root": str(root), "belt": belt} | asked | fields)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Blue's Postgres takes 30 GB, red's 50 GB."""
    sizes = {"blue": 30 * GB, "red": 50 * GB}
    monkeypatch.setattr(files, "taken", lambda folder: sizes.get(folder.parent.name, 0))
    return tmp_path


def free(monkeypatch: pytest.MonkeyPatch, gigabytes: float) -> None:
    monkeypatch.setattr(files, "below", lambda _root: Disk(free=int(gigabytes * GB), size=100 * GB))


def test_a_candidate_like_the_serving_belt(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes what that takes, and some for what Postgres writes ahead."""
    asked, known = [indexer(root, "green", 1, 10)], [indexer(root, "blue", 1)]
    free(monkeypatch, 32)
    disk.refuse_too_small(asked, known)
    free(monkeypatch, 31.9)
    with pytest.raises(Refused) as caught:
        disk.refuse_too_small(asked, known)
    assert caught.value.what == "green: this disk has no room for it"
    why = f"at least 32.0 GB free below {root}: what blue takes with the same chains, and 2.0 GB"
    assert caught.value.expected == why
    assert caught.value.seen == "31.9 GB of 100.0 GB free"


def test_a_candidate_with_fewer_chains(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a larger belt takes says nothing of it."""
    free(monkeypatch, 2)
    disk.refuse_too_small([indexer(root, "green", 1)], [indexer(root, "red", 1, 10)])
    free(monkeypatch, 1.9)
    with pytest.raises(Refused, match=r"at least 2\.0 GB free"):
        disk.refuse_too_small([indexer(root, "green", 1)], [indexer(root, "red", 1, 10)])


def test_the_largest_counts(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all that it is like."""
    free(monkeypatch, 51)
    both = [indexer(root, "blue", 1), indexer(root, "red", 1)]
    with pytest.raises(Refused, match="what red takes"):
        disk.refuse_too_small([indexer(root, "green", 1)], both)


def test_a_belt_that_has_data(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be changed and healed on the fullest disk: it has its room."""
    free(monkeypatch, 0)
    note = root / "blue" / "postgres" / "seeding.json"
    note.parent.mkdir(parents=True)
    note.write_text("{}")
    disk.refuse_too_small([indexer(root, "blue", 1)], [indexer(root, "blue", 1)])


def test_another_part(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway is brought back on the fullest disk as well."""
    free(monkeypatch, 0)
    asked = {"version": 1, "part": "caddy", "root": str(root), "belt": "gateway", "port": 5432}
    disk.refuse_too_small([from_json(asked)], [])
