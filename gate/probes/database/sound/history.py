"""Compares each row with the newest entry of its history."""

from psycopg import sql

from gate.amounts import agree, amount
from gate.observations.sound import Broken, Rule, Rules, Unread
from gate.observations.unobserved import Cause, Unobserved
from gate.probes.database.catalog import Catalog, Column, Kept, Kind, Table
from gate.probes.database.relation import key_of
from gate.probes.database.session import Snapshot
from gate.probes.unseen import UnseenError

COMPARABLE = frozenset(
    {Kind.INTEGER, Kind.LONG, Kind.NUMBER, Kind.BOOLEAN, Kind.FLOAT, Kind.TEXT, Kind.MOMENT}
)


async def history(snapshot: Snapshot, tables: Catalog) -> Rules:
    """Checks every entity with a history, and the registry of contracts."""
    rules: list[Rule | Unread] = []
    without: list[str] = []
    for table in (*tables.entities, *([tables.registry] if tables.registry else [])):
        kept = tables.kept(table.name)
        if kept is None:
            without.append(table.name)
            continue
        about = f"the newest history of every row of {table.name} is the row"
        torn = tables.torn(kept)
        if not torn and tables.disordered(kept):
            torn = f"each chain counts its own checkpoints, and {kept.name} does not say which chain's"
        if torn:
            rules.append(Unread(about=about, why=Unobserved(reason=torn, cause=Cause.UNSUPPORTED)))
            continue
        try:
            async with snapshot.savepoint():
                rules.append(await _rule(snapshot, table, kept, about))
        except UnseenError as unseen:
            rules.append(Unread(about=about, why=unseen.unobserved))
    nothing = "the belt keeps no history" if tables.entities else "the belt has no entity"
    notes = (f"no history is kept of {', '.join(without)}",) if without and rules else ()
    return Rules(rules=tuple(rules), nothing="" if rules else nothing, notes=notes)


async def forgotten(snapshot: Snapshot, tables: Catalog) -> frozenset[str]:
    """The entities of which a row was deleted according to their history, or that cannot be read."""
    found = []
    for table in tables.entities:
        kept = tables.kept(table.name)
        if kept is None:
            continue
        names = snapshot.storage.history
        query = sql.SQL("SELECT EXISTS (SELECT 1 FROM {} WHERE {}::text IS DISTINCT FROM {})").format(
            snapshot.table(kept.name), sql.Identifier(names.change), sql.Literal(names.written)
        )
        if kept.column(names.change) is None or (await snapshot.rows(query))[0][0]:
            found.append(table.name)
    return frozenset(found)


async def _rule(snapshot: Snapshot, table: Table, kept: Kept, about: str) -> Rule:
    names = snapshot.storage.history
    columns = [(column, other) for column in table.columns if (other := kept.column(column.name))]
    query = sql.SQL(
        "WITH newest AS (SELECT DISTINCT ON ({key}) h.* FROM {kept} h ORDER BY {key}, h.{checkpoint} DESC),"
        " told AS (SELECT {name} AS name, CASE"
        " WHEN h.{change}::text = {deleted} THEN CASE WHEN t.{first} IS NOT NULL THEN 'back' END"
        " WHEN t.{first} IS NULL THEN 'gone'"
        " WHEN {unequal} THEN 'other' END AS wrong"
        " FROM newest h LEFT JOIN {table} t ON {same_key})"
        " SELECT wrong, count(*), min(name), max(name) FROM told GROUP BY wrong"
    ).format(
        key=sql.SQL(", ").join(sql.SQL("h.{}").format(sql.Identifier(name)) for name in table.key),
        kept=snapshot.table(kept.name),
        checkpoint=sql.Identifier(names.checkpoint),
        name=_name(table),
        change=sql.Identifier(names.change),
        deleted=sql.Literal(names.deleted),
        first=sql.Identifier(table.key[0]),
        unequal=sql.SQL(" OR ").join([sql.SQL("false"), *(_unequal(*pair) for pair in columns)]),
        table=snapshot.table(table.name),
        same_key=sql.SQL(" AND ").join(
            sql.SQL("t.{0} = h.{0}").format(sql.Identifier(name)) for name in table.key
        ),
    )
    found = {wrong: (count, first, last) for wrong, count, first, last in await snapshot.rows(query)}
    words = {
        "other": ("is not what its newest history says", "are not what their newest history says"),
        "gone": (
            "is gone, and its newest history says that it lives",
            "are gone, and their newest history says that they live",
        ),
        "back": (
            "is there, and its newest history says that it was deleted",
            "are there, and their newest history says that they were deleted",
        ),
    }
    return Rule(
        about=about,
        looked=sum(count for count, _, _ in found.values()),
        broken=tuple(
            Broken(
                words=f"{amount(count, 'row')} of {table.name} {agree(count, *words[wrong])}",
                rows=count,
                examples=tuple(dict.fromkeys(f"{table.name} {name}" for name in (first, last))),
            )
            for wrong, (count, first, last) in found.items()
            if wrong is not None
        ),
    )


def _name(table: Table) -> sql.Composed:
    """The key as the history has it, because the row itself may be gone."""
    return sql.SQL("(SELECT {} FROM (SELECT h.*) AS t)").format(key_of(table))


def _unequal(column: Column, other: Column) -> sql.Composed:
    """True if two values differ, NULL being a value. Types that cannot be compared are compared as text."""
    name = sql.Identifier(column.name)
    if column.type == other.type and column.kind in COMPARABLE:
        return sql.SQL("t.{0} IS DISTINCT FROM h.{0}").format(name)
    if column.kind is Kind.JSON and other.kind is Kind.JSON:
        return sql.SQL("t.{0}::jsonb IS DISTINCT FROM h.{0}::jsonb").format(name)
    return sql.SQL("t.{0}::text IS DISTINCT FROM h.{0}::text").format(name)
