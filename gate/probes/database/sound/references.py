"""Finds references to rows that do not exist."""

from dataclasses import dataclass

from psycopg import sql

from gate.amounts import agree, amount
from gate.observations.sound import Broken, Rule, Standing, Unread
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.sound import Reference, SoundPolicy
from gate.probes.database.catalog import Catalog, Table
from gate.probes.database.session import Snapshot
from gate.probes.database.sound.place import name_of
from gate.probes.database.transactions import ALL
from gate.probes.unseen import UnseenError


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One reference, and whether the policy declares it or the belt's own schema shows it."""

    reference: Reference
    declared: bool


def links(declared: SoundPolicy, found: tuple[Reference, ...]) -> tuple[Link, ...]:
    """All references; the policy's takes precedence over the schema's for the same column."""
    said = {(one.entity, one.column) for one in declared.references}
    return tuple(Link(reference=one, declared=True) for one in declared.references) + tuple(
        Link(reference=one, declared=False) for one in found if (one.entity, one.column) not in said
    )


async def lead(
    snapshot: Snapshot, tables: Catalog, link: Link, policy: SoundPolicy, those: sql.Composable = ALL
) -> Rule | Unread:
    """Checks that each value of a column, in all or in `those` rows `t`, is the key of a row."""
    one = link.reference
    about = f"{one.entity}.{one.column} leads to a row of {one.to}"
    table, target = tables.table(one.entity), tables.table(one.to)
    if table is None or target is None or table.column(one.column) is None or not target.key:
        why = f"the candidate has no {one.entity}.{one.column}, or no {one.to} with a key"
        return Unread(about=about, why=Unobserved(reason=why, cause=Cause.BAD_ANSWER))
    try:
        async with snapshot.savepoint():
            return await _rule(snapshot, table, target, link, policy, about=about, those=those)
    except UnseenError as unseen:
        return Unread(about=about, why=unseen.unobserved)


async def _rule(
    snapshot: Snapshot,
    table: Table,
    target: Table,
    link: Link,
    policy: SoundPolicy,
    *,
    about: str,
    those: sql.Composable,
) -> Rule | Unread:
    one = link.reference
    id_, *others = target.key
    if unknown := [name for name in others if table.column(name) is None]:
        why = f"{one.to} is keyed by {', '.join(unknown)} too, which {one.entity} does not have"
        return Unread(about=about, why=Unobserved(reason=why, cause=Cause.UNSUPPORTED))
    pairs = [(one.column, id_), *((name, name) for name in others)]
    alike = [_alike(table, target, ours, theirs) for ours, theirs in pairs]
    dangling = sql.SQL("r.{} IS NULL").format(sql.Identifier(id_))
    name = name_of(table)
    query = sql.SQL(
        "SELECT count(*), count(*) FILTER (WHERE {dangling}), min({name}) FILTER (WHERE {dangling}),"
        " max({name}) FILTER (WHERE {dangling}), min(t.{column}::text) FILTER (WHERE {dangling})"
        " FROM {table} t LEFT JOIN {target} r ON {alike} WHERE t.{column} IS NOT NULL"
        " AND {those}"
    ).format(
        dangling=dangling,
        name=name,
        column=sql.Identifier(one.column),
        table=snapshot.table(table.name),
        target=snapshot.table(target.name),
        alike=sql.SQL(" AND ").join(alike),
        those=those,
    )
    [[rows, lost, first, last, value]] = await snapshot.rows(query)
    words = (
        f"{lost:,} of {amount(rows, 'reference')} {one.entity}.{one.column} {agree(lost, 'leads', 'lead')}"
        f" to no row of {one.to}, as {value}"
    )
    examples = tuple(dict.fromkeys(f"{one.entity} {key}" for key in (first, last)))
    return Rule(
        about=about,
        looked=rows,
        broken=(Broken(words=words, rows=lost, examples=examples),) if lost else (),
        standing=Standing.DECLARED if link.declared else Standing.FOUND,
        meant=policy.dangles(one.entity, one.column),
        declare=f"`sound.mayDangle`, with the entity {one.entity}, the column {one.column} and a reason",
        paste={"sound": {"mayDangle": [{"entity": one.entity, "column": one.column, "reason": "..."}]}},
    )


def _alike(table: Table, target: Table, ours: str, theirs: str) -> sql.Composed:
    """The join of a reference; keys of different types are compared as text."""
    one, other = table.column(ours), target.column(theirs)
    cast = sql.SQL("" if one is not None and other is not None and one.type == other.type else "::text")
    return sql.SQL("r.{}{} = t.{}{}").format(sql.Identifier(theirs), cast, sql.Identifier(ours), cast)
