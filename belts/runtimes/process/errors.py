"""What can be wrong, as the operator reads it.

HostError
├── BadRequest   the request cannot be understood: nothing was looked at (exit 2)
└── Refused      the request is clear and must not, or could not, be done (exit 1)
"""

from collections.abc import Sequence

from belts.refusal import Refusal


class HostError(Exception):
    """Anything this command tells instead of a result. Its text is never empty."""


class BadRequest(HostError):
    """Every mistake of a request at once, each with its path."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        if not mistakes:
            raise ValueError("a bad request names its mistakes")
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


class Refused(Refusal, HostError):
    """The request is clear, and must not or could not be done."""
