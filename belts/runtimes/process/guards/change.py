"""Judges a change of a belt's Envio project before anything is touched, and predicts its effect."""

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed import changed, seed_note, seeding
from belts.runtimes.process.seed.changed import Reached
from belts.runtimes.process.supervise import readiness
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request
from belts.spec.indexer import Indexer
from belts.spec.postgres import Postgres


def refuse(request: Request) -> tuple[str, ...]:
    """Refuses a change that cannot be made in place; describes one that can."""
    layout, body = request.layout, request.body
    if not isinstance(body, Indexer):
        return ()
    found = seed_note.noted(layout)
    if found is None and layout.of_part("postgres").is_dir():
        return ()  # its database is asked before anything is written
    if found is None or found["state"] != seeding.PROVED or body.seed > found[seed_note.SEED]:
        changed.refuse_word_of_nothing(layout, body)
        return ()
    known = changed.of_note(found)
    if body.digest == known.digest:
        changed.judged(layout, body, known, None, Reached(heights={}))
        return ()
    reached = _reached(layout, found["version"])
    pending = changed.judged(layout, body, known, None, reached)
    return () if pending is None else (changed.words(layout.belt, pending, reached.heights),)


def _reached(layout: Layout, version: str) -> Reached:
    """How far the belt is, or why that is unknown."""
    try:
        ports = [each.body.port for each in recorded.of_belt(layout) if isinstance(each.body, Postgres)]
        held = secrets.known(layout)
    except Refused as why:
        return Reached(heights=why.brief)
    if not ports or not readiness.postgres_listens(layout, ports[0]):
        return Reached(heights="its database does not run")
    import psycopg  # noqa: PLC0415 -- loading it takes longer than to see that nothing listens

    from belts.runtimes.process.parts import postgres  # noqa: PLC0415

    try:
        with postgres.connect(layout, ports[0], held, database=postgres.DATABASE) as connection:
            return Reached(
                heights=seeding.heights(connection), registered=seeding.registered(connection, version)
            )
    except (psycopg.Error, KeyError) as why:
        return Reached(heights=f"its database cannot be asked ({type(why).__name__})")
