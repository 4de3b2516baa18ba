"""How much memory a belt is held to."""

from typing import Any

from belts.runtimes.process.confine import limit
from belts.runtimes.process.wire.request import Request, from_json

INDEXER = {"project": "/p", "digest": "d", "chains": [1], "heapMb": 4096}


def asked(part: str, **fields: Any) -> Request:
    return from_json({"version": 1, "part": part, "root": "/h", "belt": "blue", "port": 5432} | fields)


def test_a_belt() -> None:
    """All that its parts declare, and a quarter: a heap is not all that a process takes."""
    parts = [asked("postgres", memoryMb=512), asked("engine", memoryMb=256), asked("indexer", **INDEXER)]
    assert limit.of(parts) == 4864 + 1216


def test_a_small_belt() -> None:
    """What a process takes beside its heap has a least."""
    assert limit.of([asked("postgres", memoryMb=128)]) == 128 + 256


def test_a_gateway() -> None:
    """Nothing may end it for what it takes."""
    assert limit.of([asked("caddy"), asked("ledger")]) is None
