"""What can be wrong, as the operator reads it.

Refusal
├── BadRequest   the request cannot be understood: nothing was looked at (exit 2)
└── Refused      the request is clear and must not, or could not, be done (exit 1)
    └── Unchanged    and what runs is as it was before
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from belts.files import why_unread
from belts.reading.mistakes import Mistake, MistakesError
from belts.refusal import Refusal


class BadRequest(MistakesError):
    """Every mistake of a request at once, each with its path."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        super().__init__(mistakes, of="the request", left="nothing was looked at")


class Refused(Refusal):
    """The request is clear, but must not or could not be carried out."""


class Unchanged(Refused):
    """What runs is as before: the previous request still holds."""


@contextmanager
def readable(what: str, *, expected: str, now: str) -> Iterator[None]:
    """Refuses if a file that is needed cannot be read, without showing any of its content."""
    try:
        yield
    except (OSError, ValueError) as fault:
        raise Refused(what, expected=expected, seen=why_unread(fault), now=now) from None
