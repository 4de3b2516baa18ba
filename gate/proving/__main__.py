"""`python -m gate.proving …`: proves a belt's history beside it until stopped, yielding to the belt."""

import os
import resource
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from belts.reading.mistakes import MistakesError
from gate.commands.supervised import supervised
from gate.outcome import ExitCode
from gate.proving import settings
from gate.proving.note import Note
from gate.proving.rounds import Rounds
from gate.redact import redactor_for

NICEST = 19
FIRST_TO_GO = "1000"
FOR_EVER_SECONDS = 10 * 365 * 24 * 3600.0
MIB = 1024 * 1024


def main(argv: Sequence[str]) -> int:
    """Returns 2 for wrong settings; otherwise it ends only when it is stopped, or out of memory."""
    try:
        told = settings.of(argv, os.environ)
    except MistakesError as error:
        sys.stderr.write(f"gate.proving: {error}\n")
        return ExitCode.USAGE
    give_way(told.memory_mb)
    redactor = redactor_for(told.endpoints, told.policy.addresses)
    note = Note(file=told.note)

    def say(line: str) -> None:
        sys.stderr.write(f"{redactor.text(line)}\n")
        sys.stderr.flush()

    async def proving() -> int:
        await Rounds(settings=told, say=say, note=lambda line: note.write(redactor.text(line))).run()
        return ExitCode.COULD_NOT_TELL

    return supervised(proving, seconds=FOR_EVER_SECONDS, redactor=redactor, name="gate.proving")


def give_way(memory_mb: int) -> None:
    """Yields to the belt: in processor time, and as the first to be killed if memory is short.

    The kernel limits its memory; it then restarts with everything that it has stored.
    """
    os.nice(NICEST)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)
    resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * MIB, memory_mb * MIB))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
