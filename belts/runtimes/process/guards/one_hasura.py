"""Refuses a Hasura that another belt names too: a belt's first start clears all that the other one serves by.

And two belts by URL that are one: by their URL, their Hasura's catalogue, or the database behind them.

By its address, as it is written, whatever the name of this machine is in it. Names are not looked up: one
address may be the door of many Hasuras. Two names of one are told by what it calls itself, once it is asked.
"""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.parts import instance
from belts.runtimes.process.wire.request import Request
from belts.spec.edge import Edge
from belts.spec.engine import EmbeddedEngine, ExternalHasura

THIS_MACHINE = "this machine"
PORTS = {"http": 80, "https": 443}
Door = tuple[str, int, str]
"""Host, port and path."""


def refuse(asked: Iterable[Request], recorded: Iterable[Request]) -> None:
    """Every Hasura that is asked for, against the engines of all other belts here, embedded ones too."""
    known = tuple(recorded)
    asked = tuple(asked)
    _refuse_one_behind_two(asked, known)
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


def _refuse_one_behind_two(asked: Iterable[Request], recorded: Iterable[Request]) -> None:
    """A belt by URL, against all that is known of the others: moving from a belt to itself proves nothing."""
    known = tuple(recorded)
    for request in asked:
        own = request.body
        if not isinstance(own, Edge):
            continue
        for other in known:
            if other.layout != request.layout and (seen := _same(own, other.body)):
                raise Refused(
                    f"{request.belt}: it is {other.belt} under another name",
                    expected=f"a belt of its own, with a Hasura and a database that {other.belt} has not",
                    seen=seen,
                    now=f"give {request.belt} the URLs of another belt in its stack's config",
                )


def _same(own: Edge, other: object) -> str | None:
    """What both have, in words."""
    if isinstance(other, Edge):
        if door(own.url) == door(other.url):
            return f"{own.url} is the URL of both"
        if (own.system_identifier, own.database_oid) == (other.system_identifier, other.database_oid):
            return f"one database: {own.database} of system {own.system_identifier}"
        if own.catalogue is not None and own.catalogue == other.catalogue:
            return f"one Hasura: both call themselves {own.catalogue}"
    if isinstance(other, EmbeddedEngine | ExternalHasura) and door(own.url) == door(other.graphql):
        return f"{own.url} is where its engine answers"
    return None


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
