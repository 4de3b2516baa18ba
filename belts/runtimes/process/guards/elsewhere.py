"""Refuses a request for another host: it would make a second belt here and leave the first running.

A request that names no host was written by hand, or by an earlier release: it is accepted.
"""

import os
from pathlib import Path

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import host_identity
from belts.runtimes.process.wire.request import Request


def refuse(request: Request, *, unnamed: bool = False) -> None:
    """Refuses a request for another host, or any request on a root that was copied from one.

    With `unnamed`, a root without a name may still get the request's, and then is that host.
    """
    own = host_identity.own(request.root)
    _refuse_link(request)
    if not request.host or request.host == own or (unnamed and own is None):
        return
    raise _refused(request, own)


def _refuse_link(request: Request) -> None:
    """Refuses a link below another root: that belt belongs there, under its lock. Other disks are fine."""
    home = request.layout.home
    place = Path(os.path.realpath(home)).parent
    if home.is_symlink() and place != Path(os.path.realpath(request.root)) and _is_root(place):
        raise Refused(
            f"the {request.part} of {request.belt} is not for this host; nothing was done",
            expected=f"{home} as a directory of its own",
            seen=f"a link to {place / home.resolve().name}, below another root",
            now=f"remove the link, or run this with {place} as `root`",
        )


def _is_root(place: Path) -> bool:
    return os.path.lexists(host_identity.file_of(place))


def settle(request: Request) -> None:
    """Gives an unnamed root the request's name; refuses if it got another name meanwhile."""
    if request.host and (own := host_identity.settle(request.root, request.host)) != request.host:
        raise _refused(request, own)


def _refused(request: Request, own: str | None) -> Refused:
    return Refused(
        f"the {request.part} of {request.belt} is not for this host; nothing was done",
        expected=f"a request for {own}, whose belts are below {request.root}" if own else UNNAMED,
        seen=f"one for {request.host}",
        now="run the same again, where two updates were the first of this host at once; else run it on that"
        f" host, or {take_over(request.host, request.belt)}",
    )


UNNAMED = "a host with a name, as `pulumi up` makes it"


def take_over(host: str, stack: str) -> str:
    """How an operator assigns the stack to this host."""
    return (
        f"take the stack over: `pulumi config set adopt {host} --stack {stack}`, then"
        f" `pulumi up --stack {stack}`. That brings up a {stack} here, leaves alone what runs there, and"
        " makes this host the one that the stack knows. Where that host is gone for good and nothing is to"
        f" come up, `pulumi stack rm --force {stack}` forgets the stack"
    )
