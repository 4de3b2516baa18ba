"""Determines the chain, block and time of a table's rows, by its columns or the prefix of its keys."""

from dataclasses import dataclass

from psycopg import sql

from gate.policy.entities import EntityPolicy
from gate.probes.database.catalog import Kind, Table
from gate.probes.database.hashing import text_form
from gate.probes.database.plan import fields_of
from gate.probes.database.relation import Fields, key_of
from gate.probes.database.session import Snapshot

MOSTLY = 20  # at most one key in this many may lack the chain for it to count as a prefix


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The columns that say where a row belongs. `strange` counts keys without the usual chain prefix."""

    fields: Fields
    rows: int = 0
    strange: int = 0
    example: str = ""


async def place_of(snapshot: Snapshot, table: Table, policy: EntityPolicy, chains: frozenset[int]) -> Place:
    """Looks at the keys only if no column names the chain."""
    fields = fields_of(table, policy)
    if fields.chain is not None or not table.key or len(chains) == 1:
        return Place(fields=fields)
    keyed = Fields(keyed=True, block=fields.block, timestamp=fields.timestamp)
    strange = sql.SQL("{} <> ALL({})").format(
        keyed.chain_of(table), sql.Literal([str(chain) for chain in sorted(chains)])
    )
    query = sql.SQL(
        "SELECT count(*), count(*) FILTER (WHERE {strange}),"
        " coalesce(min({key}) FILTER (WHERE {strange}), '')"
        " FROM {table} t"
    ).format(strange=strange, key=key_of(table), table=snapshot.table(table.name))
    [[rows, odd, example]] = await snapshot.rows(query)
    if not rows or odd * MOSTLY > rows:
        return Place(fields=fields, rows=rows)
    return Place(fields=keyed, rows=rows, strange=odd, example=example)


def chain_text(table: Table, fields: Fields) -> sql.Composable:
    """The chain of a row as the plain text of its number, or NULL."""
    column = table.column(fields.chain) if fields.chain else None
    if column is not None and column.kind is Kind.NUMBER:
        return text_form(column.name, Kind.NUMBER)
    return fields.chain_text(table)


def name_of(table: Table) -> sql.Composable:
    """The name of a row in a report: its key, or its spot on disk if the table has none."""
    if not table.key:
        return sql.SQL("('a row without key at ' || t.ctid::text)")
    return key_of(table)
