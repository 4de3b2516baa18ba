"""An announcement as it is sent: always the same bytes, its key, and a signature where there is a key for it.

Form and signature are those of the Standard Webhooks specification; `Idempotency-Key` carries the same key as
`webhook-id`, under the name that more listeners know.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from gate.ledger.outbox import Announcement

AGENT = "belts-herald"


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """One request to the listener."""

    body: bytes
    headers: Mapping[str, str]


def write(announcement: Announcement, *, key: bytes | None, now: datetime) -> Letter:
    """The announcement as it is sent at this moment."""
    body = orjson.dumps(announcement.payload, option=orjson.OPT_SORT_KEYS)
    name, second = str(announcement.key), str(int(now.timestamp()))
    headers = {
        "content-type": "application/json",
        "user-agent": AGENT,
        "idempotency-key": name,
        "webhook-id": name,
        "webhook-timestamp": second,
    }
    if key is not None:
        headers["webhook-signature"] = _signature(key, name, second, body)
    return Letter(body=body, headers=headers)


def _signature(key: bytes, name: str, second: str, body: bytes) -> str:
    signed = b".".join((name.encode(), second.encode(), body))
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"
