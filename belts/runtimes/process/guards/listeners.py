"""Who listens on a port of this machine, as the kernel shows it to every user, for any user's process."""

import pwd
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
LISTEN = "0A"
EVERYWHERE = ("00000000", "0" * 32)
LOOPBACK = ("0100007F", "0000000000000000FFFF00000100007F")
"""Addresses in the kernel's form; a listener on one of these occupies the port on 127.0.0.1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    uid: int

    @property
    def user(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return f"uid {self.uid}"


def of(port: int) -> tuple[Listener, ...]:
    """The listeners that a part on this port would collide with; none if the kernel hides them."""
    return tuple(
        Listener(uid=int(words[7]))
        for words in _rows()
        if words[3] == LISTEN and _meets(*words[1].rsplit(":", 1), port=port)
    )


def _meets(address: str, number: str, *, port: int) -> bool:
    return int(number, 16) == port and address in (*EVERYWHERE, *LOOPBACK)


def _rows() -> Iterator[list[str]]:
    for table in TABLES:
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        yield from (words for line in lines if len(words := line.split()) > 7)
