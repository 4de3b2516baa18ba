"""What the command can do, each verb on one belt at a time, under the belt's lock."""

from collections.abc import Mapping, Sequence
from typing import Any

from belts.host import lock, memory, ports, postgres, recorded, supervisord
from belts.host.layout import Layout, remove_tree
from belts.host.part import Part
from belts.host.progress import note
from belts.host.request import Request

PARTS: dict[str, Part] = {
    "postgres": Part(apply=postgres.apply, remove=postgres.remove),
}


def apply(request: Request) -> Mapping[str, Any]:
    """Makes the part what the request says and waits until it answers."""
    with lock.of_belt(request.layout):
        _refuse([request])
        recorded.record(request)
        return PARTS[request.part].apply(request.layout, request.body)


def check(requests: Sequence[Request]) -> None:
    """Refuses what `apply` would refuse, and touches nothing. Parts of one belt are judged together."""
    _refuse(requests)


def remove(request: Request) -> None:
    with lock.of_belt(request.layout):
        _remove_part(request.layout, request.part)


def remove_belt(layout: Layout) -> None:
    """Every part, whatever state it is in: also when what was asked for can no longer be read."""
    with lock.of_belt(layout):
        for part in reversed(PARTS):
            _remove_part(layout, part)
        _remove_home(layout)


def heal(layout: Layout) -> None:
    """Makes the belt again what it was asked to be: the way back after its supervisor was killed."""
    for request in recorded.of_belt(layout):
        if getattr(request.body, "external", None):
            continue
        apply(request)
        note(f"{layout.belt}: {request.part} is up")


def _refuse(requests: Sequence[Request]) -> None:
    given = recorded.of_host(requests[0].root)
    ports.refuse_promised(requests, given)
    memory.refuse_overcommitted(requests, given, host_mb=memory.of_host())
    for request in requests:
        ports.refuse_held(request)
        PARTS[request.part].check(request.layout, request.body)


def _remove_part(layout: Layout, part: str) -> None:
    if not layout.home.exists():
        return
    PARTS[part].remove(layout)
    recorded.forget(layout, part)
    if not any(layout.requests.glob("*.json")):
        _remove_home(layout)


def _remove_home(layout: Layout) -> None:
    supervisord.shut_down(layout)
    remove_tree(layout.home)
