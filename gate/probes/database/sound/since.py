"""What was written since a belt was certified, held against all that it holds.

It is for a belt that was seen without contradictions, of which each event is there as it was written, and of
an entity each row: all of them, or by its key each that was there at some heights. A row that nobody wrote
since has its event, as both are what they were. An event at or below the heights has its row, as none of
these has gone; one that the belt had not reached then needed none, and may need it now. What is left is
joined: rows that were written since with all events, and events that came since, or lie above the heights,
with all rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from psycopg import sql

from gate.probes.database.sound.joined import Joined, Sides, joined
from gate.probes.database.sound.received import Received
from gate.probes.database.sound.sources import Source
from gate.probes.database.transactions import ALL, ANYWHERE, written_since


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """From which transaction on it was written, and up to which block rows are known to be there.

    `heights` is None where each row is known to be there, whatever block made it. `reached` is how far the
    chains had come then, None where no event lay above that. Of a chain without a height nothing is known.
    """

    transaction: int
    heights: Mapping[int, int] | None = None
    reached: Mapping[int, int] | None = None
    first_event: str = ANYWHERE
    first_row: str = ANYWHERE

    def narrowed(self, sides: Sides) -> Sides:
        """Both sides, without what is known to agree."""
        came = written_since(self.transaction, "e", self.first_event)
        lowest = self.reached if self.heights is None else self.heights
        if lowest is not None:
            came = sql.SQL("({} OR {})").format(came, _above(lowest))
        rows = written_since(self.transaction, first=self.first_row)
        return replace(sides, those_events=came, those_rows=rows)


def _above(heights: Mapping[int, int]) -> sql.Composable:
    """Whether an event lies above the height of its chain."""
    cases = [
        sql.SQL("WHEN {} THEN e.block_number > {}").format(sql.Literal(chain), sql.Literal(block))
        for chain, block in sorted(heights.items())
    ]
    return sql.SQL("CASE e.chain_id {} ELSE true END").format(sql.SQL(" ").join(cases)) if cases else ALL


async def settled(
    received: Received, known: Mapping[str, Since], sources: Mapping[str, Sequence[Source]]
) -> dict[str, Since]:
    """Those of the entities of which no older event has come to count: an event that came since may register
    the contract of such a one.
    """
    by = {
        entity: {one.registered_by.event.name for one in sources.get(entity, ()) if one.registered_by}
        for entity in known
    }
    came: set[str] = set()
    for since in {since.transaction: since for entity, since in known.items() if by[entity]}.values():
        query = sql.SQL("SELECT DISTINCT e.event_name FROM {} e WHERE {}").format(
            received.events, written_since(since.transaction, "e", since.first_event)
        )
        came |= {str(name) for (name,) in await received.snapshot.rows(query)}
    return {entity: since for entity, since in known.items() if not came & by[entity]}


async def written(sides: Sides) -> Joined:
    """What a join of narrowed sides comes to.

    Nearly always a row is written by an event that has come with it. Where one was not, its event is an older
    one, and all of them are read.
    """
    found = await joined(sides)
    if not (found.lost or found.misplaced):
        return found
    return replace(await joined(replace(sides, those_events=ALL)), events=found.events)
