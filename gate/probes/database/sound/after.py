"""What a whole look leaves to the next one, and what that one looks at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from psycopg import sql

from gate.observations.sound import Rules, Sound
from gate.observations.unobserved import Unobserved
from gate.policy.sound import Reference
from gate.probes.database import marks, transactions
from gate.probes.database.marks import Mark
from gate.probes.database.sound.belt import Belt, Schema, kind
from gate.probes.database.sound.earlier import Earlier
from gate.probes.database.sound.going import Going, Guessed, digest, going_on, history_of, holds
from gate.probes.database.sound.history import forgotten
from gate.probes.database.sound.present import keys_of
from gate.probes.database.sound.since import Since, settled
from gate.probes.database.sound.sources import declared
from gate.probes.database.transactions import ALL, written_since
from gate.probes.unseen import UnseenError

FEW = 20_000
"""So many rows are hashed by their keys in no time."""
MANY = 100
"""Of so many rows more than one was updated."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What is shown and guessed of a belt, and by what its keys are hashed in a record of some moment."""

    schema: Schema | Unobserved
    guessed: Guessed
    seed: Callable[[float], str]


async def taken(belt: Belt, seen: Sound, shown: Shown, at: float) -> Earlier:
    """What a whole look in this very snapshot leaves to the next one."""
    if isinstance(belt.received, Unobserved):
        raise UnseenError(belt.received.reason, belt.received.cause)
    found, seed = (await marks.within(belt.snapshot)).marks, shown.seed(at)
    changing = [
        table
        for table in belt.tables.entities
        if history_of(belt, table) is not None and _changes(found.get(table.name))
    ]
    return Earlier(
        at=at,
        since=await transactions.floor(belt.snapshot),
        held=frozenset(one.name for one in fields(Sound) if holds(getattr(seen, one.name))),
        marks=found,
        within=belt.within,
        events=belt.received.steady,
        undone=frozenset(belt.received.undone),
        keys={table.name: await keys_of(belt.snapshot, table, seed) for table in changing},
        guessed=digest(shown.guessed),
        schema=digest(shown.schema),
    )


def _changes(mark: Mark | None) -> bool:
    """Whether many rows are seen to be updated, or all of them are so few that it does not matter."""
    rows = 0 if mark is None or mark.older is None else mark.older.rows
    return mark is not None and (rows <= FEW or mark.updated * MANY > rows)


async def after(belt: Belt, shown: Shown, earlier: Earlier) -> Sound | None:
    """All kinds; None where the belt is not seen to have gone on from what it was."""
    going = await going_on(belt, earlier, shown.seed(earlier.at))
    if going is None:
        return None
    return Sound(
        events=await going.events(),
        rows=await going.rows(shown.guessed),
        bounds=await going.bounds(),
        history=await kind(belt, belt.history),
        references=await going.references(shown.schema),
    )


async def since(
    belt: Belt, schema: Schema | Unobserved, known: Mapping[str, Since], going: Going | None
) -> Sound:
    """All kinds, where each event stands that was there; of `known` entities, what was written since."""
    numbered = await transactions.numbered(belt.snapshot)
    gone = await forgotten(belt.snapshot, belt.tables)
    events = await (going.events() if going else kind(belt, belt.events))
    of = {entity: one for entity, one in known.items() if entity in numbered - gone}
    joins = of
    if not isinstance(belt.received, Unobserved):
        joins = await settled(belt.received, of, declared(belt.policy))
    if going is not None and "rows" in going.earlier.held and going.unmoved:
        joins |= await going.since(going.standing, {})
    return Sound(
        events=events,
        rows=await kind(belt, lambda: belt.rows({}, joins)),
        bounds=await (going.bounds() if going else kind(belt, belt.bounds)),
        history=await kind(belt, belt.history),
        references=await (going.references(schema) if going else _references(belt, schema, of)),
    )


async def _references(belt: Belt, schema: Schema | Unobserved, of: Mapping[str, Since]) -> Rules | Unobserved:
    """Where no row of an entity has gone, only what was written since may lead to none of it."""

    def those(one: Reference) -> sql.Composable:
        rows, to = of.get(one.entity), of.get(one.to)
        if rows is None or to is None or to.heights is not None:
            return ALL
        return written_since(rows.transaction, first=rows.first_row)

    return await kind(belt, lambda: belt.references(schema, those))
