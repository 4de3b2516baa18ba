"""A belt seals its answer to a challenge: whoever holds its key sees which belt answered just now.

The asker sends a random challenge. The belt answers with a MAC over that challenge, over the database that it
reads, and over the answer itself. So an answer of another belt, of another database, from a cache, or one
that was changed on its way, has no seal that fits. The key is made of the admin secret, for nothing else.
"""

import hashlib
import hmac
import re
import secrets

CHALLENGE = "x-belts-challenge"
SEAL = "x-belts-seal"
_SHAPE = re.compile(r"[0-9a-f]{64}")
_PURPOSE = b"belts: seal of an answer, 1"

Place = tuple[str, str, str]
"""Which database a belt reads: system identifier, OID of the database, OID of the chain table."""


def challenge() -> str:
    """A new one; it is used once."""
    return secrets.token_hex(32)


def is_challenge(text: str) -> bool:
    """Whether a header holds a challenge; anything else is answered without a seal."""
    return _SHAPE.fullmatch(text) is not None


def seal(secret: str, challenged: str, place: Place, body: bytes) -> str:
    """The seal of one answer."""
    key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)
    said = "\n".join((challenged, *place)).encode() + b"\n" + hashlib.sha256(body).digest()
    return hmac.new(key, said, hashlib.sha256).hexdigest()


def fits(given: str, *, secret: str, challenged: str, place: Place, body: bytes) -> bool:
    """Whether a seal is that of this belt on this answer to this challenge."""
    return hmac.compare_digest(given.encode(), seal(secret, challenged, place, body).encode())
