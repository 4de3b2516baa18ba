"""How a client of Postgres begins: what it asks for before it has logged in, and what may be asked here.

The packets are those of Postgres' protocol, version 3. Pure: bytes in, what they say out.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from belts.refusal import Caught

SSL, GSS, CANCEL, LONGEST = 80_877_103, 80_877_104, 80_877_102, 10_000
MAJOR = 3
HEAD = 8
"""The length and the code, with which every first packet begins."""
READER = re.compile(r"consumer(_[0-9]{1,9})?")
"""The role, and the logins of its later generations."""


class Unfit(Caught):
    """A client that is refused, in words for it."""


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a first packet."""

    length: int
    code: int

    @property
    def rest(self) -> int:
        """How much follows."""
        return self.length - HEAD


def head(sent: bytes) -> Head:
    """Raises `Unfit` for what is no packet of a client of Postgres."""
    length, code = struct.unpack("!II", sent)
    if not HEAD <= length <= LONGEST:
        raise Unfit("that is no client of Postgres")
    return Head(length=length, code=code)


def parameters(rest: bytes) -> Mapping[str, str]:
    """Names and values of a startup packet, each ended by a zero, and one more at the end."""
    words = rest.split(b"\0")
    if len(words) < 2 or words[-2:] != [b"", b""] or b"" in words[:-2:2] or len(words) % 2:
        raise Unfit("that startup packet is none")
    try:
        texts = [word.decode() for word in words[:-2]]
    except UnicodeDecodeError:
        raise Unfit("that startup packet is no text") from None
    names, values = texts[::2], texts[1::2]
    if len(set(names)) != len(names):
        raise Unfit("that startup packet says a thing twice")
    return dict(zip(names, values, strict=True))


def demand(found: Head, rest: bytes, *, database: str) -> None:
    """Refuses all but the role `consumer` on the belt's own database."""
    if found.code >> 16 != MAJOR:
        raise Unfit("this speaks version 3 of the protocol only")
    told = parameters(rest)
    user = told.get("user", "")
    if READER.fullmatch(user) is None:
        raise Unfit("only the role consumer reads from here")
    if told.get("database", user) != database:
        raise Unfit(f"only the database {database} is read from here")
    if "replication" in told:
        raise Unfit("nobody replicates from here")


def refusal(words: str, *, code: str = "28000") -> bytes:
    """As a client of Postgres shows it: fatal, and the connection ends."""
    fields = b"".join(
        kind + value.encode() + b"\0"
        for kind, value in ((b"S", "FATAL"), (b"V", "FATAL"), (b"C", code), (b"M", f"belts: {words}"))
    )
    return b"E" + struct.pack("!I", len(fields) + 5) + fields + b"\0"
