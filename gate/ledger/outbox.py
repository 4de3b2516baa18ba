"""The announcements of a gateway's moves: texts that the ledger made with each move, in order.

The ledger writes an announcement in the transaction that ends a move; here it is read and marked as
delivered. So no move waits for a listener, and a crash loses none.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from gate.ledger.errors import LedgerRefused
from gate.ledger.migrations import migrations, refuse_another
from gate.ledger.session import connected, words

_LOCK = "hashtextextended('belts webhook sender of ' || %(gateway)s, 0)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Announcement:
    """A move to announce to listeners; `key` stays the same however often it is sent.

    `rested` is how long ago it was last tried, by the ledger's own clock; None before the first attempt.
    """

    key: UUID
    payload: Mapping[str, Any]
    attempts: int
    rested: timedelta | None


class Outbox:
    """The announcements of one gateway."""

    def __init__(self, connection: Connection[tuple[Any, ...]], gateway: str) -> None:
        self._connection = connection
        self._gateway = gateway

    def oldest(self) -> Announcement | None:
        """The oldest undelivered announcement; later ones wait, so that the order holds."""
        with words(), self._connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(
                """select a.key, payload, count(d)::int as attempts,
                          clock_timestamp() - (array_agg(d.at order by d.attempt desc))[1] as rested
                   from announcements a left join deliveries d using (key)
                   where gateway = %(gateway)s
                   group by a.key, payload, seq
                   having not coalesce(bool_or(d.status between 200 and 299), false)
                   order by seq limit 1""",
                {"gateway": self._gateway},
            ).fetchone()
        return Announcement(**row) if row else None

    def record(self, announcement: Announcement, *, status: int | None, error: str | None) -> None:
        """Records one delivery attempt: the listener's status, or why there is none."""
        with words(), self._connection.transaction():
            row = {
                "key": str(announcement.key),
                "attempt": announcement.attempts + 1,
                "status": status,
                "error": error,
            }
            self._connection.execute("select record_delivery(%s)", [Jsonb(row)])


@contextmanager
def outbox(url: str, gateway: str) -> Iterator[Outbox]:
    """The outbox in the ledger at `url`, for one sender; a second one of the same gateway is refused."""
    with connected(url, name="belts webhook sender") as connection:
        with words():
            refuse_another(connection, migrations())
            free = connection.execute(
                f"select pg_try_advisory_lock({_LOCK})".encode(), {"gateway": gateway}
            ).fetchone()
        if free != (True,):
            raise LedgerRefused(
                "announcements wait",
                expected=f"one webhook sender of {gateway}",
                seen="another webhook sender is at work on this ledger",
                now="stop one of the two",
            )
        yield Outbox(connection, gateway)
