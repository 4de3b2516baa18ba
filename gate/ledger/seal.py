"""The seal of a ledger's row: only the gateway's key makes one, whatever the ledger allows."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from gate.secret import Secret

OF_THE_LEDGER = frozenset({"at", "before", "seal", "turn"})
"""Columns that the ledger fills in or that are not part of the contents; columns that a reader adds begin
with an underscore and are ignored too.
"""

EXACT = 2**53
"""Up to here a float represents every integer."""


def seal(key: Secret, table: str, row: Mapping[str, Any]) -> str:
    """A seal over the contents of a row and the table that it is for."""
    said = {name: value for name, value in row.items() if name not in OF_THE_LEDGER and name[:1] != "_"}
    text = json.dumps([table, _plain(said)], sort_keys=True, separators=(",", ":"))
    return hmac.new(key.reveal().encode(), text.encode(), hashlib.sha256).hexdigest()


def holds(key: Secret, table: str, row: Mapping[str, Any]) -> bool:
    """True if a row read from the ledger is as it was sealed."""
    return hmac.compare_digest(seal(key, table, row), str(row.get("seal", "")))


def _plain(value: Any) -> Any:
    """The same form before writing and after reading: a ledger does not keep the types of numbers."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    return str(value) if isinstance(value, UUID) else value


def _number(value: float) -> str:
    """One text per number: a whole number is read back as an integer, however it was written."""
    return str(int(value)) if abs(value) < EXACT and value == int(value) else repr(float(value))
