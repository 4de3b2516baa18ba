"""The key that distinguishes stored evidence from what others put there."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from belts.files import make_once

VARIABLE = "BELTS_EVIDENCE_KEY"
BYTES = 32


@dataclass(frozen=True, slots=True)
class Seal:
    """A key that is never shown, and the marks that it makes."""

    _key: bytes = field(repr=False)

    def mark(self, *texts: str) -> str:
        """The mark of some texts: it cannot be made without the key, and no other texts have it."""
        whole = hmac.new(self._key, digestmod=hashlib.sha256)
        for text in texts:
            told = text.encode()
            whole.update(len(told).to_bytes(8) + told)
        return whole.hexdigest()

    def made(self, mark: str, *texts: str) -> bool:
        """True if a mark is that of these texts."""
        return hmac.compare_digest(self.mark(*texts).encode(), mark.encode())


def seal_of(environment: Mapping[str, str]) -> Seal:
    """The seal of this user, from the key in the environment or else in a file of theirs.

    If indexers run as the same user, they can read that file; then give the key in the environment, to the
    gate alone. Without a readable or creatable file, the key is random, and later runs ignore the evidence.
    """
    if given := environment.get(VARIABLE):
        return Seal(hashlib.sha256(given.encode()).digest())
    return seal_in(key_file(environment))


def key_file(environment: Mapping[str, str]) -> Path:
    """The file of this user's key if the environment gives none."""
    home = environment.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "belts" / "evidence.key"


def seal_in(file: Path) -> Seal:
    """The seal of the key in a file, which is created if missing."""
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            make_once(file, secrets.token_bytes(BYTES))
    with suppress(OSError):
        if len(key := file.read_bytes()) == BYTES:
            return Seal(key)
    return Seal(secrets.token_bytes(BYTES))
