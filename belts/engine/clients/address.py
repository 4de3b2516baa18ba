"""Which client a connection belongs to: the peer, or behind the gateway the address that it names."""

import ipaddress
from collections.abc import MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from belts import forwarded

Scope = MutableMapping[str, Any]

_CLIENT = forwarded.CLIENT.encode()
_RATE = forwarded.RATE.encode()
_NETWORK = 64
"""An IPv6 network counts as one client: its owner has 2^64 addresses."""
_LONGEST = 64
MOST_RATE = 1_000_000


@dataclass(frozen=True, slots=True)
class Client:
    """A client's name, and how many operations per second its gateway grants; 0 is no limit."""

    name: str
    rate: int = 0


def client_of(scope: Scope, proxies: frozenset[str]) -> Client:
    """The client of a connection; the headers count only from the gateway, and only valid addresses."""
    peer = scope.get("client")
    host = peer[0] if peer else ""
    if host != forwarded.GATEWAY and host not in proxies:
        return Client(named(host) or host)
    said = rate = b""
    for name, value in scope["headers"]:
        if name == _CLIENT:
            said = value
        elif name == _RATE:
            rate = value
    found = named(said.decode("latin-1")) if said else None
    # A connection from this host that bypasses the gateway counts as the peer itself.
    return Client(found or named(host) or host, _rate(rate) if found else 0)


@lru_cache(maxsize=4_096)
def named(text: str) -> str | None:
    """The address by which clients are told apart; None if it is not an address."""
    if len(text) > _LONGEST:
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), _NETWORK), strict=False))


def _rate(text: bytes) -> int:
    return min(int(text), MOST_RATE) if text.isdigit() and len(text) <= 9 else 0
