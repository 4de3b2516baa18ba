"""The environment of a webhook sender: where moves are announced, and how they are signed.

Announcements follow the Standard Webhooks specification, so a listener can verify them with an existing
library. The key has that specification's form: `whsec_` and its bytes in base64.
"""

import base64
import binascii
from collections.abc import Mapping

from belts.reading.mistakes import Mistake
from belts.urls import is_http

URL = "BELTS_WEBHOOK_URL"
SECRET = "BELTS_WEBHOOK_SECRET"  # noqa: S105 -- the name of a variable
LEDGER = "BELTS_LEDGER_URL"
PREFIX = "whsec_"
LEAST_BYTES, MOST_BYTES = 24, 64


def mistakes(told: Mapping[str, str]) -> tuple[Mistake, ...]:
    """The mistakes in these variables, without their values, which are secrets."""
    wrong = []
    if not is_http(told.get(URL, "")):
        wrong.append(Mistake(URL, "an http or https URL of the listener", "something else"))
    if told.get(SECRET) and key(told[SECRET]) is None:
        expected = f"a key that is {PREFIX} and the base64 of {LEAST_BYTES} to {MOST_BYTES} bytes"
        wrong.append(Mistake(SECRET, expected, "something else"))
    return tuple(wrong)


def key(secret: str) -> bytes | None:
    """The bytes that announcements are signed with; None if the text contains none."""
    if not secret.startswith(PREFIX):
        return None
    try:
        found = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if LEAST_BYTES <= len(found) <= MOST_BYTES else None
