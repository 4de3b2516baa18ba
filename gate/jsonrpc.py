"""JSON-RPC as the providers of chains speak it."""

import re
from collections.abc import Sequence
from typing import Any

QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")


def question(number: int, method: str, params: Sequence[object] = ()) -> dict[str, object]:
    """One call, and the number by which its answer is known."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}


def quantity(value: Any) -> int | None:
    """A number as it is written there, of at most 256 bits; `None` for anything else."""
    return int(value, 16) if isinstance(value, str) and QUANTITY.fullmatch(value) else None
