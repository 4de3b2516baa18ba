"""Rows of the database held against what GraphQL gives, while both go on moving.

A row is looked at in the database, through GraphQL, and in the database again. What GraphQL gives is right
if the database held it at either end, or in between by its history. A row that stood still meanwhile and yet
came otherwise counts against the door; one that does so in three looks is not what the database holds. Every
look asks the same question in the same words, so that an answer that is kept from before shows.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from gate.observations.served import RowUnlike, Wrong
from gate.probes.database.session import Database
from gate.probes.served import table
from gate.probes.served.door import Door
from gate.probes.served.equal import same_row, unlike
from gate.probes.served.table import Row, Selection, Span, key_of
from gate.probes.served.versions import History, Key, Versions

LOOKS = 3
TRIES = 12
"""Looks at a row that changes in nearly every one of them, before nobody can tell."""
PAUSE = 0.2
PAGE = 1_000
PAGE_FORM = b'{"data":{"rows":%s}}'
MOMENTS = frozenset({"timestamp", "timestamptz"})

Rows = Mapping[Key, Row]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of one span. `restless` rows changed too fast to be told."""

    read: int
    unlike: tuple[RowUnlike, ...] = ()
    wrong: tuple[Wrong, ...] = ()
    restless: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Looker:
    """Both sides of one entity: its table, and its list as one role gets it."""

    door: Door
    database: Database
    selection: Selection
    history: History | None = None
    """What a row was between two snapshots; None where the belt keeps none."""
    ordered: bool = True
    """Whether rows come in the order of their whole key, each once."""

    @property
    def moments(self) -> frozenset[str]:
        """The fields that hold points in time."""
        scalars = self.selection.shape.scalars
        return frozenset(scalar.field for scalar in scalars if scalar.column.type in MOMENTS)

    async def compare(self, span: Span) -> Outcome:
        """Reads the rows of a span on both sides, and again what is not the same."""
        text, rows = await self._text(span)
        first = await self.door.page(self.selection, span, limit=PAGE)
        # The engine gives what Postgres writes as it is: then nothing has to be taken apart.
        if span.ends and first.body == PAGE_FORM % text.encode():
            return Outcome(read=rows)
        held = self.selection.parse(text)
        given = await self.given(span, held, self.door.parsed(self.selection, first))
        if not self.selection.exact and orjson.dumps(held) == orjson.dumps(given):
            return Outcome(read=len(held))
        before, answer = self._by_key(held), self._by_key(given)
        suspects = dict.fromkeys(self._unlike(before, answer), 0)
        if not suspects and not self.ordered:
            return Outcome(read=len(held))
        if not suspects:
            return await self._ordered(span, held, given)
        return await self._again(span, suspects, before, answer)

    async def _again(self, span: Span, suspects: dict[Key, int], before: Rows, answer: Rows) -> Outcome:
        """Looks again until every suspect is explained, or has stood against the database often enough."""
        read, after, mark = len(before), before, None
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(PAUSE)
                held, mark = await self._marked(span)
                before, answer = self._by_key(held), self._by_key(await self.given(span, held))
            after = self._by_key(await self.held(span))
            moving = [key for key in suspects if not same_row(before.get(key), after.get(key), self.moments)]
            between = await self._between(mark, list(suspects))
            for key in list(suspects):
                given = answer.get(key)
                states = (before.get(key), after.get(key), *between.get(key, ()))
                if any(same_row(state, given, self.moments) for state in states):
                    del suspects[key]
                elif key not in moving:
                    suspects[key] += 1
            if all(seen >= LOOKS for seen in suspects.values()):
                break
        found = sorted(key for key, seen in suspects.items() if seen >= LOOKS)
        return Outcome(
            read=read,
            unlike=tuple(unlike(key, after.get(key), answer.get(key), self.moments) for key in found),
            restless=len(suspects) - len(found),
        )

    async def _ordered(self, span: Span, held: Sequence[Row], given: Sequence[Row]) -> Outcome:
        """The same rows may come in another order, or one of them twice."""
        for attempt in range(LOOKS):
            if attempt:
                await asyncio.sleep(PAUSE)
                held = await self.held(span)
                given = await self.given(span, held)
            ours, theirs = self._keys(held), self._keys(given)
            if ours == theirs or set(ours) != set(theirs):
                return Outcome(read=len(held))
        place = next(index for index, key in enumerate(theirs) if index >= len(ours) or key != ours[index])
        wrong = Wrong(
            asked="its rows in the order of their key, each once",
            held=" ".join(ours[place]) if place < len(ours) else "nothing more",
            given=f"{' '.join(theirs[place])} at place {place + 1}",
        )
        return Outcome(read=len(held), wrong=(wrong,))

    async def held(self, span: Span) -> list[Row]:
        """The rows in the database, now."""
        async with self.database.snapshot() as snapshot:
            return await table.read(snapshot, self.selection, span)

    async def _marked(self, span: Span) -> tuple[list[Row], int | None]:
        """The same, and by what is seen which states of a row came after it."""
        async with self.database.snapshot() as snapshot:
            rows = await table.read(snapshot, self.selection, span)
            return rows, None if self.history is None else await self.history.mark(snapshot)

    async def _between(self, mark: int | None, keys: Sequence[Key]) -> Versions:
        """What the rows were since, where that was marked and is kept."""
        if mark is None or self.history is None or not keys:
            return {}
        async with self.database.snapshot() as snapshot:
            return await self.history.since(snapshot, mark, keys)

    async def _text(self, span: Span) -> tuple[str, int]:
        """The rows in the database as Postgres writes them, and how many they are."""
        async with self.database.snapshot() as snapshot:
            condition = table.within(self.selection.shape, span)
            return await table.read_text(snapshot, self.selection, condition)

    async def given(self, span: Span, held: Sequence[Row], first: list[Row] | None = None) -> list[Row]:
        """The rows that GraphQL gives. Where a limit of the role cuts them, the rest is asked for as well."""
        shape = self.selection.shape
        found: list[Row] = []
        rest, chunk, beyond = span, first, span.ends
        while True:
            if chunk is None:
                chunk = await self.door.rows(self.selection, rest, limit=PAGE)
            found += chunk
            if not chunk or (len(found) >= len(held) and beyond):
                return found
            # Nothing bounds the last span: a limit of as many rows as it has would hide what comes after it.
            # One look beyond is enough: a belt that writes has always one more row.
            beyond = len(found) >= len(held) or beyond
            if len(shape.key) > 1 and len(found) < len(held):
                found = self._without_last_key(found)
            rest, chunk = replace(rest, above=str(found[-1][shape.main.field])), None

    def _without_last_key(self, rows: list[Row]) -> list[Row]:
        """The rows without those of the last key, of which more may come: unless there is no other key."""
        main = self.selection.shape.main.field
        kept = [row for row in rows if row[main] != rows[-1][main]]
        return kept or rows

    def _by_key(self, rows: Sequence[Row]) -> dict[Key, Row]:
        return {key_of(self.selection, row): row for row in rows}

    def _keys(self, rows: Sequence[Row]) -> list[Key]:
        return [key_of(self.selection, row) for row in rows]

    def _unlike(self, held: Rows, given: Rows) -> list[Key]:
        return [
            key
            for key in held.keys() | given.keys()
            if not same_row(held.get(key), given.get(key), self.moments)
        ]
