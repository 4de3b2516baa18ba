"""Whether a belt may be seeded again: not if a gateway needs it, and not if somebody reads it.

A reseed deletes all of the belt's data, so what will be lost is reported first.
"""

from belts.runtimes.process import lease_files
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import readers
from belts.runtimes.process.seed import seed_note, seeding
from belts.runtimes.process.supervise import readiness
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request
from belts.spec.indexer import Indexer
from belts.spec.postgres import Postgres


def refuse(request: Request) -> tuple[str, ...]:
    """Refuses a reseed that is not allowed; else reports what will be lost."""
    layout, body = request.layout, request.body
    found = seed_note.noted(layout) if isinstance(body, Indexer) else None
    if not isinstance(body, Indexer) or found is None or body.seed == found[seed_note.SEED]:
        return ()
    before = found[seed_note.SEED]
    if body.seed < before:
        raise Refused(
            f"{layout.belt}: the number of its seed is lower than the one that it has",
            expected=f"{before}, or a higher one to seed it anew",
            seen=str(body.seed),
            now=f"`pulumi config set seed {before} --stack {layout.belt}`, then run the same again: rows"
            " that are gone do not come back by a number",
        )
    if found["state"] != seeding.PROVED:
        return ()
    if held := lease_files.holding(layout.home):
        raise _refused(
            layout, body, before, held, "move the alias to another belt, and wait until this one has soaked"
        )
    known = readers.acknowledged(layout)
    staying = [str(each) for each in readers.of_belt(layout) if not each.among(known)]
    if staying:
        raise _refused(
            layout,
            body,
            before,
            staying,
            "let them read elsewhere and look again in ten minutes, or name them under `acknowledgedReaders`",
        )
    return (f"{layout.belt}: is seeded anew ({before} → {body.seed}); what goes: {_goes(layout)}",)


def _refused(
    layout: Layout, body: Indexer, before: int, seen: list[str] | tuple[str, ...], now: str
) -> Refused:
    return Refused(
        f"{layout.belt}: it may not be seeded anew now ({before} → {body.seed})",
        expected="a belt that neither serves, nor soaks, nor is read",
        seen="\n".join(seen),
        now=f"{now}; to keep what it holds, `pulumi config set seed {before} --stack {layout.belt}`",
    )


def _goes(layout: Layout) -> str:
    """The chains, rows and indexing time that will be lost; says so if they cannot be counted."""
    ports = [each.body.port for each in recorded.look(layout).requests if isinstance(each.body, Postgres)]
    if not ports or not readiness.postgres_listens(layout, ports[0]):
        return "all that it holds; its database does not run, so that cannot be counted"
    import psycopg  # noqa: PLC0415 -- loading it takes longer than to see that nothing listens

    from belts.runtimes.process.database import roles  # noqa: PLC0415
    from belts.runtimes.process.parts import postgres  # noqa: PLC0415

    try:
        with postgres.connect(
            layout, ports[0], secrets.known(layout), database=postgres.DATABASE
        ) as connection:
            return seeding.holds(connection, roles.entities(connection))
    except (psycopg.Error, KeyError, Refused) as why:
        return f"all that it holds; it cannot be counted ({type(why).__name__})"
