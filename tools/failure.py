"""The errors of setting up the toolchain.

SetupFailed                 the checkout is not ready: what, what was expected, what was seen, what to do now
├── ToolMissing             the machine lacks something that only its owner can install
├── MachineUnsupported      no part of the toolchain is made for this machine
├── StepFailed              a program that a step ran failed; carries the end of its log
└── ReleaseUnverified       a download differs from what its publisher lists

They have the four parts and the layout of `belts.refusal`, but the toolchain does not import it: it makes the
environment in which the product runs, and is the same for any product.
"""

from collections.abc import Sequence
from pathlib import Path

AGAIN = "run the same command again: what is done is kept, the rest is done over"


class SetupFailed(Exception):
    """The checkout is not ready. `last` is the last line about it, for where only one line fits."""

    def __init__(self, what: str, *, expected: str, seen: str, now: str = AGAIN, log_tail: str = "") -> None:
        self.what, self.expected, self.seen, self.now = what, expected, seen, now
        self.last = log_tail.splitlines()[-1] if log_tail else seen
        parts = {"expected": expected, "seen": seen or "nothing", "now": now}
        beside = "\n" + " " * 12
        lines = [
            what,
            *(f"  {f'{name}:':<10}{beside.join(part.splitlines())}" for name, part in parts.items()),
        ]
        if log_tail:
            lines += ["  the log ends with:", *(f"    | {line}" for line in log_tail.splitlines())]
        super().__init__("\n".join(lines))


class ToolMissing(SetupFailed):
    """The machine lacks a tool; the text names it, its purpose, and how to get it."""

    def __init__(self, tool: str, *, needed_for: str, how_to_get: str) -> None:
        super().__init__(
            f"{tool} is missing", expected=f"it {needed_for}", seen="none on this machine", now=how_to_get
        )


class MachineUnsupported(SetupFailed):
    """No part of the toolchain is made for this operating system or processor."""


class ReleaseUnverified(SetupFailed):
    """A download whose checksum is missing or different; nothing of it was unpacked."""


class StepFailed(SetupFailed):
    """A step's program ended with an error; shows the command and the end of its output."""

    def __init__(
        self, what: str, *, command: Sequence[str], code: int, tail: Sequence[str], log: Path
    ) -> None:
        super().__init__(
            f"{what} failed",
            expected=f"{Path(command[0]).name} to end with 0",
            seen=f"it ended with {code}; all that it said is in {log}",
            log_tail="\n".join(tail) or "(it said nothing)",
        )
