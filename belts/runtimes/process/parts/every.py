"""Every part by its name. What leans on another comes after it, and goes before it.

The client of Postgres takes longer to load than most commands take that do without: those of its modules are
loaded when they are called.
"""

from belts.runtimes.process.database import major
from belts.runtimes.process.files import generations, sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import caddy, chains, edge, outlet, status_endpoint, webhook_sender
from belts.runtimes.process.parts.part import Module, Part
from belts.runtimes.process.seed import seed_note
from belts.spec.engine import EmbeddedEngine, Engine
from belts.spec.postgres import Ledger, Postgres


def _postgres() -> Module:
    from belts.runtimes.process.parts import postgres  # noqa: PLC0415 -- see above

    return postgres


def _ledger() -> Module:
    from belts.runtimes.process.parts import ledger  # noqa: PLC0415 -- see above

    return ledger


def _engine() -> Module:
    from belts.runtimes.process.parts import engine  # noqa: PLC0415 -- see above

    return engine


def _indexer() -> Module:
    from belts.runtimes.process.parts import indexer  # noqa: PLC0415 -- see above

    return indexer


def _prover() -> Module:
    from belts.runtimes.process.parts import prover  # noqa: PLC0415 -- see above

    return prover


def _check_postgres(layout: Layout, body: Postgres) -> None:
    generations.check(layout, body)
    sockets.refuse_unfit(layout, *sockets.all_of_postgres(layout, body.port))
    major.refuse_another(layout)
    outlet.check(layout, body.outlet)


def _check_ledger(layout: Layout, body: Ledger) -> None:
    generations.check(layout, body.cluster)
    sockets.refuse_unfit(layout, *sockets.all_of_postgres(layout, body.port))
    major.refuse_another(layout, now=major.ANEW)


def _check_engine(layout: Layout, body: Engine) -> None:
    generations.check(layout, body)
    if isinstance(body, EmbeddedEngine):
        sockets.refuse_unfit(layout, sockets.of_engine(layout))


PARTS: dict[str, Part] = {
    "postgres": Part(module=_postgres, check=_check_postgres),
    "ledger": Part(module=_ledger, check=_check_ledger),
    "engine": Part(module=_engine, check=_check_engine),
    "indexer": Part(module=_indexer, check=seed_note.check),
    "prover": Part(module=_prover),
    "edge": Part(module=lambda: edge, check=edge.check),
    "chains": Part(module=lambda: chains),
    "caddy": Part(module=lambda: caddy, check=caddy.check),
    "status-endpoint": Part(module=lambda: status_endpoint),
    "webhook-sender": Part(module=lambda: webhook_sender),
}
