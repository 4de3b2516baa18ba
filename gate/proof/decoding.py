"""Reads an event's arguments from its logs, with readers compiled once for the wanted ones."""

import re
from collections.abc import Callable, Collection, Sequence

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from belts.refusal import Caught
from gate.observations.truth import LogSeen
from gate.policy.groundtruth import EventSignature

Value = int | bool | str
Read = Callable[[LogSeen, bytes], Value]

INTEGER = re.compile(r"u?int(\d+)")
FIXED = re.compile(r"bytes(\d+)")
WORD = 32


class UnreadableError(Caught):
    """A log does not match its event, or an argument cannot be read."""


def is_hex(kind: str) -> bool:
    """True if values of a type are written in hexadecimal digits, whose case does not matter."""
    return kind == "address" or kind.startswith("bytes")


def is_number(kind: str) -> bool:
    """True if values of a type are numbers."""
    return INTEGER.fullmatch(kind) is not None


def readers(event: EventSignature, names: Collection[str]) -> dict[str, Read]:
    """A reader for each wanted argument; raises `UnreadableError` for an unsupported one."""
    found: dict[str, Read] = {}
    topic, plain = 0, 0
    kinds = [kind for kind, indexed in zip(event.types, event.indexed, strict=True) if not indexed]
    simple = all(_elementary(kind) for kind in kinds)
    for name, kind, indexed in zip(event.arguments, event.types, event.indexed, strict=True):
        if indexed:
            topic += 1
            if name in names:
                found[name] = _from_topic(event, name, kind, topic)
        else:
            if name in names:
                found[name] = _from_data(event, name, kind, plain) if simple else _decoded(kinds, kind, plain)
            plain += 1
    missing = sorted(set(names) - found.keys())
    if missing:
        raise UnreadableError(f"{event.text} has no argument {', '.join(missing)}")
    return found


def _elementary(kind: str) -> bool:
    return not kind.endswith("]") and not kind.startswith("(")


def _from_topic(event: EventSignature, name: str, kind: str, position: int) -> Read:
    if not _elementary(kind) or kind in {"string", "bytes"}:
        raise UnreadableError(f"{name} of {event.text} is indexed, and the chain holds only its hash")
    read = _word(kind)
    return lambda log, _: read(bytes.fromhex(log.topics[position][2:]))


def _from_data(event: EventSignature, name: str, kind: str, position: int) -> Read:
    begin = position * WORD
    if kind in {"string", "bytes"}:
        return lambda _, data: _dynamic(kind, data, begin)
    if kind == "function":
        raise UnreadableError(f"{name} of {event.text} is a function")
    read = _word(kind)
    return lambda _, data: read(data[begin : begin + WORD])


def _decoded(kinds: Sequence[str], kind: str, position: int) -> Read:
    """Reads an argument beside arrays or tuples, whose position in the data varies."""
    if not _elementary(kind):
        raise UnreadableError(f"arguments of type {kind} cannot be compared with a column")

    def read(_: LogSeen, data: bytes) -> Value:
        try:
            value = decode(list(kinds), data)[position]
        except (DecodingError, ValueError) as error:
            raise UnreadableError(str(error)) from None
        if isinstance(value, bytes):
            return f"0x{value.hex()}"
        return value if isinstance(value, int) else str(value).replace("\0", "")

    return read


def _word(kind: str) -> Callable[[bytes], Value]:
    """A reader for one word, which raises for a value outside of its type."""
    if (match := INTEGER.fullmatch(kind)) is not None:
        bits, signed = int(match[1]), kind.startswith("int")
        least, most = (-(1 << bits - 1), 1 << bits - 1) if signed else (0, 1 << bits)
        return lambda word: _within(int.from_bytes(_whole(word), signed=signed), least, most)
    if (match := FIXED.fullmatch(kind)) is not None:
        size = int(match[1])
        return lambda word: f"0x{_padded(word, word[size:])[:size].hex()}"
    if kind == "bool":
        return lambda word: bool(_within(int.from_bytes(_whole(word)), 0, 2))
    return lambda word: f"0x{_padded(word, word[:12])[12:].hex()}"


def _dynamic(kind: str, data: bytes, begin: int) -> Value:
    offset = int.from_bytes(_whole(data[begin : begin + WORD]))
    length = int.from_bytes(_whole(data[offset : offset + WORD]))
    value = data[offset + WORD : offset + WORD + length]
    if len(value) != length:
        raise UnreadableError("its data is cut off")
    # Postgres texts hold no zero bytes, so no row can.
    return value.decode(errors="replace").replace("\0", "") if kind == "string" else f"0x{value.hex()}"


def _whole(word: bytes) -> bytes:
    if len(word) != WORD:
        raise UnreadableError("its data is cut off")
    return word


def _within(value: int, least: int, most: int) -> int:
    if not least <= value < most:
        raise UnreadableError(f"{value} is not within the type of its argument")
    return value


def _padded(word: bytes, rest: bytes) -> bytes:
    if any(rest) or len(word) != WORD:
        raise UnreadableError("a word of its data is not within the type of its argument")
    return word
