"""One form for every spelling of a host: case, trailing dots, number bases, IPv6, names of this machine.

Only the name itself is considered. Two names that resolve to one address, and the other addresses of this
machine, count as different hosts: nothing is resolved.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address
from unicodedata import normalize
from urllib.parse import unquote

LOCAL = "localhost"
"""The canonical name for this machine itself."""
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
"""The prefixes of number bases, as the C library reads them."""


def canonical(name: str) -> str:
    """The canonical host of a URL, so that two spellings of one host are equal."""
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
    """Whether a canonical host is an address rather than a name."""
    return ":" in name or _short(name) is not None


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """The address of a text, in any spelling that a connection accepts; None for a name."""
    try:
        found: IPv4Address | IPv6Address | None = ip_address(name)
    except ValueError:
        found = _short(name)
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _short(name: str) -> IPv4Address | None:
    """`127.1`, `0x7f.0.0.1`, `017700000001`, `2130706433`: the last part fills the remaining bytes."""
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
    """One part of an address; None if it is not a number."""
    if not (part.isascii() and part.isalnum()):
        return None
    begin = next(begin for begin in BASES if part.startswith(begin) and part != begin)
    try:
        return int(part.removeprefix(begin), BASES[begin])
    except ValueError:
        return None


def _ascii(name: str) -> str:
    """A name in its wire form; unchanged with a `%` in it, which makes it invalid."""
    if "%" in name:
        return name
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return name
