"""What the command can do, each verb on one belt at a time, under the belt's lock."""

from collections.abc import Mapping, Sequence
from typing import Any

from belts.files import remove_tree
from belts.runtimes.process import lease_files
from belts.runtimes.process.confine import group
from belts.runtimes.process.files import ballast, lock
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import disk, ending, held, memory, ports, retirement
from belts.runtimes.process.guards.readers import Reader
from belts.runtimes.process.parts.every import PARTS
from belts.runtimes.process.progress import note
from belts.runtimes.process.supervise import confined, supervisord
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request


def apply(request: Request) -> Mapping[str, Any]:
    """Makes the part what the request says and waits until it answers."""
    with lock.of_belt(request.layout):
        with lock.of_host(request.root):
            _refuse([request])
            lease_files.stay(request.layout.home)
            recorded.record(request)
        asked = recorded.of_belt(request.layout)
        confined.keep(request.layout, asked)
        done = PARTS[request.part].apply(request.layout, request.body)
        confined.keep(request.layout, asked)  # systemd makes no group before there is a process for it
        if request.part == "caddy":
            ballast.fill(request.layout)
        return done


def check(requests: Sequence[Request]) -> None:
    """Refuses what `apply` would refuse, and touches nothing. Parts of one belt are judged together."""
    _refuse(requests)


def check_remove(request: Request) -> tuple[Reader, ...]:
    """Refuses what `remove` would refuse, and touches nothing; names those who would be cut off."""
    if request.part in ending.PARTS:
        ending.check(request.layout)
    return retirement.check(request.layout) if request.part in retirement.PARTS else ()


def remove(request: Request) -> None:
    """Not of a belt that must stay, nor of a gateway that serves: see `retirement` and `ending`."""
    with lock.of_belt(request.layout):
        if request.part in ending.PARTS:
            ending.check(request.layout)
        if request.part in retirement.PARTS:
            retirement.begin(request.layout)
        _remove_parts(request.layout, (request.part,))


def remove_belt(layout: Layout, *, everybody: bool = False) -> None:
    """All of it, whatever state it is in: also when what was asked for can no longer be read."""
    with lock.of_belt(layout):
        ending.check(layout)
        retirement.begin(layout, everybody=everybody)
        _remove_parts(layout, tuple(PARTS))
        remove_tree(layout.home)


def heal(layout: Layout) -> None:
    """Makes the belt again what it was asked to be: the way back after its supervisor was killed."""
    for request in recorded.of_belt(layout):
        if not request.body.programs:
            continue
        apply(request)
        note(f"{layout.belt}: {request.part} is up")


def _refuse(requests: Sequence[Request]) -> None:
    given = recorded.of_host(requests[0].root)
    ports.refuse_promised(requests, given)
    memory.refuse_overcommitted(requests, given, host_mb=memory.of_host())
    disk.refuse_too_small(requests, given)
    for request in requests:
        ports.refuse_held(request)
        PARTS[request.part].check(request.layout, request.body)
        held.refuse_change(request, given)


def _remove_parts(layout: Layout, parts: Sequence[str]) -> None:
    """What leans on another goes before it; with the last part goes all that the host itself has made."""
    if not layout.home.exists():
        return
    for part in reversed(parts):
        PARTS[part].remove(layout)
        recorded.forget(layout, part)
    if any(layout.requests.glob("*.json")):
        return
    supervisord.shut_down(layout)
    group.remove(layout)
    leases = layout.home / lease_files.FOLDER
    ballast.file_of(layout).unlink(missing_ok=True)
    for own in (layout.supervisor, layout.logs, layout.requests, layout.secrets, leases):
        remove_tree(own)
    if not any(layout.home.iterdir()):  # the alias of a gateway, say, is removed by its owner
        layout.home.rmdir()
