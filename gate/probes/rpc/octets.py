"""Converts a provider's hexadecimal texts into the bytes that are hashed.

Each header and receipt of a history passes through here, so no library that accepts other kinds of text is
used.
"""

from binascii import unhexlify
from typing import Any


def data(text: Any) -> bytes:
    """The bytes of `0x` and pairs of digits; raises `TypeError` or `ValueError` for anything else."""
    return unhexlify(_digits(text))


def quantity(text: Any) -> bytes:
    """The bytes of a number without leading zeros, as they are hashed; empty for 0."""
    digits = _digits(text)
    return unhexlify(digits.rjust(len(digits) + len(digits) % 2, "0")).lstrip(b"\0")


def _digits(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{type(text).__name__} is no hexadecimal text")
    if text[:2] not in ("0x", "0X"):
        raise ValueError("a hexadecimal text begins with 0x")
    return text[2:]
