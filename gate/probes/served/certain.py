"""Determines how far rows not written since before a question prove its answer wrong.

Rows come and go while they are queried. Those that were there before and are unchanged determine what any
answer in between must contain: themselves, their order in a list, and at least how many there are.
"""

from collections.abc import Collection, Sequence
from typing import Any

from psycopg import sql

from gate.probes.database.session import Snapshot
from gate.probes.database.transactions import written_since
from gate.probes.served import table
from gate.probes.served.equal import same
from gate.probes.served.shape import Shape
from gate.probes.served.suspect import NONE, PROOF
from gate.probes.served.table import Selection, key_of

Key = tuple[str, ...]


async def of_list(
    snapshot: Snapshot, shape: Shape, since: int, held: Sequence[Key], given: Sequence[Key], *, most: int
) -> int:
    """Judges a list of keys, at most `most`, that the database holds equally before and after."""
    old = await table.unwritten(snapshot, shape, set(held), since)
    if _shuffled([key for key in held if key in old], given, most=most):
        return PROOF
    strangers = set(given) - set(held)
    if len(old) == len(set(held)) and await _known(snapshot, shape, since, strangers):
        return PROOF
    return NONE


def _shuffled(held: Sequence[Key], given: Sequence[Key], *, most: int) -> bool:
    """True if rows that were there throughout are missing or out of order.

    Other rows that were there for a moment may have displaced the last ones.
    """
    stood = set(held)
    came = [key for key in given if key in stood]
    return came != [*held[: len(came)]] or (len(given) < most and len(came) < len(held))


async def _known(snapshot: Snapshot, shape: Shape, since: int, keys: Collection[Key]) -> bool:
    """True if any of the given rows was there throughout; keys are compared as text."""
    if not keys:
        return False
    names = sql.SQL(", ").join(
        sql.SQL("t.{}::text").format(sql.Identifier(part.column.name)) for part in shape.key
    )
    query = sql.SQL("SELECT EXISTS (SELECT FROM {} t WHERE ({}) IN ({}) AND NOT {})").format(
        snapshot.table(shape.table.name),
        names,
        sql.SQL(", ").join(
            sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, key))) for key in sorted(keys)
        ),
        written_since(since),
    )
    [[found]] = await snapshot.rows(query)
    return bool(found)


async def of_row(
    snapshot: Snapshot, selection: Selection, since: int, held: dict[str, Any], given: Any
) -> int:
    """Judges a row that is held equally before and after; its relationships depend on other rows."""
    old = await table.unwritten(snapshot, selection.shape, {key_of(selection, held)}, since)
    fields = [scalar.field for scalar in selection.shape.scalars]
    if isinstance(given, dict) and all(
        field in given and same(held[field], given[field]) for field in fields
    ):
        return NONE
    return PROOF if old else NONE


async def of_number(snapshot: Snapshot, shape: Shape, since: int, where: sql.Composable, given: Any) -> int:
    """Judges a count that is equal before and after: other rows may have been there for a moment."""
    if isinstance(given, bool) or not isinstance(given, int):
        return NONE
    query = sql.SQL("SELECT count(*) FROM {} t WHERE {} AND NOT {}")
    [[old]] = await snapshot.rows(query.format(snapshot.table(shape.table.name), where, written_since(since)))
    return PROOF if given < int(old) else NONE
