"""Parses an event's signature as Solidity and Envio's config write it."""

import re
from collections.abc import Iterator

from eth_hash.auto import keccak

from belts.refusal import Caught
from gate.policy.groundtruth import EventSignature

EXPECTED = "an event such as Transfer(address indexed from, address indexed to, uint256 value)"
WIDTHS = "|".join(str(bits) for bits in range(256, 0, -8))
ELEMENTARY = re.compile(rf"(address|bool|string|function|bytes([1-9]|[12]\d|3[0-2])?|u?int({WIDTHS})?)")
ARRAYS = r"((?:\[\d*\])*)"
ARGUMENT = re.compile(rf"(.*?{ARRAYS})(\s+indexed)?(?:\s+([A-Za-z_$][\w$]*))?", re.DOTALL)
INDEXED_AT_MOST = 3


class SignatureError(Caught):
    """A text is not the signature of an event."""

    def __init__(self, text: str) -> None:
        """Says what is expected; the reader of the file reports what was given."""
        super().__init__(f"{text!r} is not {EXPECTED}")


def event_signature(text: str) -> EventSignature:
    """Parses an event; raises `SignatureError`."""
    match = re.fullmatch(r"\s*(?:event\s+)?([A-Za-z_$][\w$]*)\s*\((.*)\)\s*;?\s*", text, re.DOTALL)
    if match is None:
        raise SignatureError(text)
    arguments = [_argument(part, text) for part in _split(match[2], text)]
    types = tuple(kind for kind, _, _ in arguments)
    indexed = tuple(flag for _, flag, _ in arguments)
    if sum(indexed) > INDEXED_AT_MOST:
        raise SignatureError(text)
    canonical = f"{match[1]}({','.join(types)})"
    return EventSignature(
        text=canonical,
        name=match[1],
        types=types,
        indexed=indexed,
        arguments=tuple(name for _, _, name in arguments),
        topic0=f"0x{keccak(canonical.encode()).hex()}",
    )


def _argument(part: str, text: str) -> tuple[str, bool, str]:
    """Type, whether it is indexed, and name of one argument."""
    match = ARGUMENT.fullmatch(part.strip())
    if match is None:
        raise SignatureError(text)
    name = match[4] or ""
    if name == "indexed":
        return _canonical(match[1], text), True, ""
    return _canonical(match[1], text), match[3] is not None, name


def _canonical(kind: str, text: str) -> str:
    """A type as it is hashed: `uint` is `uint256`, a tuple is its members in brackets."""
    match = re.fullmatch(rf"(.*?){ARRAYS}", kind.strip(), re.DOTALL)
    base, arrays = (match[1].strip(), match[2]) if match else ("", "")
    inner = re.fullmatch(r"(?:tuple)?\s*\((.*)\)", base, re.DOTALL)
    if inner is not None:
        members = ",".join(_argument(part, text)[0] for part in _split(inner[1], text))
        return f"({members}){arrays}"
    if not ELEMENTARY.fullmatch(base):
        raise SignatureError(text)
    return f"{base}256{arrays}" if base in {"uint", "int"} else f"{base}{arrays}"


def _split(text: str, whole: str) -> Iterator[str]:
    """The parts between the commas that are not inside brackets."""
    if not text.strip():
        return
    depth, part = 0, ""
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            raise SignatureError(whole)
        if character == "," and depth == 0:
            yield part
            part = ""
        else:
            part += character
    if depth:
        raise SignatureError(whole)
    yield part
