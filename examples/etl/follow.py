"""One step of the ETL: afterwards the copy is exactly what one belt held at one moment.

Two ways lead there. An entity whose rows are written once, each with its chain and block, is replayed: from
some blocks below where the copy and the belt both are, all is taken away and read again, which takes what a
reorganisation undid along. Any other entity is compared by what its rows come to, in buckets, and the buckets
that differ are read again: rows that were changed in place, deleted or put back are among them, whatever
happened to them in between. Where the belt is another one than that which the copy is of, all is compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from belts.refusal import Refusal
from examples.etl import source
from examples.etl.settings import Settings
from examples.etl.source import Look, Table
from examples.etl.sqlite_copy import Copy

Belt = psycopg.Connection[Any]


class NotDeclared(Refusal):
    """The settings name what the belt does not have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What one step did."""

    belt: str
    heights: Mapping[int, int]
    read: Mapping[str, int]
    """Rows that were read again, by entity; those that were the same among them."""
    moved: bool
    """Whether it is another belt than before, so that all was compared."""


def step(copy: Copy, settings: Settings, name: str, *, compare: bool = False) -> Step:
    """Makes the copy what this belt holds now; with `compare`, also what is replayed is compared."""
    with source.connected(settings.databases[name]) as connection:
        if copy.identity is None:
            for table in _declared(source.look(connection), settings):
                connection.commit()
                _load(copy, settings, table, connection)
        connection.commit()
        seen = source.look(connection)
        tables = _declared(seen, settings)
        read = {}
        with copy.step():
            # Not before: another one like this may have made the copy another belt's meanwhile.
            moved = copy.identity != seen.identity
            for table in tables:
                once = settings.once.get(table.name)
                if once is None or moved or compare:
                    read[table.name] = _compare(copy, settings, table, connection)
                else:
                    read[table.name] = _replay(copy, settings, table, connection, seen.heights)
            for gone in copy.entities() - {table.name for table in tables}:
                copy.drop(gone)
            copy.is_of(name, seen.identity, seen.heights)
        return Step(belt=name, heights=seen.heights, read=read, moved=moved)


def _load(copy: Copy, settings: Settings, table: Table, connection: Belt) -> None:
    """The first load: page by page, each a step of its own, so that it goes on where it was ended.

    Pages are of different moments, and the copy is not whole by them: what is wrong with it is mended after.
    """
    once, after = settings.once.get(table.name), copy.loaded(table.name)
    while rows := source.page(connection, table, once, after):
        connection.commit()
        after = rows[-1][1]
        with copy.step():
            copy.put(table.name, (row for row, _ in rows))
            copy.load_to(table.name, after)


def _compare(copy: Copy, settings: Settings, table: Table, connection: Belt) -> int:
    theirs, ours = source.fingerprint(connection, table), copy.fingerprint(table.name)
    differ = {bucket for bucket in theirs.keys() | ours.keys() if theirs.get(bucket) != ours.get(bucket)}
    if not differ:
        return 0
    copy.drop_buckets(table.name, differ)
    return copy.put(table.name, source.of_buckets(connection, table, settings.once.get(table.name), differ))


def _replay(
    copy: Copy,
    settings: Settings,
    table: Table,
    connection: Belt,
    heights: Mapping[int, int],
) -> int:
    before, read = copy.heights, 0
    for chain, height in sorted(heights.items()):
        start = min(before[chain], height) - settings.depth if chain in before else None
        copy.drop_above(table.name, chain, start)
        read += copy.put(table.name, source.above(connection, table, settings.once[table.name], chain, start))
    return read


def _declared(seen: Look, settings: Settings) -> tuple[Table, ...]:
    """The belt's entities, after the settings were seen to be about them."""
    known = {table.name: table for table in seen.tables}
    for entity, once in settings.once.items():
        columns = known[entity].columns if entity in known else ()
        if missing := [name for name in (once.chain, once.block) if name not in columns]:
            raise NotDeclared(
                f"{entity} cannot be replayed from a block",
                expected=f"an entity {entity} with the columns {once.chain} and {once.block}",
                seen=f"no {' and no '.join(missing)}" if entity in known else "no such entity",
                now="correct `once` in the settings; what is left out there is compared instead",
            )
    return seen.tables
