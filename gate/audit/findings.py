"""What an audit finds: each disagreement of a kind that alerts can be written for."""

from dataclasses import dataclass
from enum import StrEnum

from gate.outcome import ExitCode, Outcome


class Kind(StrEnum):
    """What a finding is about. Closed: these are the labels of the metric."""

    DOOR = "door"
    ALIAS = "alias"
    DIRECTORY = "directory"
    LEDGER = "ledger"
    UNENDED = "unended"
    UNBOOKED = "unbooked"
    BYWAY = "byway"
    OUTBOX = "outbox"
    STATE = "state"
    CADDY = "caddy"
    LEASE = "lease"
    IDENTITY = "identity"
    HEIGHT = "height"
    DOWN = "down"
    HUNG = "hung"
    CHAIN = "chain"
    ASKED = "asked"
    UNREAD = "unread"
    DISK = "disk"
    IDLE = "idle"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One thing that is not as it should be, or that could not be looked at."""

    kind: Kind
    outcome: Outcome
    seen: str
    cause: str
    cure: str


def exit_code(found: tuple[Found, ...]) -> ExitCode:
    """A disagreement outweighs what could not be looked at."""
    worst = max((one.outcome for one in found), default=Outcome.PASSED)
    return {
        Outcome.PASSED: ExitCode.PASSED,
        Outcome.FAILED: ExitCode.REFUSED,
        Outcome.COULD_NOT_TELL: ExitCode.COULD_NOT_TELL,
    }[worst]
