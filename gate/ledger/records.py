"""What the ledger holds: verdicts, moves of the alias, and how the moves ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

Heights = Mapping[int, int]


class Kind(StrEnum):
    PROMOTION = "promotion"
    ROLLBACK = "rollback"
    FOUND = "found"
    """Not a move by this project: the alias was found to lead there."""


class Result(StrEnum):
    SERVED = "served"
    UNDONE = "undone"


@dataclass(frozen=True, kw_only=True, slots=True)
class Author:
    """Who acts, and at which gateway."""

    gateway: str
    stack: str
    who: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """A verdict about one exact candidate, to be recorded; a passed one is a certificate."""

    id: UUID
    candidate: str
    identity: str
    serving: str | None
    serving_identity: str | None
    outcome: str
    partial: bool
    mode: str
    policy_version: int
    policy_digest: str
    policy: Mapping[str, Any]
    heights: Heights
    report: Mapping[str, Any]
    valid_for: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """A passed verdict that may still be used: how it was judged, and the candidate's heights then."""

    id: UUID
    mode: str
    heights: Heights
    state: Any = None
    """What the candidate held then, from the report; None if it recorded nothing."""
    spent: float = 0.0
    """Seconds since the gate began, out of the deadline of the whole update."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What was seen of a belt right after it was promoted: an outcome, and its words."""

    outcome: str
    told: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """Why a belt must not be promoted again: right after move `move` it was found wrong."""

    belt: str
    move: int
    told: str

    @property
    def name(self) -> str:
        """The name by which the config lifts it; a later bar of the same belt has another one."""
        return f"{self.belt}-{self.move}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """The policy by which a promotion was judged, without what the ledger never holds."""

    digest: str
    policy: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """A recorded verdict, such as the one by which a belt came to serve: its heights and report."""

    id: UUID
    at: datetime
    heights: Heights
    report: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A change of the alias that is about to be made."""

    kind: Kind
    certificate: UUID | None
    belt: str
    identity: str
    from_belt: str | None
    from_identity: str | None
    heights: Heights
    moved_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A move in the ledger: `result` is empty while it has not ended, `mode` without a certificate."""

    seq: int
    kind: Kind
    certificate: UUID | None
    mode: str | None
    belt: str
    identity: str
    from_belt: str | None
    heights: Heights
    stack: str
    who: str
    at: datetime
    moved_at: datetime | None
    result: Result | None
    detail: str | None
    look: str | None = None
    """The outcome of the look at a promoted belt right after the move; `told` describes what was seen."""
    told: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """Announcements that are not accepted yet; `since` is when the oldest of them was made."""

    announcements: int
    since: datetime | None
    attempts: int
