"""Which Hasura serves a belt, recorded so that no other belt uses the same one under another name."""

from collections.abc import Iterator

from belts.files import private_dir, read_json, write_private_json
from belts.runtimes.process.errors import Refused, readable
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request
from belts.spec.engine import ENGINE, EmbeddedEngine, ExternalHasura

FILE = "instance.json"
OWN = "metadata.json.id"
"""Where an embedded engine of this host stores its id, beside its metadata."""


def refuse_shared(layout: Layout, found: str | None) -> None:
    """Refuses another belt's Hasura, and one without an id if another belt has a Hasura too."""
    for other, known in _others(layout):
        if found is not None and found == known:
            raise shared(layout.belt, other.belt, "one catalogue under two names")
    if found is None and (others := _elsewhere(layout)):
        raise Refused(
            f"{layout.belt}: it cannot be told that its Hasura is not that of {', '.join(others)}",
            expected="`get_catalog_state` answered by `/v1/metadata` with an id",
            seen="another answer",
            now=f"use a Hasura of version 2 or later for {layout.belt}, or the embedded engine",
        )


def shared(belt: str, other: str, seen: str) -> Refused:
    """The refusal of a shared Hasura, however it was noticed."""
    return Refused(
        f"{belt}: its Hasura is that of another belt",
        expected=f"a Hasura of its own: the first start of {belt} clears what {other} is served by",
        seen=seen,
        now=f"give {belt} another Hasura under `hasura.url`, or the embedded engine",
    )


def note(layout: Layout, found: str | None) -> None:
    """Records that this Hasura serves the belt."""
    private_dir(layout.of_part(ENGINE))
    write_private_json(layout.of_part(ENGINE) / FILE, {"id": found})


def _others(layout: Layout) -> Iterator[tuple[Layout, str | None]]:
    """The id of every other engine here; an embedded one has an id once it was asked for it."""
    for request in _engines(layout):
        own = request.layout.of_part("postgres") / OWN
        if isinstance(request.body, ExternalHasura):
            yield request.layout, _noted(request.layout)
        elif own.exists():
            yield request.layout, own.read_text().strip()


def _elsewhere(layout: Layout) -> list[str]:
    """The other belts here whose engine is an operator's Hasura."""
    return [each.belt for each in _engines(layout) if isinstance(each.body, ExternalHasura)]


def _engines(layout: Layout) -> list[Request]:
    asked = recorded.of_host(layout.root).requests
    return [
        each
        for each in asked
        if each.layout != layout and isinstance(each.body, EmbeddedEngine | ExternalHasura)
    ]


def _noted(layout: Layout) -> str | None:
    file = layout.of_part(ENGINE) / FILE
    with readable(
        f"{layout.belt}: which Hasura serves it cannot be read",
        expected=f"the id of a catalogue in {file}",
        now=f"remove that file, and run `pulumi up --stack {layout.belt}`, which asks it again",
    ):
        found = (read_json(file) or {}).get("id")
        return found if isinstance(found, str) else None
