"""Reads the project of a belt, and the changes it went through while it held rows."""

from gate.endpoints import Side
from gate.observations.changed import Changed, InPlace
from gate.probes.database.session import Snapshot, connect
from gate.probes.unseen import unseen_as_value
from gate.probes.world import World


@unseen_as_value
async def look(world: World, side: Side) -> Changed:
    """The changes as the belt's host recorded them; a belt that others run has no such table."""
    async with connect(world, side) as database, database.snapshot() as snapshot:
        [[kept]] = await snapshot.rows("SELECT to_regclass('belts.changes') IS NOT NULL")
        if not kept:
            return Changed(noted=False)
        found = await snapshot.rows("SELECT class, word, reasons, heights FROM belts.changes ORDER BY number")
        return Changed(
            changes=tuple(
                InPlace(
                    kind=str(kind),
                    word=str(word),
                    reasons=tuple(reasons),
                    heights={int(chain): int(block) for chain, block in heights.items()},
                )
                for kind, word, reasons, heights in found
            )
        )


async def project(snapshot: Snapshot) -> str | None:
    """The digest of the project that the belt's host recorded; None for a belt that others run."""
    [[kept]] = await snapshot.rows("SELECT to_regclass('belts.seeding') IS NOT NULL")
    if not kept:
        return None
    found = await snapshot.rows("SELECT to_jsonb(s) ->> 'project' FROM belts.seeding s")
    return found[0][0] if len(found) == 1 else None
