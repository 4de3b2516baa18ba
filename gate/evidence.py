"""Evidence that is stored between a preview and the update that follows it.

Of chains, only what can never change is stored: logs from a provider, with their proof, of final blocks. Of a
belt, when its lists were read whole, and through which door, and what it held when it was seen without
contradictions. Conclusions such as a verdict are never stored. A file that cannot be read or written, or has
no valid seal, is ignored: whoever can write into the folder cannot make the gate believe a log.
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
"""How long unused evidence is kept: a candidate that is refused is checked again within days."""
MOST_BYTES = 512 * 1024 * 1024
"""The size limit; the least recently used files go first."""
OURS = re.compile(r"[0-9a-f]{64}\.json|\.[0-9a-f]{64}\.json\.[0-9a-f]{16}")
"""Evidence and unfinished drafts; other files in the directory are never removed."""


def key(*what: object) -> str:
    """The name of a piece of evidence: the provider, the blocks, and the hash of the last block."""
    return hashlib.sha256(json.dumps([str(part) for part in what]).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """A folder of evidence, each file of it sealed under its own name."""

    directory: Path
    seal: Seal

    def recall(self, name: str) -> tuple[tuple[LogSeen, ...], Proof] | None:
        """The stored logs and their proof, if there are any."""
        try:
            kept = orjson.loads(self.read(name) or b"null")
            return tuple(_log(log) for log in kept["logs"]), _proof(kept["proof"])
        except (ValueError, KeyError, TypeError):
            return None

    def keep(self, name: str, logs: tuple[LogSeen, ...], proof: Proof) -> None:
        """Stores logs and their proof."""
        with suppress(orjson.JSONEncodeError):  # numbers that no chain has
            self.write(name, orjson.dumps({"logs": logs, "proof": proof}))

    def read(self, name: str) -> bytes | None:
        """What was written under a name, if its seal is valid."""
        file = self.directory / f"{name}.json"
        try:
            mark, text = file.read_bytes().split(b"\n", 1)
            if not self.seal.made(mark.decode(), name, text.decode()):
                return None
        except (OSError, ValueError):
            return None
        with suppress(OSError):
            os.utime(file)  # recently used evidence is kept longest
        return text

    def write(self, name: str, text: bytes) -> None:
        """Writes a text under a name, atomically and readable only by this user."""
        marked = self.seal.mark(name, text.decode()).encode() + b"\n" + text
        with suppress(OSError):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace(self.directory / f"{name}.json", marked, lasting=False)

    def drop(self, name: str) -> None:
        """Removes something that is no longer believed."""
        with suppress(OSError):
            (self.directory / f"{name}.json").unlink()

    def forget_unused(self) -> None:
        """Removes what was not read for a week, and the least recently used files above the size limit."""
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
