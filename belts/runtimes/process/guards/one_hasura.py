"""Refuses a Hasura that another belt names too: a belt's first start clears all that the other one serves by.

By its address, as it is written, whatever the name of this machine is in it. Names are not looked up: one
address may be the door of many Hasuras. Two names of one are told by what it calls itself, once it is asked.
"""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from belts.runtimes.process.parts import instance
from belts.runtimes.process.wire.request import Request
from belts.spec.engine import EmbeddedEngine, ExternalHasura

THIS_MACHINE = "this machine"
PORTS = {"http": 80, "https": 443}
Door = tuple[str, int, str]
"""Host, port and path."""


def refuse(asked: Iterable[Request], recorded: Iterable[Request]) -> None:
    """Every Hasura that is asked for, against the engines of all other belts here, embedded ones too."""
    known = tuple(recorded)
    for request in asked:
        if not isinstance(request.body, ExternalHasura):
            continue
        for other in known:
            if (
                other.layout != request.layout
                and isinstance(other.body, EmbeddedEngine | ExternalHasura)
                and door(other.body.graphql) == door(request.body.graphql)
            ):
                raise instance.shared(
                    request.belt, other.belt, f"{request.body.url}, which is that of {other.belt}"
                )


def door(url: str) -> Door:
    """Where a URL leads, as far as its text tells."""
    where = urlsplit(url)
    return _host(where.hostname or ""), where.port or PORTS.get(where.scheme, 0), where.path.rstrip("/")


def _host(name: str) -> str:
    """`localhost`, `127.1` and `[::1]` are one; every other host is what it is called."""
    name = name.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return THIS_MACHINE
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        try:
            address = ipaddress.ip_address(socket.inet_aton(name))
        except OSError:
            return name
    mapped = getattr(address, "ipv4_mapped", None) or address
    return THIS_MACHINE if mapped.is_loopback or mapped.is_unspecified else str(mapped)
