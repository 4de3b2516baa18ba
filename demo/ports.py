"""A block of ports for one checkout, chosen once and kept, so that two checkouts do not collide."""

import socket
import zlib
from pathlib import Path

from belts.refusal import Refusal

TEMPLATE = 20_500
"""The first port of the block in the templates."""

SIZE = 40
FIRST, LAST = 28_000, 32_000
"""Below the kernel's ephemeral ports, and above the tests' ports."""


class NoPorts(Refusal):
    """This machine has no block of free ports."""


def block(kept: Path, *, seed: str) -> int:
    """The first port of this checkout's block; the search for a new one starts at a place given by `seed`."""
    if kept.exists():
        return int(kept.read_text())
    blocks = (LAST - FIRST) // SIZE
    start = zlib.crc32(seed.encode()) % blocks
    for step in range(blocks):
        first = FIRST + (start + step) % blocks * SIZE
        if all(_free(port) for port in range(first, first + SIZE)):
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(f"{first}\n")
            return first
    raise NoPorts(
        "the demo has no ports",
        expected=f"{SIZE} free ones in a row between {FIRST} and {LAST}",
        seen="none",
        now="end what holds them",
    )


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
