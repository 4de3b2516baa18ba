"""What was seen of finalized blocks, kept by block hash between a preview and the update that follows it.

Only what can never change is kept: the logs that a provider gave, with their proof, of blocks that are
final. What follows from them, a verdict, is never kept. A file that cannot be read or written is as good as
none.
"""

import hashlib
import json
import os
import re
import secrets
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from gate.observations.truth import LogSeen, Proof

KEPT = timedelta(days=7)
"""How long what nobody asks for is kept: a candidate that is still refused is looked at again within days."""
MOST_BYTES = 512 * 1024 * 1024
"""What all of it may take; the longest unused goes first."""
OURS = re.compile(r"[0-9a-f]{64}\.json|\.[0-9a-f]{16}")
"""What is kept, and drafts that were cut short; whatever else lies in the directory is not ours to drop."""


def key(*what: object) -> str:
    """The name under which something is kept: who said it, of which blocks, ending in which block hash."""
    return hashlib.sha256(json.dumps([str(part) for part in what]).encode()).hexdigest()


def recall(directory: Path | None, name: str) -> tuple[tuple[LogSeen, ...], Proof] | None:
    """The logs and their proof, if they were kept."""
    if directory is None:
        return None
    file = directory / f"{name}.json"
    try:
        kept = orjson.loads(file.read_bytes())
        with suppress(OSError):
            os.utime(file)  # what is asked for is kept longest
        return tuple(_log(log) for log in kept["logs"]), _proof(kept["proof"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(directory: Path | None, name: str, logs: tuple[LogSeen, ...], proof: Proof) -> None:
    """Keeps logs and their proof, whole or not at all, readable for nobody else."""
    if directory is None:
        return
    try:
        text = orjson.dumps({"logs": logs, "proof": proof})
    except orjson.JSONEncodeError:
        return  # numbers that no chain has
    draft = directory / f".{secrets.token_hex(8)}"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
        draft.replace(directory / f"{name}.json")
    except OSError:
        draft.unlink(missing_ok=True)


def forget_unused(directory: Path | None) -> None:
    """Drops what nobody has asked for in a week, and the longest unused of what is too much."""
    if directory is None:
        return
    found: list[tuple[float, int, str]] = []
    with suppress(OSError), os.scandir(directory) as entries:
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
