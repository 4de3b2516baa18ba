"""What a person is told when something must not, or could not, be done: one type with one rendering.

Whoever raises one of these says all four: what it is about, what was expected, what was seen, what to do now.
"""


def told(what: str, *, expected: str, seen: str, now: str) -> str:
    """The one rendering. What was seen may be nothing at all; then it says so."""
    return f"{what}\n  expected: {expected}\n  seen:     {seen or 'nothing'}\n  now:      {now}"


class Refusal(Exception):
    """Something must not, or could not, be done."""

    def __init__(self, what: str, *, expected: str, seen: str, now: str, log_tail: str = "") -> None:
        """Keep the four; `log_tail` is the end of what a program has written, where one is why."""
        self.what, self.expected, self.seen, self.now = what, expected, seen, now
        self.log_tail = log_tail
        lines = [told(what, expected=expected, seen=seen, now=now)]
        if log_tail:
            lines += ["  the log ends with:", *(f"    | {line}" for line in log_tail.splitlines())]
        super().__init__("\n".join(lines))
