"""Records once a minute how far each belt is from its heads, for forecasts."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from belts.envio.release import CHAINS
from belts.runtimes.process.files import pace, secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.pace import Look
from belts.runtimes.process.keep.minutely import AWAY, due
from belts.runtimes.process.parts import postgres
from belts.runtimes.process.seed.seeding import SCHEMA
from belts.runtimes.process.supervise import readiness
from belts.runtimes.process.wire import recorded
from belts.spec.postgres import Postgres


@dataclass(kw_only=True)
class Pacing:
    """The belts that one keeper looks at; one that cannot be asked is retried."""

    clock: Callable[[], float]
    _looked: dict[Path, float] = field(default_factory=dict)

    def look(self, layouts: tuple[Layout, ...]) -> None:
        """Looks at every belt that is due."""
        for layout in layouts:
            if due(self._looked, layout, self.clock()):
                with suppress(*AWAY):
                    _note(layout)


def _note(layout: Layout) -> None:
    asked = recorded.look(layout)
    ports = [request.body.port for request in asked.requests if isinstance(request.body, Postgres)]
    if not ports or asked.indexer is None:
        return
    if readiness.postgres_listens(layout, ports[0]):
        with postgres.connect(
            layout, ports[0], secrets.known(layout), database=postgres.DATABASE
        ) as connection:
            pace.note(layout, seen(connection))


def seen(connection: psycopg.Connection[Any]) -> Look:
    """The chains that have not reached their heads yet; leaves out those whose head is unknown."""
    heads = "least(source_block, end_block)::int8"
    rows = connection.execute(
        f'select id::int8, progress_block::int8, {heads} from "{SCHEMA}"."{CHAINS}"'  # noqa: S608 -- names of our own
        " where ready_at is null and source_block > 0"
    ).fetchall()
    return Look(at=time.time(), chains={chain: (at, head) for chain, at, head in rows})
