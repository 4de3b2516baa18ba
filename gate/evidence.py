"""What was seen, kept between a preview and the update that follows it.

Of chains only what can never change is kept: the logs that a provider gave, with their proof, of blocks that
are final. Of a belt it is kept when its lists were read whole, and through which door, and what it held when
it was seen without contradictions. What follows from any of it, a verdict, is never kept. A file that cannot
be read or written, or does not bear the seal, is as good as none: whoever can write into the folder cannot
make the gate believe a log.
"""

import hashlib
import json
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from belts.files import replace
from gate.observations.truth import LogSeen, Proof
from gate.seal import Seal

KEPT = timedelta(days=7)
"""How long what nobody asks for is kept: a candidate that is still refused is looked at again within days."""
MOST_BYTES = 512 * 1024 * 1024
"""What all of it may take; the longest unused goes first."""
OURS = re.compile(r"[0-9a-f]{64}\.json|\.[0-9a-f]{64}\.json\.[0-9a-f]{16}")
"""What is kept, and drafts that were cut short; whatever else lies in the directory is not ours to drop."""


def key(*what: object) -> str:
    """The name under which something is kept: who said it, of which blocks, ending in which block hash."""
    return hashlib.sha256(json.dumps([str(part) for part in what]).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """A folder of evidence, each file of it sealed under its own name."""

    directory: Path
    seal: Seal

    def recall(self, name: str) -> tuple[tuple[LogSeen, ...], Proof] | None:
        """The logs and their proof, if they were kept."""
        try:
            kept = orjson.loads(self.read(name) or b"null")
            return tuple(_log(log) for log in kept["logs"]), _proof(kept["proof"])
        except (ValueError, KeyError, TypeError):
            return None

    def keep(self, name: str, logs: tuple[LogSeen, ...], proof: Proof) -> None:
        """Keeps logs and their proof."""
        with suppress(orjson.JSONEncodeError):  # numbers that no chain has
            self.write(name, orjson.dumps({"logs": logs, "proof": proof}))

    def read(self, name: str) -> bytes | None:
        """What was written under a name, if it bears the seal."""
        file = self.directory / f"{name}.json"
        try:
            mark, text = file.read_bytes().split(b"\n", 1)
            if not self.seal.made(mark.decode(), name, text.decode()):
                return None
        except (OSError, ValueError):
            return None
        with suppress(OSError):
            os.utime(file)  # what is asked for is kept longest
        return text

    def write(self, name: str, text: bytes) -> None:
        """Writes a text under a name, whole or not at all, readable for nobody else."""
        marked = self.seal.mark(name, text.decode()).encode() + b"\n" + text
        with suppress(OSError):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace(self.directory / f"{name}.json", marked, lasting=False)

    def drop(self, name: str) -> None:
        """Forgets something that is no longer believed."""
        with suppress(OSError):
            (self.directory / f"{name}.json").unlink()

    def forget_unused(self) -> None:
        """Drops what nobody has asked for in a week, and the longest unused of what is too much."""
        found: list[tuple[float, int, str]] = []
        with suppress(OSError), os.scandir(self.directory) as entries:
            for entry in (each for each in entries if OURS.fullmatch(each.name)):
                with suppress(OSError):  # another gate has just dropped it
                    seen = entry.stat(follow_symlinks=False)
                    found.append((seen.st_mtime, seen.st_size, entry.path))
        oldest, left = time.time() - KEPT.total_seconds(), MOST_BYTES
        for used, size, path in sorted(found, reverse=True):
            left -= size
            if used < oldest or left < 0:
                with suppress(OSError):
                    Path(path).unlink()


def _log(kept: dict[str, Any]) -> LogSeen:
    return LogSeen(**{**kept, "topics": tuple(kept["topics"])})


def _proof(kept: dict[str, Any]) -> Proof:
    return Proof(**{**kept, "providers": tuple(kept["providers"])})
