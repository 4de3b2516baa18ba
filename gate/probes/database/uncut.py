"""Counts rows where none was compared, because a column may exclude all rows of a chain."""

from collections.abc import Collection, Sequence

from psycopg import sql

from gate.observations.rows import Group
from gate.probes.database.catalog import Table
from gate.probes.database.comparing import Pair
from gate.probes.database.relation import Fields, rows_of
from gate.probes.database.session import Snapshot


async def uncut(
    pair: Pair,
    tables: tuple[Table, Table],
    fields: Fields,
    compared: Sequence[Group],
    chains: Collection[int],
) -> tuple[Group, ...]:
    """Both tables' rows of every chain of which no row of the serving belt was compared.

    Rows without a chain are one group, counted if none of them was compared.
    """
    met = {group.chain for group in compared if group.serving}
    missed = [chain for chain in chains if str(chain) not in met] if fields.chained else []
    if not missed and (fields.chained or met):
        return ()

    async def counted(snapshot: Snapshot) -> dict[str | None, int]:
        table = tables[0] if snapshot is pair.serving else tables[1]
        return await _counted(snapshot, table, fields, missed)

    one, other = await pair.both(counted)
    wanted: list[str | None] = [*map(str, missed)] or [None]
    return tuple(
        Group(chain=chain, serving=one.get(chain, 0), candidate=other.get(chain, 0)) for chain in wanted
    )


async def _counted(
    snapshot: Snapshot, table: Table, fields: Fields, chains: Sequence[int]
) -> dict[str | None, int]:
    chain = fields.chain_of(table)
    where: sql.Composable = sql.SQL("true")
    if chain is not None:
        # An untyped literal takes the column's type: chains are numbers or texts.
        listed = sql.SQL(", ").join(sql.Literal(str(number)) for number in chains)
        where = sql.SQL("{} IN ({})").format(chain, listed)
    query = sql.SQL("SELECT {}, count(*) FROM {} t WHERE {} GROUP BY 1").format(
        fields.chain_text(table), rows_of(snapshot, table), where
    )
    return {found: int(rows) for found, rows in await snapshot.rows(query)}
