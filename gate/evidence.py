"""What was seen of finalized blocks, kept by block hash between a preview and the update that follows it.

Only what can never change is kept: the logs that a provider gave, with their proof, of blocks that are
final. What follows from them, a verdict, is never kept. A file that cannot be read or written is as good as
none.
"""

import hashlib
import json
import os
import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gate.observations.truth import LogSeen, Proof


def key(*what: object) -> str:
    """The name under which something is kept: who said it, of which blocks, ending in which block hash."""
    return hashlib.sha256(json.dumps([str(part) for part in what]).encode()).hexdigest()


def recall(directory: Path | None, name: str) -> tuple[tuple[LogSeen, ...], Proof] | None:
    """The logs and their proof, if they were kept."""
    if directory is None:
        return None
    try:
        kept = json.loads((directory / f"{name}.json").read_text())
        return tuple(_log(log) for log in kept["logs"]), _proof(kept["proof"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(directory: Path | None, name: str, logs: tuple[LogSeen, ...], proof: Proof) -> None:
    """Keeps logs and their proof, whole or not at all, readable for nobody else."""
    if directory is None:
        return
    text = json.dumps({"logs": [asdict(log) for log in logs], "proof": asdict(proof)})
    draft = directory / f".{secrets.token_hex(8)}"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        draft.replace(directory / f"{name}.json")
    except OSError:
        draft.unlink(missing_ok=True)


def _log(kept: dict[str, Any]) -> LogSeen:
    return LogSeen(**{**kept, "topics": tuple(kept["topics"])})


def _proof(kept: dict[str, Any]) -> Proof:
    return Proof(**{**kept, "providers": tuple(kept["providers"])})
