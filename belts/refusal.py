"""What a person reads if something must not, or could not, be done: one type with one rendering.

Refusal     a person reads it: what it is about, what was expected, what was seen, what to do now
Relayed     a person reads it: the text of a refusal that another process has rendered
Caught      no person reads it: the code that catches it decides what follows

Every exception of ours is one of these, except for the engine's, which are answers in Hasura's form.
"""

BESIDE = "\n" + " " * 12


def told(what: str, *, expected: str, seen: str, now: str) -> str:
    """The one rendering. `seen` may be empty or a list, which is shown line by line."""
    parts = {"expected": expected, "seen": seen or "nothing", "now": now}
    lines = (f"  {f'{name}:':<10}{BESIDE.join(part.splitlines())}" for name, part in parts.items())
    return "\n".join([what, *lines])


class Refusal(Exception):
    """Something must not, or could not, be done."""

    def __init__(self, what: str, *, expected: str, seen: str, now: str, log_tail: str = "") -> None:
        """Keep the four texts; `log_tail` is the end of a program's log, if that explains the refusal."""
        self.what, self.expected, self.seen, self.now = what, expected, seen, now
        self.log_tail = log_tail
        lines = [told(what, expected=expected, seen=seen, now=now)]
        if log_tail:
            lines += ["  the log ends with:", *(f"    | {line}" for line in log_tail.splitlines())]
        super().__init__("\n".join(lines))

    @property
    def brief(self) -> str:
        """What, and why, in one line, for a log or for another sentence."""
        return f"{self.what}: {self.cause or 'nothing'}"

    @property
    def cause(self) -> str:
        """Why, in one line."""
        return "; ".join(self.seen.splitlines())


class Relayed(Exception):
    """The text of a refusal that another process has rendered; never empty, which Pulumi would ignore."""

    def __init__(self, words: str) -> None:
        """Keep the text, or say that there was none."""
        super().__init__(words.strip() or "refused without a reason given")


class Caught(Exception):
    """Never shown to a person: the code that catches it decides what follows."""
