"""Arguments of elementary types, each of which fills one word of 32 bytes, as the ABI lays them out.

Nearly every event has no others, and the library that knows them all takes longer to load than a chain to be
asked. The tests hold the two against each other.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

WORD = 32
TYPE = re.compile(r"(address|bool|uint|int|bytes)([1-9]\d*)?")

Read = Callable[[bytes], object]


class PaddingError(ValueError):
    """A word holds more than its type has room for."""


def readers(kinds: Sequence[str]) -> tuple[Read, ...] | None:
    """What reads each of the types; None where one of them is not elementary."""
    found = tuple(map(_reader, kinds))
    return None if None in found else tuple(read for read in found if read is not None)


def decoded(reads: Sequence[Read], data: bytes) -> tuple[object, ...]:
    """The values in the words that data begins with; ValueError where they are cut off or are none."""
    if len(data) < WORD * len(reads):
        raise ValueError(f"{len(data)} bytes, where {len(reads)} arguments fill {WORD * len(reads)}")
    return tuple(read(data[WORD * place : WORD * (place + 1)]) for place, read in enumerate(reads))


@lru_cache(maxsize=128)
def _reader(kind: str) -> Read | None:
    match = TYPE.fullmatch(kind)
    if match is None:
        return None
    name, size = match[1], int(match[2] or 0)
    if name in {"address", "bool"} and not size:
        return _address if name == "address" else _bool
    if name in {"uint", "int"} and size in range(8, 257, 8):
        return lambda word: _number(word, size, signed=name == "int")
    if name == "bytes" and size in range(1, WORD + 1):
        return lambda word: _bytes(word, size)
    return None


def _address(word: bytes) -> str:
    return f"0x{_number(word, 160, signed=False):040x}"


def _bool(word: bytes) -> bool:
    return _number(word, 1, signed=False) == 1


def _number(word: bytes, bits: int, *, signed: bool) -> int:
    value = int.from_bytes(word, signed=signed)
    least, most = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    if not least <= value <= most:
        raise PaddingError(f"a number of {bits} bits, and the word 0x{word.hex()}")
    return value


def _bytes(word: bytes, size: int) -> bytes:
    if any(word[size:]):
        raise PaddingError(f"{size} bytes, and the word 0x{word.hex()}")
    return word[:size]
