"""Notices when belts with `profile: auto` settle, and makes them steady without a restart."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from belts.envio.release import CHAINS
from belts.runtimes.process import binding
from belts.runtimes.process.database import roles
from belts.runtimes.process.files import lock, secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.keep.minutely import AWAY, due
from belts.runtimes.process.parts import indexer, postgres
from belts.runtimes.process.seed import settled
from belts.runtimes.process.seed.seeding import SCHEMA
from belts.runtimes.process.supervise import readiness
from belts.runtimes.process.wire import neighbours, recorded
from belts.spec.indexer import Indexer, Profile

SETTLE = timedelta(minutes=10)
READY = "ready_at"
"""When a chain first reached its head since the indexer's last start."""


@dataclass(kw_only=True)
class Settling:
    """The belts that one keeper looks at once a minute until they have settled."""

    say: Callable[[str], None]
    clock: Callable[[], float]
    _looked: dict[Path, float] = field(default_factory=dict)

    def look(self, layouts: tuple[Layout, ...]) -> None:
        """Looks at every belt that is due."""
        for layout in layouts:
            if not due(self._looked, layout, self.clock()) or (request := _unsettled(layout)) is None:
                continue
            with suppress(*AWAY):
                if _made_steady(layout, request):
                    minutes = f"{SETTLE.total_seconds() / 60:.0f} minutes"
                    self.say(
                        f"{layout.belt}: its chains have been at their heads for {minutes}:"
                        " its profile is steady from here on"
                    )


def has_settled(connection: psycopg.Connection[Any]) -> bool:
    """Whether every chain has been at its head for long enough; false without any chain."""
    row = connection.execute(
        f'select count(*), count(*) filter (where {READY} <= now() - %s) from "{SCHEMA}"."{CHAINS}"',  # noqa: S608 -- names of our own
        [SETTLE],
    ).fetchone()
    return row is not None and 0 < row[0] == row[1]


def _unsettled(layout: Layout) -> Indexer | None:
    body = recorded.look(layout).indexer
    if body is None or body.profile is not Profile.AUTO:
        return None
    return body if settled.since(layout, body.seed) is None else None


def _made_steady(layout: Layout, request: Indexer) -> bool:
    """Makes the belt steady; not while another command works on it, nor if another toolchain keeps it."""
    if binding.elsewhere(layout) is not None:
        return False
    with lock.unless_busy(layout) as free:
        port = neighbours.postgres(layout).port
        if not free or not readiness.postgres_listens(layout, port):
            return False
        held = secrets.known(layout)
        with postgres.connect(layout, port, held, database=postgres.DATABASE) as connection:
            if not has_settled(connection):
                return False
            # Recorded last: if that fails, the next bring-up does the same again.
            roles.set_compression(connection, indexer.COMPRESSION[Profile.STEADY])
            settled.note(layout, request.seed)
            return True
