"""A prover's progress, in a file for those who ask the host about its belts."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from belts.files import replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A file of one line, replaced as a whole: a reader sees the old one or the new one."""

    file: Path

    def write(self, line: str) -> None:
        """Writes a line and the time. A full disk is no reason to stop proving."""
        text = json.dumps({"at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "line": line})
        with suppress(OSError):
            replace(self.file, f"{text}\n", lasting=False)
