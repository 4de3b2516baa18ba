"""What may change of a belt that a gateway needs: its use of the host, never where or which belt it is.

A field may change only if the spec says that it may while the belt serves, so a field added later is safe.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from belts.envio.release import OTHER_DATA, RESEEDS
from belts.reading.codec import fields
from belts.runtimes.process import lease_files
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards.retirement import PARTS
from belts.runtimes.process.wire.request import Part, Request
from belts.spec.indexer import Indexer

OFF = frozenset({"", "0", "false"})


def refuse_change(request: Request, recorded: Sequence[Request]) -> None:
    """Refuses what would turn a held belt into another one; a missing part may always come back."""
    if request.part not in PARTS or not (held := lease_files.holding(request.layout.home)):
        return
    before = next(
        (each.body for each in recorded if (each.layout, each.part) == (request.layout, request.part)), None
    )
    changed = [] if before is None else list(_changes(before, request.body))
    if isinstance(request.body, Indexer):
        changed += _decisive(request.layout, before, request.body)
    if changed:
        raise Refused(
            f"{request.belt}: its {request.part} may not change like this now",
            expected="a belt that stays where it is and who it is, while a gateway needs it",
            seen=f"{'; '.join(held)}; the change: {', '.join(changed)}",
            now="take the change back, or bring up another belt with it and move the alias there",
        )


def _changes(before: Part, after: Part) -> Iterator[str]:
    for field in fields(type(after)):
        old, new = getattr(before, field.name, None), getattr(after, field.name)
        if not field.kind.live and old != new:
            yield f"{field.name} {_shown(old)} → {_shown(new)}"


def _decisive(layout: Layout, before: Part | None, after: Indexer) -> Iterator[str]:
    """The decisive variables that change, without their values, which may be secret."""
    kept = secrets.known(layout).variables
    old = {**(before.environment if isinstance(before, Indexer) else after.environment), **kept}
    new = {**after.environment, **(secrets.from_config() if secrets.are_told() else kept)}
    for name in RESEEDS:
        if new.get(name, "").lower() not in OFF:
            yield f"{name} is on"
    for name in OTHER_DATA:
        if new.get(name) != old.get(name):
            yield f"{name} changes"


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)
