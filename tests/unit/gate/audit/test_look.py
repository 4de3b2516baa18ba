"""An audit of a place that cannot be looked at: every part of it says so, and none agrees."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from belts.refusal import Refusal
from belts.runtimes.process.host import Host
from belts.runtimes.runtime import Place
from gate.alias.decide import refutation
from gate.alias.decide.refutation import Refutation
from gate.alias.directory import Directory
from gate.audit import exported, look, rules
from gate.audit.findings import Kind, exit_code
from gate.audit.snapshot import Directory as Seen
from gate.audit.snapshot import Unseen
from gate.outcome import ExitCode

Faults = Callable[[], Exception]


@dataclass(frozen=True)
class Dark:
    """A place, and what it shows, that answers every question with the same fault."""

    fault: Faults

    def audited(self) -> "Dark":
        return self

    def leases(self) -> tuple[()]:
        return ()

    def names(self) -> tuple[str, ...]:
        return ("gateway",)

    def __getattr__(self, _name: str) -> Any:
        def asked(*_: object, **__: object) -> Any:
            raise self.fault()

        return asked


def refusal() -> Refusal:
    return Refusal("the place is dark", expected="light", seen="none", now="wait")


def targets(place: Place, alias: Directory, project: Path) -> look.Targets:
    return look.Targets(
        place=place,
        alias=alias,
        gateway="gateway",
        stack="gateway",
        project=project,
        environment={},
        lag=0,
        patience=timedelta(),
    )


@pytest.mark.parametrize("fault", [refusal, lambda: OSError("the place is dark")])
async def test_a_place_that_cannot_be_looked_at(
    fault: Faults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can tell, by each of the things that it was asked, in the words of the place."""
    monkeypatch.setattr(exported, "export", lambda *_: Unseen(why="no stack"))
    alias = Directory(tmp_path / "alias", "gateway")
    found = await look.look(targets(cast("Place", Dark(fault)), alias, tmp_path))
    told = rules.audit(found)
    dark = {
        Kind.DOOR,
        Kind.DIRECTORY,
        Kind.LEDGER,
        Kind.STATE,
        Kind.CADDY,
        Kind.CHAIN,
        Kind.ASKED,
        Kind.UNREAD,
        Kind.HUNG,
        Kind.DISK,
        Kind.IDLE,
    }
    assert {one.kind for one in told} == dark
    assert [one.seen for one in told if "the place is dark" not in one.seen] == [
        "Pulumi's state could not be looked at: no stack"
    ]
    assert exit_code(told) is ExitCode.COULD_NOT_TELL


async def test_a_note_beside_the_alias(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a move keeps there is not said to be made by nobody; what somebody else put there is."""
    monkeypatch.setattr(exported, "export", lambda *_: Unseen(why="no stack"))
    alias = Directory(tmp_path / "alias", "gateway")
    alias.clear()
    refutation.note(alias, Refutation(belt="green", identity="9" * 64, move=2, told="rows are lost"))
    found = await look.look(targets(Host(tmp_path), alias, tmp_path))
    assert found.directory == Seen(owner="gateway", refuted="green")
    (alias.path / "backup.json").touch()
    found = await look.look(targets(Host(tmp_path), alias, tmp_path))
    assert found.directory == Seen(owner="gateway", refuted="green", strange=("backup.json",))
    for place in (found.door, found.caddy):
        assert place == Unseen(why="no gateway of the name gateway runs here")
