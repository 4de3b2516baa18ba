"""Rows of the database held against what GraphQL gives, while both go on moving.

A row is looked at in the database, through GraphQL, and in the database again. What GraphQL gives is right
if the database held it at either end, or in between by its history. A row that stood still meanwhile and yet
came otherwise counts against the door. It is wrong at once if nobody has written it since before the first
look, by Postgres' own word: it cannot have been otherwise for a moment. One that is not held, and of which a
history would tell, is wrong in two looks. Of others, and of what hangs on other rows, that is not known; they
are wrong if they come so in three looks, and as held in none. Every look asks the same question in the same
words, so that an answer that is kept from before shows.
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
    floor: int | None = None
    """From which transaction on rows may have been written since the looks began; None if nothing tells."""

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
        suspects = {key: Suspect() for key in self._unlike(before, answer)}
        if not suspects and not self.ordered:
            return Outcome(read=len(held))
        if not suspects:
            return self._ordered(held, given)
        return await self._again(span, suspects, before, answer)

    async def _again(self, span: Span, suspects: dict[Key, Suspect], before: Rows, answer: Rows) -> Outcome:
        """Looks again until every suspect is explained, proved, or has stood against the database often."""
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
        """Whether it is the row itself that came otherwise, or did not come.

        Where relationships lead is said by other rows. And an answer that is cut at its limit, because rows
        have come in between, does not give the last ones of a span.
        """
        if found.kind is Kind.MISSING:
            return len(answer) < len(before) or _before_another(found.key, before, answer)
        own = {scalar.field for scalar in self.selection.shape.scalars}
        return any(value.field in own for value in found.values)

    def _ordered(self, held: Sequence[Row], given: Sequence[Row]) -> Outcome:
        """The same rows may come in another order, or one of them twice: no key is ever another one."""
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
        """The rows in the database now, and which of some nobody has written: in this look, and in any.

        One that is as it was may have been otherwise in between. Where nothing tells, that is not known.
        """
        async with self.database.snapshot() as snapshot:
            rows = self._by_key(await table.read(snapshot, self.selection, span))
            if self.floor is None or floor is None:
                return rows, rows.keys(), ()
            held, shape = rows.keys() & keys, self.selection.shape
            stood = await table.unwritten(snapshot, shape, held, floor)
            return rows, stood, await table.unwritten(snapshot, shape, stood, self.floor)

    async def _marked(self, span: Span) -> tuple[list[Row], Mark | None, int | None]:
        """The rows in the database, and by what is seen which states of a row came after that."""
        async with self.database.snapshot() as snapshot:
            rows = await table.read(snapshot, self.selection, span)
            mark = None if self.history is None else await self.history.mark(snapshot)
            return rows, mark, None if self.floor is None else await transactions.floor(snapshot)

    async def _between(self, mark: Mark | None, keys: Sequence[Key]) -> Versions:
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


def _before_another(name: str, before: Rows, answer: Rows) -> bool:
    """Whether a row that was held after it came."""
    keys = list(before)
    place = next((number for number, key in enumerate(keys) if " ".join(key) == name), len(keys))
    return any(key in answer for key in keys[place + 1 :])
