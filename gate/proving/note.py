"""How far a prover is, in a file for whoever asks the host how its belts are."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from belts.files import replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A file of one line, written anew as a whole: a reader sees the old one or the new one."""

    file: Path

    def write(self, line: str) -> None:
        """Says something, and when. A disk that is full is no reason to stop proving."""
        text = json.dumps({"at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "line": line})
        with suppress(OSError):
            replace(self.file, f"{text}\n", lasting=False)
