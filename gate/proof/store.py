"""A folder of chains' answers, of which only those that bear the seal are believed."""

import hashlib
import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import orjson

from belts.files import replace
from belts.locks import locked
from gate.amounts import agree, amount
from gate.proof.said import Said, as_data, by_speaker, of_data
from gate.seal import Seal

WASTE = 64
"""How many lines a file may have that later ones have replaced, before it is written anew."""
LOOKED_AT_EVERY = 16
"""How many lines are added between two looks at that: each look reads every mark anew."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What is kept of one event: all that bears the seal, and what lies beside it that counts for none.

    Ranges may overlap, as two provers have cut them: whoever reads takes those that serve best.
    """

    said: tuple[Said, ...] = ()
    ignored: str = ""


class Keeping(Protocol):
    """Where it is kept."""

    def read(self, chain: int, key: str) -> Kept:
        """What is kept under a key."""

    def add(self, chain: int, key: str, said: Said) -> None:
        """Keeps one record more."""

    def drop(self, chain: int, key: str, dropped: Iterable[Said]) -> None:
        """Forgets records that are no longer believed."""

    def created(self, chain: int, contract: str, provider: str) -> int | None:
        """The block in which a contract was created, if that provider has said it."""

    def create(self, chain: int, contract: str, provider: str, block: int) -> None:
        """Keeps what a provider says of that."""


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Keeps nothing: each run proves all of it."""

    def read(self, chain: int, key: str) -> Kept:  # noqa: ARG002 - as the others
        """Nothing."""
        return Kept()

    def add(self, chain: int, key: str, said: Said) -> None:
        """Lets it go."""

    def drop(self, chain: int, key: str, dropped: Iterable[Said]) -> None:
        """Has nothing to forget."""

    def created(self, chain: int, contract: str, provider: str) -> int | None:  # noqa: ARG002 - as the others
        """Nothing."""
        return None

    def create(self, chain: int, contract: str, provider: str, block: int) -> None:
        """Lets it go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder:
    """One file an event, one line a record, each with its mark. Whatever is cut or edited is no record."""

    directory: Path
    seal: Seal

    def read(self, chain: int, key: str) -> Kept:
        """The records of one event that bear the seal."""
        return self._read(self._file(chain, key), chain, key)

    def add(self, chain: int, key: str, said: Said) -> None:
        """Adds a line, whole or not at all as far as a reader can tell: half a line bears no seal.

        What cannot be written is proved again by the next run, which is no reason to end this one.
        """
        file = self._file(chain, key)
        with suppress(OSError), _alone(file):
            descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                cut = (
                    os.lseek(descriptor, 0, os.SEEK_END)
                    and os.pread(descriptor, 1, _end(descriptor)) != b"\n"
                )
                os.write(descriptor, (b"\n" if cut else b"") + self._line(chain, key, said))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._tidy(file, chain, key)

    def drop(self, chain: int, key: str, dropped: Iterable[Said]) -> None:
        """Writes the file anew, without them."""
        file = self._file(chain, key)
        gone = set(dropped)
        with suppress(OSError), _alone(file):
            kept = [said for said in self._read(file, chain, key).said if said not in gone]
            replace(file, b"".join(self._line(chain, key, said) for said in kept))

    def created(self, chain: int, contract: str, provider: str) -> int | None:
        """The block in the file of its own that bears the seal."""
        with suppress(OSError, ValueError):
            block, mark = self._creation(chain, contract, provider).read_text().split()
            if self.seal.made(mark, "created", str(chain), contract, provider, block):
                return int(block)
        return None

    def create(self, chain: int, contract: str, provider: str, block: int) -> None:
        """Writes it into a file of its own."""
        file = self._creation(chain, contract, provider)
        mark = self.seal.mark("created", str(chain), contract, provider, str(block))
        with suppress(OSError), _alone(file):
            replace(file, f"{block} {mark}\n")

    def _creation(self, chain: int, contract: str, provider: str) -> Path:
        whose = hashlib.sha256(provider.encode()).hexdigest()[:16]
        return self.directory / str(chain) / f"{contract}.{whose}.created"

    def _file(self, chain: int, key: str) -> Path:
        return self.directory / str(chain) / f"{key}.jsonl"

    def _read(self, file: Path, chain: int, key: str) -> Kept:
        try:
            lines = file.read_bytes().splitlines()
        except OSError:
            return Kept()
        found = [self._record(line, chain, key) for line in lines if line]
        strange = found.count(None)
        return Kept(
            said=tuple(sorted({said for said in found if said is not None}, key=lambda said: said.span)),
            ignored=(
                f"{strange:,} of {amount(len(found), 'line')} of {file} {agree(strange, 'bears', 'bear')}"
                " no seal of ours: proved again"
            )
            if strange
            else "",
        )

    def _record(self, line: bytes, chain: int, key: str) -> Said | None:
        try:
            data: Any = orjson.loads(line)
            mark = str(data.pop("mark"))
            if self.seal.made(mark, str(chain), key, _text(data)):
                return of_data(data)
        except (ValueError, KeyError, TypeError, AttributeError):
            pass
        return None

    def _line(self, chain: int, key: str, said: Said) -> bytes:
        data = as_data(said)
        return orjson.dumps({**data, "mark": self.seal.mark(str(chain), key, _text(data))}) + b"\n"

    def _tidy(self, file: Path, chain: int, key: str) -> None:
        """Writes a file anew of which most lines have been replaced by later ones."""
        lines = file.read_bytes().count(b"\n")
        if lines < WASTE or lines % LOOKED_AT_EVERY:
            return
        kept = by_speaker(self._read(file, chain, key).said)
        if lines > len(kept) + WASTE:
            replace(file, b"".join(self._line(chain, key, said) for said in kept))


def _text(data: dict[str, Any]) -> str:
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()


def _end(descriptor: int) -> int:
    """Where the last byte is."""
    return os.lseek(descriptor, 0, os.SEEK_END) - 1


def _alone(file: Path) -> AbstractContextManager[int]:
    """Two provers that run at once write one after the other."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return locked(file.parent / ".lock")
