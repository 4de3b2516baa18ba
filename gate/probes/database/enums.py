"""The enum types of a belt's database and their values."""

from itertools import groupby

from gate.endpoints import Side
from gate.observations.enums import EnumsSeen
from gate.probes.database.session import connect
from gate.probes.unseen import unseen_as_value
from gate.probes.world import World

QUERY = (
    "SELECT t.typname, e.enumlabel FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid"
    " JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = %s"
    ' ORDER BY t.typname COLLATE "C", e.enumsortorder'
)


@unseen_as_value
async def look(world: World, side: Side) -> EnumsSeen:
    """The enum types that the belt's own schema declares; Envio's own differ between releases."""
    async with connect(world, side) as database, database.snapshot() as snapshot:
        rows = await snapshot.rows(QUERY, (snapshot.schema,))
        own = snapshot.storage.enums
    rows = [row for row in rows if row[0] not in own]
    named = groupby(rows, key=lambda row: str(row[0]))
    return EnumsSeen(types=tuple((name, tuple(str(value) for _, value in values)) for name, values in named))
