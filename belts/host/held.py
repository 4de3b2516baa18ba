"""What may change of a belt that a gateway needs: what it uses of the host, never where it is and who it is.

What is not listed here as free may not change, so that a field that is added later is safe at first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from belts import lease
from belts.host import secrets
from belts.host.bodies import IndexerRequest, PartRequest
from belts.host.errors import Refused
from belts.host.layout import Layout
from belts.host.request import Request

FREE: Mapping[str, frozenset[str]] = {
    "postgres": frozenset(
        {
            *("shared_buffers_mb", "max_connections", "memory_mb", "acknowledged_readers"),
            *("credentials", "revoke_previous"),
        }
    ),
    "engine": frozenset({"memory_mb", "credentials", "revoke_previous"}),
    # Another project is refused by its digest, which says more of why.
    "indexer": frozenset(
        {
            *("project", "config", "digest", "heap_mb", "profile", "port", "env", "seed_deadline_s"),
            "credentials",
        }
    ),
}
RESEEDS = "ENVIO_RESTART"
"""The variable by which an indexer begins anew at its next start; it is refused as long as it is on."""
OTHER_DATA = ("ENVIO_PG_SCHEMA", "ENVIO_PG_PUBLIC_SCHEMA")
"""Variables by which it would look for its data elsewhere, and begin anew there."""
OFF = frozenset({"", "0", "false"})


def refuse_change(request: Request, recorded: Sequence[Request]) -> None:
    """Refuses what would make a held belt another one; a part that is not there may always come back."""
    free = FREE.get(request.part)
    if free is None or not (held := lease.holding(request.layout.home)):
        return
    before = next(
        (each.body for each in recorded if (each.layout, each.part) == (request.layout, request.part)), None
    )
    changed = [] if before is None else list(_changes(before, request.body, free))
    if isinstance(request.body, IndexerRequest):
        changed += _decisive(request.layout, before, request.body)
    if changed:
        raise Refused(
            f"{request.belt}: its {request.part} may not change like this now",
            expected="a belt that stays where it is and who it is, while a gateway needs it",
            seen=f"{'; '.join(held)}; the change: {', '.join(changed)}",
            now="take the change back, or bring up another belt with it and move the alias there",
        )


def refuse_seeding(layout: Layout) -> None:
    """A held belt is never seeded: its data is what a gateway needs."""
    if held := lease.holding(layout.home):
        raise Refused(
            f"{layout.belt}: it may not be seeded now",
            expected="a database with a proved seed in a belt that a gateway needs",
            seen=f"none; and {'; '.join(held)}",
            now="move the alias to another belt; this one can be seeded when nobody needs it",
        )


def _changes(before: PartRequest, after: PartRequest, free: frozenset[str]) -> Iterator[str]:
    for field in fields(after):
        old, new = getattr(before, field.name, None), getattr(after, field.name)
        if field.name not in free and old != new:
            yield f"{field.name} {_shown(old)} → {_shown(new)}"


def _decisive(layout: Layout, before: PartRequest | None, after: IndexerRequest) -> Iterator[str]:
    """Values are not shown: they may have come as secrets."""
    known = secrets.known(layout).items()
    kept = {name.removeprefix("env:"): value for name, value in known if name.startswith("env:")}
    old = {**(before.env if isinstance(before, IndexerRequest) else after.env), **kept}
    new = {**after.env, **kept, **secrets.from_config()}
    if new.get(RESEEDS, "").lower() not in OFF:
        yield f"{RESEEDS} is on"
    for name in OTHER_DATA:
        if new.get(name) != old.get(name):
            yield f"{name} changes"


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)
