"""An announcement as it is sent: always the same bytes, its key, and a signature if there is a key for it.

Form and signature follow the Standard Webhooks specification; `Idempotency-Key` carries the same key as
`webhook-id`, under the name that more listeners know.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from standardwebhooks import Webhook

from gate.ledger.outbox import Announcement

AGENT = "belts-webhook"


@dataclass(frozen=True, kw_only=True, slots=True)
class Payload:
    """One request to the listener."""

    body: bytes
    headers: Mapping[str, str]


def write(announcement: Announcement, *, key: bytes | None, now: datetime) -> Payload:
    """The announcement as it is sent now."""
    body = orjson.dumps(announcement.payload, option=orjson.OPT_SORT_KEYS)
    name, now = str(announcement.key), now.astimezone(UTC)
    headers = {
        "content-type": "application/json",
        "user-agent": AGENT,
        "idempotency-key": name,
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
    }
    if key is not None:
        headers["webhook-signature"] = Webhook(key).sign(name, now, body.decode())
    return Payload(body=body, headers=headers)
