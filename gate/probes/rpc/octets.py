"""Hexadecimal texts of a provider as the bytes that are hashed.

Each header and each receipt of a history goes through here, which is why no library that takes a text of any
kind stands in between.
"""

from binascii import unhexlify
from typing import Any


def data(text: Any) -> bytes:
    """The bytes that `0x` and pairs of digits stand for; `TypeError` or `ValueError` for anything else."""
    return unhexlify(_digits(text))


def quantity(text: Any) -> bytes:
    """The bytes of a number without zeros before them, as they are hashed; none at all for 0."""
    digits = _digits(text)
    return unhexlify(digits.rjust(len(digits) + len(digits) % 2, "0")).lstrip(b"\0")


def _digits(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{type(text).__name__} is no hexadecimal text")
    if text[:2] not in ("0x", "0X"):
        raise ValueError("a hexadecimal text begins with 0x")
    return text[2:]
