"""What can be wrong, as the operator reads it.

HostError
├── BadRequest   the request cannot be understood: nothing was looked at (exit 2)
└── Refused      the request is clear and must not, or could not, be done (exit 1)
"""

from collections.abc import Sequence


class HostError(Exception):
    """Anything this command tells instead of a result. Its text is never empty."""


class BadRequest(HostError):
    """Every mistake of a request at once, each with its path."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        if not mistakes:
            raise ValueError("a bad request names its mistakes")
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


class Refused(HostError):
    """What was expected, what was seen, and what to do now."""

    def __init__(self, what: str, *, expected: str, seen: str, now: str, log_tail: str = "") -> None:
        lines = [what, f"  expected: {expected}", f"  seen:     {seen}", f"  now:      {now}"]
        if log_tail:
            lines += ["  the log ends with:", *(f"    | {line}" for line in log_tail.splitlines())]
        super().__init__("\n".join(lines))
        self.what = what
        self.expected = expected
        self.seen = seen
        self.now = now
        self.log_tail = log_tail
