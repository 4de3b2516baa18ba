"""How a command that cannot begin, or finds nothing, says so: as every refusal does."""

import sys

from belts.refusal import told
from gate.outcome import ExitCode


def refused(command: str, code: ExitCode, *, expected: str, seen: str, now: str) -> ExitCode:
    """Says it on stderr; the exit code is the command's."""
    sys.stderr.write(f"{told(f'gate {command}: nothing was done', expected=expected, seen=seen, now=now)}\n")
    return code
