"""A folder of chains' answers, of which only sealed ones are believed."""

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
"""How many replaced lines a file may have before it is rewritten."""
LOOKED_AT_EVERY = 16
"""How many lines are added between two checks of that: each one verifies every seal again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What is stored of one event: everything that is sealed, and a note about what is ignored.

    Ranges may overlap if two provers cut them differently: the reader picks the best ones.
    """

    said: tuple[Said, ...] = ()
    ignored: str = ""


class Keeping(Protocol):
    """A store of the chains' answers."""

    def read(self, chain: int, key: str) -> Kept:
        """What is stored under a key."""

    def add(self, chain: int, key: str, said: Said) -> None:
        """Adds one record."""

    def drop(self, chain: int, key: str, dropped: Iterable[Said]) -> None:
        """Removes records that are no longer believed."""

    def created(self, chain: int, contract: str, provider: str) -> int | None:
        """The block of a contract's creation according to a provider, if it is stored."""

    def create(self, chain: int, contract: str, provider: str, block: int) -> None:
        """Stores a provider's answer to that."""


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Stores nothing: each run proves everything."""

    def read(self, chain: int, key: str) -> Kept:  # noqa: ARG002 - as the others
        """Nothing."""
        return Kept()

    def add(self, chain: int, key: str, said: Said) -> None:
        """Ignores it."""

    def drop(self, chain: int, key: str, dropped: Iterable[Said]) -> None:
        """There is nothing to remove."""

    def created(self, chain: int, contract: str, provider: str) -> int | None:  # noqa: ARG002 - as the others
        """Nothing."""
        return None

    def create(self, chain: int, contract: str, provider: str, block: int) -> None:
        """Ignores it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder:
    """One file per event, one sealed line per record. A line that was cut or edited is ignored."""

    directory: Path
    seal: Seal

    def read(self, chain: int, key: str) -> Kept:
        """The sealed records of one event."""
        return self._read(self._file(chain, key), chain, key)

    def add(self, chain: int, key: str, said: Said) -> None:
        """Appends a line, atomically for readers: half a line has no valid seal.

        If writing fails, the next run proves it again, so this one continues.
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
        """Rewrites the file without them."""
        file = self._file(chain, key)
        gone = set(dropped)
        with suppress(OSError), _alone(file):
            kept = [said for said in self._read(file, chain, key).said if said not in gone]
            replace(file, b"".join(self._line(chain, key, said) for said in kept))

    def created(self, chain: int, contract: str, provider: str) -> int | None:
        """The block in its own file, if sealed."""
        with suppress(OSError, ValueError):
            block, mark = self._creation(chain, contract, provider).read_text().split()
            if self.seal.made(mark, "created", str(chain), contract, provider, block):
                return int(block)
        return None

    def create(self, chain: int, contract: str, provider: str, block: int) -> None:
        """Writes it into its own file."""
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
        """Rewrites a file of which most lines have been replaced by later ones."""
        lines = file.read_bytes().count(b"\n")
        if lines < WASTE or lines % LOOKED_AT_EVERY:
            return
        kept = by_speaker(self._read(file, chain, key).said)
        if lines > len(kept) + WASTE:
            replace(file, b"".join(self._line(chain, key, said) for said in kept))


def _text(data: dict[str, Any]) -> str:
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()


def _end(descriptor: int) -> int:
    """The position of the last byte."""
    return os.lseek(descriptor, 0, os.SEEK_END) - 1


def _alone(file: Path) -> AbstractContextManager[int]:
    """A lock that serialises concurrent provers."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return locked(file.parent / ".lock")
