"""Reports a command that cannot start or finds nothing, in the form of a refusal."""

import sys

from belts.refusal import told
from gate.outcome import ExitCode


def refused(command: str, code: ExitCode, *, expected: str, seen: str, now: str) -> ExitCode:
    """Writes the refusal to stderr; returns the exit code."""
    sys.stderr.write(f"{told(f'gate {command}: nothing was done', expected=expected, seen=seen, now=now)}\n")
    return code
