"""The value of an observation that could not be made."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar


class Cause(StrEnum):
    """Why something was not seen, distinguished by what an operator can do."""

    NOT_GIVEN = "not given"  # the endpoints or the policy name nothing to look at
    NOT_LOOKED = "not looked at"  # nothing asked for it, as in a partial run
    UNREACHABLE = "unreachable"  # refused, reset, no such host, TLS
    TIMEOUT = "timeout"  # the other side was too slow
    DEADLINE = "deadline"  # the gate's own time was up
    DENIED = "denied"  # wrong secret, missing permission
    BAD_ANSWER = "bad answer"  # an answer that is not what was asked for
    UNSUPPORTED = "unsupported"  # the other side cannot do this
    UNDECIDABLE = "undecidable"  # everything was seen, and it does not settle the question
    CRASHED = "crashed"  # the probe itself broke
    INTERRUPTED = "interrupted"  # an operator stopped the gate


@dataclass(frozen=True, kw_only=True, slots=True)
class Unobserved:
    """Not seen, and why. It never counts as passed.

    `advice` is what to do about it, if the cause alone does not tell.
    """

    reason: str
    cause: Cause
    advice: str = ""

    def __post_init__(self) -> None:
        """Fills in an empty reason, as from an exception without text."""
        if not self.reason.strip():
            object.__setattr__(self, "reason", f"{self.cause} (no words were given)")


NOT_LOOKED = Unobserved(reason="nothing looked at it", cause=Cause.NOT_LOOKED)


One = TypeVar("One")
Other = TypeVar("Other")


def both(one: One | Unobserved, other: Other | Unobserved) -> tuple[One, Other] | Unobserved:
    """Both values, or the first one that was not seen."""
    if isinstance(one, Unobserved):
        return one
    if isinstance(other, Unobserved):
        return other
    return one, other
