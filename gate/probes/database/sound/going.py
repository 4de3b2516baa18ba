"""A belt that has gone on since an earlier look at it: its contradictions, by what was written since.

It finds that there are none, or nothing: whatever it does not see to hold is looked at as a whole.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace

from psycopg import sql

from gate.evidence import key
from gate.observations.sound import Rule, Rules
from gate.observations.unobserved import Unobserved
from gate.policy.sound import Reference
from gate.probes.database import marks, transactions
from gate.probes.database.catalog import Kept, Table
from gate.probes.database.sound.arrived import Come, arrived
from gate.probes.database.sound.belt import Belt, Schema, kind
from gate.probes.database.sound.earlier import Earlier
from gate.probes.database.sound.history import forgotten
from gate.probes.database.sound.present import present
from gate.probes.database.sound.received import Received
from gate.probes.database.sound.since import Since, settled
from gate.probes.database.sound.sources import Source, declared
from gate.probes.database.transactions import ALL, written_since
from gate.probes.unseen import UnseenError

Look = Callable[[], Awaitable[Rules | None]]
Guessed = Mapping[str, list[Source]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Going:
    """A belt that has gone on, `raw` being its table of events.

    `standing` are the entities of which no row has gone. `firsts` are the spots of the first rows that were
    written since, of tables of whose rows that can be told.
    """

    belt: Belt
    received: Received
    earlier: Earlier
    raw: str
    firsts: Mapping[str, str]
    standing: frozenset[str]

    async def events(self) -> Rules | Unobserved:
        """Those that came, beside the numbers that were counted since."""
        belt, earlier, received = self.belt, self.earlier, self.received

        then = {
            chain: Come(progress=limits.progress, events=earlier.events[chain])
            for chain, limits in earlier.within.items()
        }

        async def look() -> Rules | None:
            fresh, counted = self._written(self.raw, "e"), written_since(earlier.since, "k")
            return await arrived(received, belt.tables, belt.policy, then, fresh=fresh, counted=counted)

        received.undone |= earlier.undone
        if (found := await self._narrow("events", look)) is None:
            received.undone.clear()
            return await kind(belt, belt.events)
        return found

    async def rows(self, guessed: Guessed) -> Rules | Unobserved:
        """Of entities of which no row has gone, those written since, and those of events that came.

        An event whose block was undone meanwhile has no row any more.
        """
        belt = self.belt

        async def look() -> Rules | None:
            return await belt.rows(guessed, await self.since(self.standing, guessed))

        stand = self.unmoved and digest(guessed) == self.earlier.guessed
        found = await self._narrow("rows", look) if stand else None
        return await kind(belt, lambda: belt.rows(guessed)) if found is None else found

    async def bounds(self) -> Rules | Unobserved:
        """What bounds a row only ever widens."""
        belt, those = self.belt, {name: self._written(name) for name in self.firsts}
        found = await self._narrow("bounds", lambda: belt.bounds(those))
        return await kind(belt, belt.bounds) if found is None else found

    async def references(self, schema: Schema | Unobserved) -> Rules | Unobserved:
        """What leads to an entity of which no row has gone."""
        belt = self.belt

        def those(one: Reference) -> sql.Composable:
            stands = one.entity in self.firsts and one.to in self.standing
            return self._written(one.entity) if stands else ALL

        same = digest(schema) == self.earlier.schema
        found = await self._narrow("references", lambda: belt.references(schema, those)) if same else None
        return await kind(belt, lambda: belt.references(schema)) if found is None else found

    @property
    def unmoved(self) -> bool:
        """Whether the blocks that are undone are those of then."""
        return self.received.undone == self.earlier.undone

    async def since(self, entities: Collection[str], guessed: Guessed) -> dict[str, Since]:
        """What is to be looked at of some entities; not of those of which older events have come to count."""
        first = self.firsts[self.raw]
        known = {
            entity: Since(transaction=self.earlier.since, first_event=first, first_row=self.firsts[entity])
            for entity in entities
        }
        return await settled(self.received, known, declared(self.belt.policy) | dict(guessed))

    def _written(self, table: str, of: str = "t") -> sql.Composable:
        """The rows `of` a table that were written since."""
        return written_since(self.earlier.since, of, self.firsts[table])

    async def _narrow(self, name: str, look: Look) -> Rules | None:
        """What was written since, if all else held, and this does, too."""
        if name not in self.earlier.held:
            return None
        found = await kind(self.belt, look)
        if not isinstance(found, Rules) or not holds(found):
            return None
        return replace(found, notes=(*found.notes, self.earlier.words))


async def going_on(belt: Belt, earlier: Earlier, seed: str) -> Going | None:
    """None where the belt is not seen to have gone on from what it was."""
    try:
        async with belt.snapshot.savepoint():
            return await _going(belt, earlier, seed)
    except UnseenError:
        return None


async def _going(belt: Belt, earlier: Earlier, seed: str) -> Going | None:
    if isinstance(belt.received, Unobserved):
        return None
    snapshot, tables = belt.snapshot, belt.tables
    if await transactions.floor(snapshot) < earlier.since:
        return None  # nobody has seen yet what was written since then
    now = await marks.within(snapshot, earlier.marks)
    if not earlier.leads_to(now.marks, belt.within):
        return None
    numbered = await transactions.numbered(snapshot)
    counted = {table.name for table in (tables.raw_events, tables.checkpoints) if table is not None}
    if not counted <= numbered:
        return None
    raw = snapshot.storage.raw_events
    read = {raw, *(table.name for table in tables.entities)} & numbered
    return Going(
        belt=belt,
        received=belt.received,
        earlier=earlier,
        raw=raw,
        firsts={
            name: now.firsts.get(name) or await transactions.first_since(snapshot, name, earlier.since)
            for name in sorted(read)
        },
        standing=await _standing(
            belt, earlier, seed, earlier.intact(now.marks), numbered - await forgotten(snapshot, tables)
        ),
    )


async def _standing(
    belt: Belt, earlier: Earlier, seed: str, intact: frozenset[str], among: frozenset[str]
) -> frozenset[str]:
    """The entities of which no row has gone: each is as it was written, or each key is there."""
    found = set(intact & among)
    for table in belt.tables.entities:
        kept, keys = history_of(belt, table), earlier.keys.get(table.name)
        if table.name in found or kept is None or keys is None or not {table.name, kept.name} <= among:
            continue
        if await present(belt.snapshot, table, kept, keys, since=earlier.since, seed=seed):
            found.add(table.name)
    return frozenset(found)


def history_of(belt: Belt, table: Table) -> Kept | None:
    """The history of an entity, if it names the keys of its rows."""
    kept = belt.tables.kept(table.name)
    return None if kept is None or belt.tables.torn(kept) else kept


def holds(found: Rules | Unobserved) -> bool:
    """Whether there is no doubt about any rule."""
    return isinstance(found, Rules) and all(
        isinstance(rule, Rule) and (not rule.broken or rule.meant) for rule in found.rules
    )


def digest(what: Schema | Guessed | Unobserved) -> str:
    return key(sorted(what.items()) if isinstance(what, Mapping) else what)
