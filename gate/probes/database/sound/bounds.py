"""Finds rows outside of what a belt has indexed: of another chain, above its progress, in the future."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from psycopg import sql

from gate.amounts import agree, amount
from gate.observations.sound import Broken, Rule, Rules, Standing, Unread
from gate.policy.model import Policy
from gate.probes.database.catalog import Catalog, Kind, Table
from gate.probes.database.relation import Fields, plain
from gate.probes.database.session import Snapshot
from gate.probes.database.sound.place import Place, chain_text, name_of, place_of
from gate.probes.database.sound.told import Told
from gate.probes.database.transactions import ALL
from gate.probes.unseen import UnseenError

EVERY: Mapping[str, sql.Composable] = MappingProxyType({})
"""Limits no table to some of its rows."""

UNTOLD = timedelta(minutes=15)
"""How far ahead of us a chain's clock may go if no provider tells its time."""

UNITS = ((10**14, 10**6), (10**11, 10**3))
"""Seconds since 1970 have ten digits for the next centuries; larger values count parts of a second."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """The limits of one chain's rows: blocks, and seconds up to the newest of these blocks."""

    start: int
    progress: int
    until: int


async def limits(snapshot: Snapshot, told: Told, began: datetime) -> dict[int, Limits]:
    """The belt's own progress, and the time of its newest block according to the chain."""
    rows = await snapshot.rows(snapshot.select("id, start_block, progress_block", snapshot.storage.chains))
    return {
        int(chain): await _limits(told, began, int(chain), start, progress) for chain, start, progress in rows
    }


async def _limits(told: Told, began: datetime, chain: int, start: int, progress: int) -> Limits:
    second = await told.second(chain, progress) if progress >= 0 else None
    if second is None:
        second = int((began + UNTOLD).timestamp())
    return Limits(start=start, progress=progress, until=second)


async def bounds(
    snapshot: Snapshot,
    tables: Catalog,
    policy: Policy,
    within: Mapping[int, Limits],
    those: Mapping[str, sql.Composable] = EVERY,
) -> Rules:
    """Checks every entity whose rows name their place, and the registry; in some tables only `those` rows."""
    rules: list[Rule | Unread] = []
    silent: list[str] = []
    for table in tables.entities:
        try:
            async with snapshot.savepoint():
                place = await place_of(snapshot, table, policy.entity(table.name), frozenset(within))
                written = those.get(table.name, ALL)
                found = await _bounds(snapshot, table, policy, place, within, those=written)
        except UnseenError as unseen:
            rules.append(Unread(about=f"the place of every row of {table.name}", why=unseen.unobserved))
            continue
        rules += found
        if not found:
            silent.append(table.name)
    if tables.registry is not None:
        known = tables.storage.registry
        fields = Fields(chain=known.chain, block=known.block, timestamp=known.timestamp)
        rules.append(await within_limits(snapshot, tables.registry, fields, within))
    notes = (f"say no chain, block or time: {', '.join(silent)}",) if silent else ()
    nothing = "the belt has no entity" if not tables.entities else "no entity says a chain, a block or a time"
    return Rules(rules=tuple(rules), nothing="" if rules else nothing, notes=notes)


async def _bounds(
    snapshot: Snapshot,
    table: Table,
    policy: Policy,
    place: Place,
    within: Mapping[int, Limits],
    *,
    those: sql.Composable,
) -> list[Rule | Unread]:
    rules: list[Rule | Unread] = []
    if place.fields.keyed:
        rules.append(_keys(table, place))
    fields = place.fields
    meant = {
        name: reason
        for name in (fields.chain, fields.block, fields.timestamp)
        if name and (reason := policy.sound.exceeds(table.name, name))
    }
    bound = Fields(
        chain=fields.chain,
        keyed=fields.keyed,
        block=None if fields.block in meant else fields.block,
        timestamp=None if fields.timestamp in meant else fields.timestamp,
    )
    if bound.chain or bound.block or bound.timestamp:
        chains = fields.chain not in meant
        rules.append(await within_limits(snapshot, table, bound, within, chains=chains, those=those))
    rules += [
        Rule(
            about=f"{table.name}.{name} lies within what is indexed",
            looked=0,
            broken=(Broken(words=f"{table.name}.{name} may lie outside of what is indexed", rows=0),),
            meant=reason,
        )
        for name, reason in meant.items()
    ]
    return rules


def _keys(table: Table, place: Place) -> Rule:
    """The rule about chain prefixes of keys, which is inferred, never declared."""
    words = (
        f"{place.strange:,} of {amount(place.rows, 'key')} of {table.name}"
        f" {agree(place.strange, 'begins', 'begin')} with no chain of the belt"
    )
    examples = (f"{table.name} {place.example}",)
    return Rule(
        about=f"every key of {table.name} begins with a chain of the belt",
        looked=place.rows,
        broken=(Broken(words=words, rows=place.strange, examples=examples),) if place.strange else (),
        standing=Standing.FOUND,
        declare=f"`entities.{table.name}.chain`, the column that holds the chain",
    )


async def within_limits(
    snapshot: Snapshot,
    table: Table,
    fields: Fields,
    within: Mapping[int, Limits],
    *,
    chains: bool = True,
    those: sql.Composable = ALL,
) -> Rule:
    """Checks one table, or `those` rows `t` of it, in one scan."""
    wrong = await _wrong(snapshot, table, fields, chains=chains)
    name = name_of(table)
    columns: list[sql.Composable] = [sql.SQL("count(*)")]
    for condition in wrong.values():
        columns += [
            sql.SQL("count(*) FILTER (WHERE {})").format(condition),
            sql.SQL("min({}) FILTER (WHERE {})").format(name, condition),
            sql.SQL("max({}) FILTER (WHERE {})").format(name, condition),
        ]
    query = sql.SQL(
        "WITH limits (chain, start, progress, until) AS (VALUES {limits}), whole AS"
        " (SELECT min(start) AS start, max(progress) AS progress, max(until) AS until FROM limits)"
        " SELECT {columns} FROM {table} t CROSS JOIN whole w LEFT JOIN limits l ON l.chain = {chain}"
        " WHERE {those}"
    ).format(
        limits=_values(within),
        columns=sql.SQL(", ").join(columns),
        table=snapshot.table(table.name),
        chain=chain_text(table, fields),
        those=those,
    )
    [[rows, *counts]] = await snapshot.rows(query)
    found = zip(wrong, counts[::3], counts[1::3], counts[2::3], strict=True)
    broken = [
        Broken(
            words=f"{count:,} of {amount(rows, 'row')} of {table.name} {agree(count, 'is', 'are')} {words}",
            rows=count,
            examples=tuple(dict.fromkeys(f"{table.name} {key}" for key in (first, last))),
        )
        for words, count, first, last in found
        if count
    ]
    named = [
        one
        for one in (fields.chain or ("key" if fields.keyed else None), fields.block, fields.timestamp)
        if one
    ]
    return Rule(
        about=f"{table.name} lies within what is indexed by {', '.join(named)}",
        looked=rows,
        broken=tuple(broken),
        declare=f"`sound.mayExceed`, with the entity {table.name}, the column and a reason",
    )


async def _wrong(
    snapshot: Snapshot, table: Table, fields: Fields, *, chains: bool
) -> dict[str, sql.Composable]:
    """Maps each fault that a row may have to its SQL condition. NULL values are never faults."""
    wrong: dict[str, sql.Composable] = {}
    if fields.chain is not None and chains:
        strange = sql.SQL("{} IS NOT NULL AND l.chain IS NULL").format(plain(fields.chain))
        wrong["of a chain that the belt does not index"] = strange
    if fields.block is not None:
        block = plain(fields.block)
        above = sql.SQL("{} > coalesce(l.progress, w.progress)").format(block)
        wrong["above the belt's own progress"] = above
        if table.name != snapshot.storage.registry.table:
            wrong["below the chain's start"] = sql.SQL("{} < coalesce(l.start, w.start)").format(block)
    if fields.timestamp is not None:
        wrong["younger than the belt's newest block"] = await _future(snapshot, table, fields.timestamp)
    return wrong


async def _future(snapshot: Snapshot, table: Table, name: str) -> sql.Composable:
    column = table.column(name)
    until = sql.SQL("coalesce(l.until, w.until)")
    if column is not None and column.kind is Kind.MOMENT:
        zone = sql.SQL(" AT TIME ZONE 'UTC'" if column.type == "timestamp" else "")
        return sql.SQL("{}{} > to_timestamp({})").format(plain(name), zone, until)
    return sql.SQL("{} > {} * {}").format(plain(name), until, sql.Literal(await _unit(snapshot, table, name)))


async def _unit(snapshot: Snapshot, table: Table, name: str) -> int:
    """How many parts of a second a column counts, judging by most of its values."""
    counts = sql.SQL(", ").join(
        sql.SQL("count(*) FILTER (WHERE {} >= {})").format(plain(name), sql.Literal(least))
        for least, _ in UNITS
    )
    query = sql.SQL("SELECT count({}), {} FROM {} t").format(plain(name), counts, snapshot.table(table.name))
    [[rows, *large]] = await snapshot.rows(query)
    return next((unit for (_, unit), count in zip(UNITS, large, strict=True) if count * 2 > rows), 1)


def _values(within: Mapping[int, Limits]) -> sql.Composed:
    rows = [
        sql.SQL("({}::text, {}::int8, {}::int8, {}::int8)").format(
            sql.Literal(str(chain)), sql.Literal(one.start), sql.Literal(one.progress), sql.Literal(one.until)
        )
        for chain, one in sorted(within.items())
    ]
    nothing = sql.SQL("(NULL::text, NULL::int8, NULL::int8, NULL::int8)").format()
    return sql.SQL(", ").join(rows or [nothing])
