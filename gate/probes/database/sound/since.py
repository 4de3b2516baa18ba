"""What was written since a belt was certified, held against all that it holds.

It is for a belt that was seen without contradictions, of which each event is there as it was written, and of
an entity each row: all of them, or by its key each that was there at some heights. A row that nobody wrote
since has its event, as both are what they were. An event at or below the heights has its row, as none of
these has gone. What is left is joined: rows that were written since with all events, and events that came
since, or lie above the heights, with all rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from psycopg import sql

from gate.probes.database.sound.joined import Joined, Sides, joined
from gate.probes.database.transactions import ALL, ANYWHERE, written_since


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """From which transaction on it was written, and up to which block rows are known to be there.

    `heights` is None where each row is known to be there, whatever block made it. Of a chain without a height
    none is.
    """

    transaction: int
    heights: Mapping[int, int] | None = None
    first_event: str = ANYWHERE
    first_row: str = ANYWHERE

    def narrowed(self, sides: Sides) -> Sides:
        """Both sides, without what is known to agree."""
        came = written_since(self.transaction, "e", self.first_event)
        if self.heights is not None:
            came = sql.SQL("({} OR {})").format(came, _above(self.heights))
        rows = written_since(self.transaction, first=self.first_row)
        return replace(sides, those_events=came, those_rows=rows)


def _above(heights: Mapping[int, int]) -> sql.Composable:
    """Whether an event lies above the height of its chain."""
    cases = [
        sql.SQL("WHEN {} THEN e.block_number > {}").format(sql.Literal(chain), sql.Literal(block))
        for chain, block in sorted(heights.items())
    ]
    return sql.SQL("CASE e.chain_id {} ELSE true END").format(sql.SQL(" ").join(cases)) if cases else ALL


async def written(sides: Sides) -> Joined:
    """What a join of narrowed sides comes to.

    Nearly always a row is written by an event that has come with it. Where one was not, its event is an older
    one, and all of them are read.
    """
    found = await joined(sides)
    if not (found.lost or found.misplaced):
        return found
    return replace(await joined(replace(sides, those_events=ALL)), events=found.events)
