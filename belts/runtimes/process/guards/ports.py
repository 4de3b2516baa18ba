"""Refuses a port that another part was assigned, or that another process holds, and names the holder."""

import time
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import beside, listeners
from belts.runtimes.process.guards.beside import Beside
from belts.runtimes.process.supervise import leftovers
from belts.runtimes.process.supervise.readiness import listens
from belts.runtimes.process.wire.request import Request


def refuse_promised(asked: Sequence[Request], recorded: Iterable[Request]) -> None:
    """Refuses two parts on one port, among the requests or between them and other belts."""
    taken: dict[int, Request] = {}
    replaced = {(request.belt, request.part) for request in asked}
    others = [request for request in recorded if (request.belt, request.part) not in replaced]
    for request in chain(others, asked):
        for port in request.body.ports:
            if port in taken:
                raise Refused(
                    f"{request.belt}: port {port} of its {request.part} is taken",
                    expected="a port of its own for every part on this host",
                    seen=f"{port} belongs to the {taken[port].part} of {taken[port].belt!r}",
                    now=f"give the {request.part} of {request.belt!r} another port",
                )
            taken[port] = request


LOOKS_S = (0.0, 0.5, 1.0)
"""A process of the belt's own that ends during the look briefly has no owner, or another one."""


def refuse_held(request: Request) -> None:
    """If a port answers already, it must be a process of this belt that answers."""
    for port in request.body.ports:
        if all(_is_strange(request, port, after_s=after) for after in LOOKS_S):
            raise Refused(
                f"{request.belt}: port {port} of its {request.part} is in use",
                expected=f"nobody, or a process of {request.belt!r}, listening on 127.0.0.1:{port}",
                seen=f"it is held by {_holder(request, port)}",
                now="end that process, or choose another port",
            )


def strangers(layout: Layout, port: int) -> tuple[str, ...]:
    """Other listeners on a port of this belt: processes may share a port, and each gets some requests."""
    import psutil  # noqa: PLC0415 -- only where somebody asks

    own: set[int | None] = {process.pid for process in leftovers.of_belt(layout)}
    if {each.uid for each in listeners.of(port)} == {leftovers.user_of(layout)}:
        own.add(None)  # what root may not look into is its own indexer, by its user
    found = {each.pid for each in psutil.net_connections("tcp") if _listens_on(each, port)} - own
    words = ("a process of another user" if pid is None else f"pid {pid}" for pid in found)
    return tuple(sorted(words))


def _is_strange(request: Request, port: int, *, after_s: float) -> bool:
    time.sleep(after_s)
    return (listens(port) or bool(listeners.of(port))) and not _is_own(request, port)


def _is_own(request: Request, port: int) -> bool:
    import psutil  # noqa: PLC0415 -- only where a port answers

    user = leftovers.user_of(request.layout)
    if user is not None and any(each.uid == user for each in listeners.of(port)):
        return True
    for process in leftovers.of_belt(request.layout):
        try:
            if any(_listens_on(each, port) for each in psutil.Process(process.pid).net_connections("tcp")):
                return True
        except psutil.Error:
            continue
    return False


def _holder(request: Request, port: int) -> str:
    """Names the holder: its belt if that is of another root, else the process, else its user."""
    import psutil  # noqa: PLC0415 -- only where a port is refused

    others = beside.seen(request.root)
    for each in psutil.net_connections("tcp"):
        if not (_listens_on(each, port) and each.pid):
            continue
        homes = (one.home for one in others if each.pid in one.pids)
        belt = next((f", of {home.name} below {home.parent}" for home in homes), "")
        try:
            return f"{psutil.Process(each.pid).name()} (pid {each.pid}{belt})"
        except psutil.Error:
            return f"pid {each.pid}{belt}"
    return _of_another_user(port, others)


def _of_another_user(port: int, others: Sequence[Beside]) -> str:
    found = listeners.of(port)
    if not found:
        return "a process that this user may not see"
    roots = sorted({str(one.home.parent) for one in others if one.uid == found[0].uid})
    below = f", who has belts below {' and '.join(roots)}" if roots else ""
    return f"a process of {found[0].user}{below}"


def _listens_on(connection: object, port: int) -> bool:
    address: Any = getattr(connection, "laddr", None)
    return getattr(connection, "status", "") == "LISTEN" and bool(address) and address.port == port
