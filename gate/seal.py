"""The key by which kept evidence is known from what somebody else put there."""

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
    """A key that is never shown, and what it says of a text."""

    _key: bytes = field(repr=False)

    def mark(self, *texts: str) -> str:
        """The mark of some texts: nobody without the key can make it, and no other texts have it."""
        whole = hmac.new(self._key, digestmod=hashlib.sha256)
        for text in texts:
            told = text.encode()
            whole.update(len(told).to_bytes(8) + told)
        return whole.hexdigest()

    def made(self, mark: str, *texts: str) -> bool:
        """Whether a mark is that of these texts."""
        return hmac.compare_digest(self.mark(*texts).encode(), mark.encode())


def seal_of(environment: Mapping[str, str]) -> Seal:
    """The seal of this user: by the key in the environment, else by one that lies in a file of theirs.

    Where indexers run as the same user they can read that file; give the key by the environment then, to the
    gate alone. Without a file that can be read or made, a key for this run: what it keeps is good for nobody.
    """
    if given := environment.get(VARIABLE):
        return Seal(hashlib.sha256(given.encode()).digest())
    return seal_in(key_file(environment))


def key_file(environment: Mapping[str, str]) -> Path:
    """Where the key of this user lies, if the environment gives none."""
    home = environment.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "belts" / "evidence.key"


def seal_in(file: Path) -> Seal:
    """By the key in a file, which is made where there is none."""
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            make_once(file, secrets.token_bytes(BYTES))
    with suppress(OSError):
        if len(key := file.read_bytes()) == BYTES:
            return Seal(key)
    return Seal(secrets.token_bytes(BYTES))
