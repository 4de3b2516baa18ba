"""Compares rows of the database with GraphQL's while both keep moving.

A row is read from the database, through GraphQL, and from the database again. GraphQL is right if the
database held its answer before, after, or in between according to the history. A row that did not change but
came differently counts against the door. It is wrong at once if Postgres shows that it was not written since
before the first look, because it cannot have differed for a moment. A row that is not held, although its
history would show it, is wrong after two looks. For other rows, and for what depends on other rows, that is
unknown; they are wrong if they differ in three looks and match in none. Every look sends the same question in
the same words, so that a cached answer shows.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from gate.observations.rows import Kind
from gate.observations.served import RowUnlike, Wrong
from gate.probes.database import transactions
from gate.probes.database.session import Database
from gate.probes.served import table
from gate.probes.served.door import Door
from gate.probes.served.equal import same_row, unlike
from gate.probes.served.suspect import HALF, NONE, PROOF, Suspect
from gate.probes.served.table import Row, Selection, Span, key_of
from gate.probes.served.versions import History, Key, Mark, Versions

TRIES = 12
"""Looks at a row that changes in nearly every one, before it counts as undecidable."""
PAUSE = 0.2
PAGE = 1_000
PAGE_FORM = b'{"data":{"rows":%s}}'
MOMENTS = frozenset({"timestamp", "timestamptz"})

Rows = Mapping[Key, Row]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The result of one span. `restless` rows changed too fast to decide."""

    read: int
    unlike: tuple[RowUnlike, ...] = ()
    wrong: tuple[Wrong, ...] = ()
    restless: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Looker:
    """Both sides of one entity: its table, and its list as one role receives it."""

    door: Door
    database: Database
    selection: Selection
    history: History | None = None
    """Returns a row's states between two snapshots; None if the belt keeps no history."""
    ordered: bool = True
    """Whether rows come in the order of their whole key, each once."""
    floor: int | None = None
    """The first transaction that may have written rows since the looks began; None if unknown."""

    @property
    def moments(self) -> frozenset[str]:
        """The fields that hold points in time."""
        scalars = self.selection.shape.scalars
        return frozenset(scalar.field for scalar in scalars if scalar.column.type in MOMENTS)

    async def compare(self, span: Span) -> Outcome:
        """Reads the rows of a span on both sides, and again those that differ."""
        text, rows = await self._text(span)
        first = await self.door.page(self.selection, span, limit=PAGE)
        # The engine passes on what Postgres writes: then nothing has to be parsed.
        if span.ends and first.body == PAGE_FORM % text.encode():
            return Outcome(read=rows)
        held = self.selection.parse(text)
        given = await self.given(span, held, self.door.parsed(self.selection, first))
        if not self.selection.exact and orjson.dumps(held) == orjson.dumps(given):
            return Outcome(read=len(held))
        before, answer = self._by_key(held), self._by_key(given)
        suspects = {key: Suspect() for key in self._unlike(before, answer)}
        if not suspects and not self.ordered:
            return Outcome(read=len(held))
        if not suspects:
            return self._ordered(held, given)
        return await self._again(span, suspects, before, answer)

    async def _again(self, span: Span, suspects: dict[Key, Suspect], before: Rows, answer: Rows) -> Outcome:
        """Looks again until every suspect is explained, proved, or has differed often enough."""
        read, mark, floor = len(before), None, self.floor
        found: dict[Key, RowUnlike] = {}
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(PAUSE)
                held, mark, floor = await self._marked(span)
                before, answer = self._by_key(held), self._by_key(await self.given(span, held))
            after, stood, unwritten = await self._after(span, suspects, floor)
            between = await self._between(mark, list(suspects))
            for key, suspect in list(suspects.items()):
                row, given = after.get(key), answer.get(key)
                states = (before.get(key), row, *between.get(key, ()))
                if any(same_row(state, given, self.moments) for state in states):
                    suspect.right += 1
                elif same_row(before.get(key), row, self.moments) and (row is None or key in stood):
                    found[key] = unlike(key, row, given, self.moments)
                    if found[key].kind is Kind.EXTRA:
                        suspect.otherwise(HALF if mark is not None and mark.kept else NONE)
                    else:
                        proved = key in unwritten and self._its_own(found[key], before, answer)
                        suspect.otherwise(PROOF if proved else NONE)
                if suspect.cleared:
                    del suspects[key]
            if all(suspect.settled for suspect in suspects.values()):
                break
        wrong = {key: suspect for key, suspect in sorted(suspects.items()) if suspect.wrong}
        return Outcome(
            read=read,
            unlike=tuple(replace(found[key], often=suspect.often) for key, suspect in wrong.items()),
            restless=sum(suspect.restless for suspect in suspects.values()),
        )

    def _its_own(self, found: RowUnlike, before: Rows, answer: Rows) -> bool:
        """True if the row itself differs or is missing.

        Relationships depend on other rows. And an answer that is cut at its limit, because rows were added in
        between, lacks the last ones of a span.
        """
        if found.kind is Kind.MISSING:
            return len(answer) < len(before) or _before_another(found.key, before, answer)
        own = {scalar.field for scalar in self.selection.shape.scalars}
        return any(value.field in own for value in found.values)

    def _ordered(self, held: Sequence[Row], given: Sequence[Row]) -> Outcome:
        """Judges the order of equal rows, which may be wrong or contain duplicates."""
        ours, theirs = self._keys(held), self._keys(given)
        if ours == theirs:
            return Outcome(read=len(held))
        place = next(index for index, key in enumerate(theirs) if index >= len(ours) or key != ours[index])
        wrong = Wrong(
            asked="its rows in the order of their key, each once",
            held=" ".join(ours[place]) if place < len(ours) else "nothing more",
            given=f"{' '.join(theirs[place])} at place {place + 1}",
        )
        return Outcome(read=len(held), wrong=(wrong,))

    async def _after(
        self, span: Span, keys: Collection[Key], floor: int | None
    ) -> tuple[Rows, Collection[Key], Collection[Key]]:
        """The rows in the database now, and the given keys that were not written in this look, and in any.

        A row that is unchanged may have differed in between; if nothing shows writes, that is unknown.
        """
        async with self.database.snapshot() as snapshot:
            rows = self._by_key(await table.read(snapshot, self.selection, span))
            if self.floor is None or floor is None:
                return rows, rows.keys(), ()
            held, shape = rows.keys() & keys, self.selection.shape
            stood = await table.unwritten(snapshot, shape, held, floor)
            return rows, stood, await table.unwritten(snapshot, shape, stood, self.floor)

    async def _marked(self, span: Span) -> tuple[list[Row], Mark | None, int | None]:
        """The rows in the database, and marks that show which states of a row came later."""
        async with self.database.snapshot() as snapshot:
            rows = await table.read(snapshot, self.selection, span)
            mark = None if self.history is None else await self.history.mark(snapshot)
            return rows, mark, None if self.floor is None else await transactions.floor(snapshot)

    async def _between(self, mark: Mark | None, keys: Sequence[Key]) -> Versions:
        """The states of rows since a mark, if there is a mark and a history."""
        if mark is None or self.history is None or not keys:
            return {}
        async with self.database.snapshot() as snapshot:
            return await self.history.since(snapshot, mark, keys)

    async def _text(self, span: Span) -> tuple[str, int]:
        """The rows in the database as Postgres writes them, and their number."""
        async with self.database.snapshot() as snapshot:
            condition = table.within(self.selection.shape, span)
            return await table.read_text(snapshot, self.selection, condition)

    async def given(self, span: Span, held: Sequence[Row], first: list[Row] | None = None) -> list[Row]:
        """The rows that GraphQL returns. If a limit of the role cuts them, the rest is requested as well."""
        shape = self.selection.shape
        found: list[Row] = []
        rest, chunk, beyond = span, first, span.ends
        while True:
            if chunk is None:
                chunk = await self.door.rows(self.selection, rest, limit=PAGE)
            found += chunk
            if not chunk or (len(found) >= len(held) and beyond):
                return found
            # The last span is open: a limit of exactly its rows would hide what comes after it.
            # One look beyond is enough: a belt that writes always has one more row.
            beyond = len(found) >= len(held) or beyond
            if len(shape.key) > 1 and len(found) < len(held):
                found = self._without_last_key(found)
            rest, chunk = replace(rest, above=str(found[-1][shape.main.field])), None

    def _without_last_key(self, rows: list[Row]) -> list[Row]:
        """The rows without those of the last key, which may be incomplete, unless it is the only key."""
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


def _before_another(name: str, before: Rows, answer: Rows) -> bool:
    """True if a row that the database orders after it was returned."""
    keys = list(before)
    place = next((number for number, key in enumerate(keys) if " ".join(key) == name), len(keys))
    return any(key in answer for key in keys[place + 1 :])
