"""One step of the ETL: afterwards the copy is exactly what one belt held at one moment.

There are two ways to get there. An entity whose rows are written once, each with its chain and block, is
replayed: everything from some blocks below the height that both the copy and the belt have is deleted and
read again, which also removes what a reorganisation undid. Any other entity is compared by digests of its
rows, in buckets, and the buckets that differ are read again. This finds all rows that were changed in place,
deleted or put back, whatever happened to them in between. If the belt is not the belt that the copy was made
from, everything is compared.
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
    """The settings name something that the belt does not have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """The result of one step."""

    belt: str
    heights: Mapping[int, int]
    read: Mapping[str, int]
    """How many rows were read again, by entity; unchanged rows are included."""
    moved: bool
    """Whether the belt is not the same as before, so that everything was compared."""


def step(copy: Copy, settings: Settings, name: str, *, compare: bool = False) -> Step:
    """Makes the copy equal to this belt; with `compare`, replayed entities are compared as well."""
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
            # Only now, inside the transaction: another process like this one may have changed the copy's belt
            # meanwhile.
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
    """The first load: page by page, each in its own transaction, so that it continues where it was stopped.

    Pages are read at different moments, so the copy is not yet consistent afterwards; the next step corrects
    it.
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
    """The belt's entities, after a check that the settings fit them."""
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
