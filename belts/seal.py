"""A belt seals its answer to a challenge: a holder of its key can verify which belt answered just now.

The caller sends a random challenge. The belt answers with a MAC over that challenge, over the database that
it reads, and over the answer itself. So an answer of another belt, of another database, from a cache, or one
changed in transit, has no matching seal. The key is derived from the admin secret, for this purpose only.
"""

import hashlib
import hmac
import re
import secrets
import time

CHALLENGE = "x-belts-challenge"
SEAL = "x-belts-seal"
_SHAPE = re.compile(r"[0-9a-f]{64}")
_PURPOSE = b"belts: seal of an answer, 1"
_ASKING = b"belts: a challenge of who holds the secret, 1"
_FRESH_S = 300

Place = tuple[str, str, str]
"""The database that a belt reads: system identifier, OID of the database, OID of the chain table."""


def challenge() -> str:
    """A new challenge, to be used once."""
    return secrets.token_hex(32)


def proving_challenge(secret: str, now: float | None = None) -> str:
    """A new challenge that proves to a belt, for some minutes, that its sender holds the belt's secret.

    To anyone else it looks like any challenge. So the route through the gateway, which drops admin headers,
    still distinguishes the gate from a flood of strangers, and reveals nothing to them.
    """
    moment = int(time.time() if now is None else now)
    head = f"{moment:012x}{secrets.token_hex(10)}"
    return head + _mark(secret, head)


def proves(secret: str, challenged: str, now: float | None = None) -> bool:
    """Whether a challenge was made recently with this secret."""
    if not is_challenge(challenged):
        return False
    head, mark = challenged[:32], challenged[32:]
    if not hmac.compare_digest(mark, _mark(secret, head)):
        return False
    return abs(int(head[:12], 16) - (time.time() if now is None else now)) <= _FRESH_S


def _mark(secret: str, head: str) -> str:
    key = hmac.digest(secret.encode(), _ASKING, hashlib.sha256)
    return hmac.new(key, head.encode(), hashlib.sha256).hexdigest()[:32]


def is_challenge(text: str) -> bool:
    """Whether a header contains a challenge; anything else is answered without a seal."""
    return _SHAPE.fullmatch(text) is not None


def seal(secret: str, challenged: str, place: Place, body: bytes) -> str:
    """The seal of one answer."""
    key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)
    said = "\n".join((challenged, *place)).encode() + b"\n" + hashlib.sha256(body).digest()
    return hmac.new(key, said, hashlib.sha256).hexdigest()


def fits(given: str, *, secret: str, challenged: str, place: Place, body: bytes) -> bool:
    """Whether a seal is this belt's for this answer to this challenge."""
    return hmac.compare_digest(given.encode(), seal(secret, challenged, place, body).encode())
