"""What the alias says: who serves, how that came about, and which belts a rollback leads back to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from gate.alias import byway
from gate.alias.byway import Byway

Heights = Mapping[int, int]

KEPT = 8
"""How many belts a rollback can lead back over, one at a time; more would be retired long since."""


def in_blocks(steps: Heights) -> str:
    """Distances on chains, in words."""
    return ", ".join(
        f"{step:,} block{'' if step == 1 else 's'} on chain {chain}" for chain, step in sorted(steps.items())
    )


class How(StrEnum):
    """How a belt came to serve."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A belt that serves or has served: its name, who it is, where it answers, how far it had come then."""

    belt: str
    identity: str
    dial: str
    heights: Heights

    def byway(self, until: datetime) -> Byway:
        """A path of its own, beside the alias."""
        return Byway(belt=self.belt, identity=self.identity, dial=self.dial, until=until)


@dataclass(frozen=True, kw_only=True, slots=True)
class Back:
    """A rollback that was made while the ledger could not be told."""

    left: Standing
    to: Standing
    since: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """The belt that serves; `behind` are those that a rollback leads back to, the nearest last.

    `move` is the number under which the ledger knows how this came about; a rollback that was made while the
    ledger did not answer has none yet. `left` is the belt that served before, whichever way it went, and
    `over` the number of the last move that was begun in the ledger before `unbooked`: the rollbacks of one
    outage or more, oldest first, which stay here when the ledger has been told. `byways` are the belts that
    consumers may name for as long as a planned break lasts.
    """

    serves: Standing
    since: str
    how: How
    behind: tuple[Standing, ...] = ()
    left: Standing | None = None
    move: int | None = None
    certificate: str | None = None
    over: int | None = None
    unbooked: tuple[Back, ...] = ()
    byways: tuple[Byway, ...] = ()

    @property
    def route(self) -> str:
        """The one line that the gateway reads, without a newline, which would become part of the name."""
        return f"{self.serves.dial} {self.serves.belt}"

    def promoted(
        self, to: Standing, *, left: Heights, since: str, move: int | None, certificate: str | None
    ) -> "Served":
        """What the alias says after a promotion; the belt left is remembered as far as it had come."""
        before = _at(self.serves, left)
        return Served(
            serves=to,
            since=since,
            how=How.PROMOTED,
            behind=(*self.behind, before)[-KEPT:],
            left=before,
            move=move,
            certificate=certificate,
            over=self.move,
            byways=self.byways,
        )

    def broken(self, until: datetime, *, at: datetime) -> "Served":
        """With a planned break that lasts until then: the belt that was left, and the one that serves."""
        names = [standing.byway(until) for standing in (self.left, self.serves) if standing is not None]
        return replace(self, byways=byway.opened(byway.lasting(self.byways, at), *names))

    def rolled_back(self, to: Standing, *, since: str, move: int | None) -> "Served":
        """What the alias says after a rollback: the belt that is left is no way back."""
        back = Back(left=self.serves, to=to, since=since)
        return Served(
            serves=to,
            since=since,
            how=How.ROLLED_BACK,
            behind=self.behind[:-1],
            left=self.serves,
            move=move,
            over=self.over if self.unbooked else self.move,
            unbooked=(*self.unbooked, back) if move is None else (),
            byways=byway.without(self.byways, self.serves.belt),
        )

    def untold(self, identity: str, *, move: int | None = None) -> tuple[Back, ...]:
        """The rollbacks that a ledger was not told of by which this identity serves, oldest first.

        `move` is the number by which it does; without it, one belt that is met twice on the way back is taken
        for where it was met last.
        """
        if move is None or move != self.over:
            for place, back in reversed(tuple(enumerate(self.unbooked))):
                if back.to.identity == identity:
                    return self.unbooked[place + 1 :]
        known = bool(self.unbooked) and self.unbooked[0].left.identity == identity
        return self.unbooked if known else ()

    def undone(self, *, since: str) -> "Served | None":
        """What the alias said before its last move; None where nobody served before."""
        if self.left is None:
            return None
        behind = self.behind[:-1] if self.how is How.PROMOTED else (*self.behind, self.serves)
        untold = self.unbooked[:-1]
        return Served(
            serves=self.left,
            since=since,
            how=How.PROMOTED,
            behind=behind,
            over=self.over if untold else None,
            unbooked=untold,
            byways=byway.without(self.byways, self.serves.belt),
        )


def first(to: Standing, *, since: str, move: int | None, certificate: str | None) -> Served:
    """What the alias says when it is set for the first time."""
    return Served(serves=to, since=since, how=How.PROMOTED, move=move, certificate=certificate)


def encode(served: Served) -> dict[str, Any]:
    """As it is kept in a file."""
    return {
        "serves": _standing_out(served.serves),
        "since": served.since,
        "how": served.how.value,
        "behind": [_standing_out(standing) for standing in served.behind],
        "left": None if served.left is None else _standing_out(served.left),
        "move": served.move,
        "certificate": served.certificate,
        "over": served.over,
        **({"unbooked": [_back_out(back) for back in served.unbooked]} if served.unbooked else {}),
        **({"byways": byway.encode(served.byways)} if served.byways else {}),
    }


def decode(text: Mapping[str, Any]) -> Served:
    """As it was kept; raises KeyError, TypeError or ValueError for what was not written by `encode`."""
    served = Served(
        serves=_standing_in(text["serves"]),
        since=str(text["since"]),
        how=How(text["how"]),
        behind=tuple(_standing_in(each) for each in text["behind"]),
        left=None if text["left"] is None else _standing_in(text["left"]),
        move=None if text["move"] is None else int(text["move"]),
        certificate=None if text["certificate"] is None else str(text["certificate"]),
        over=None if text["over"] is None else int(text["over"]),
        unbooked=tuple(map(_back_in, text.get("unbooked", ()))),
        byways=byway.decode(text.get("byways", ())),
    )
    if served.unbooked or served.how is not How.ROLLED_BACK or served.move is not None or not served.left:
        return served
    # Written by a version that remembered the last of them alone.
    only = Back(left=served.left, to=served.serves, since=served.since)
    return replace(served, unbooked=(only,))


def _at(standing: Standing, heights: Heights) -> Standing:
    return Standing(belt=standing.belt, identity=standing.identity, dial=standing.dial, heights=heights)


def _standing_out(standing: Standing) -> dict[str, Any]:
    return {
        "belt": standing.belt,
        "identity": standing.identity,
        "dial": standing.dial,
        "heights": {str(chain): height for chain, height in sorted(standing.heights.items())},
    }


def _standing_in(text: Mapping[str, Any]) -> Standing:
    return Standing(
        belt=str(text["belt"]),
        identity=str(text["identity"]),
        dial=str(text["dial"]),
        heights={int(chain): int(height) for chain, height in text["heights"].items()},
    )


def _back_out(back: Back) -> dict[str, Any]:
    return {"left": _standing_out(back.left), "to": _standing_out(back.to), "since": back.since}


def _back_in(text: Mapping[str, Any]) -> Back:
    return Back(left=_standing_in(text["left"]), to=_standing_in(text["to"]), since=str(text["since"]))
