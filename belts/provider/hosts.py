"""One host in every spelling: case, trailing dots, numbers in any base, IPv6, and the names of this machine.

Only what a name says by itself is known here. Two names that lead to one address, and the other addresses of
this machine, are two hosts: nobody is asked.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address
from unicodedata import normalize
from urllib.parse import unquote

LOCAL = "localhost"
"""What every name of the machine itself is called."""
NAMES_OF_LOCAL = frozenset(
    {
        LOCAL,
        "localhost.localdomain",
        "localhost4",
        "localhost4.localdomain4",
        "localhost6",
        "localhost6.localdomain6",
        "ip6-localhost",
        "ip6-loopback",
    }
)
BASES = {"0x": 16, "0": 8, "": 10}
"""By how a part of an address begins, as the C library reads it."""


def canonical(name: str) -> str:
    """The host that a URL names, so that two spellings of one host are one text."""
    while (plain := normalize("NFKC", unquote(name))) != name:
        name = plain
    name = name.replace("。", ".").casefold().strip("[]").rstrip(".")
    if name in NAMES_OF_LOCAL or name.endswith(f".{LOCAL}"):
        return LOCAL
    address = _address(name)
    if address is None:
        return _ascii(name)
    return LOCAL if address.is_loopback or address.is_unspecified else address.compressed


def is_address(name: str) -> bool:
    """Whether a canonical host is an address, and no name."""
    return ":" in name or _short(name) is not None


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """The address that a text is, in whatever spelling a connection takes."""
    try:
        found: IPv4Address | IPv6Address | None = ip_address(name)
    except ValueError:
        found = _short(name)
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _short(name: str) -> IPv4Address | None:
    """`127.1`, `0x7f.0.0.1`, `017700000001`, `2130706433`: the last part fills what the others leave."""
    parts = [_number(part) for part in name.split(".")]
    numbers = [part for part in parts if part is not None]
    if len(numbers) != len(parts) or len(parts) > 4:
        return None
    *bytes_, rest = numbers
    if any(byte > 0xFF for byte in bytes_) or rest >= 256 ** (4 - len(bytes_)):
        return None
    head = int.from_bytes(bytes(bytes_), "big") << 8 * (4 - len(bytes_))
    return IPv4Address(head + rest)


def _number(part: str) -> int | None:
    """One part of an address; `None` for what is no number."""
    if not (part.isascii() and part.isalnum()):
        return None
    begin = next(begin for begin in BASES if part.startswith(begin) and part != begin)
    try:
        return int(part.removeprefix(begin), BASES[begin])
    except ValueError:
        return None


def _ascii(name: str) -> str:
    """A name as it goes over the wire; with a `%` in it, it is none, and could come out quoted anew."""
    if "%" in name:
        return name
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return name
