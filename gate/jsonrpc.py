"""JSON-RPC as providers of chains use it."""

import re
from collections.abc import Sequence
from typing import Any

QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")


def question(number: int, method: str, params: Sequence[object] = ()) -> dict[str, object]:
    """One call, and the id of its answer."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}


def quantity(value: Any) -> int | None:
    """Parses a JSON-RPC quantity of at most 256 bits; `None` for anything else."""
    return int(value, 16) if isinstance(value, str) and QUANTITY.fullmatch(value) else None
