"""Compares the contracts that a belt registered at run time with those that the chain's logs register."""

from collections.abc import Iterable

from psycopg import sql

from gate.amounts import agree, amount
from gate.probes.database.catalog import Catalog
from gate.probes.database.session import Snapshot
from gate.proof.footprint import Asked
from gate.proof.said import Said

NAMED = 5


async def unlike(
    snapshot: Snapshot, tables: Catalog, chain: int, height: int, said: Iterable[tuple[Asked, Iterable[Said]]]
) -> tuple[str, ...]:
    """How the belt's registry of one chain differs from what the chain's logs register, up to a height."""
    registering = [(asked, list(records)) for asked, records in said if asked.registers]
    if not registering:
        return ()
    wanted = {
        address
        for _, records in registering
        for one in records
        for block, address in one.children
        if block <= height
    }
    held = await _held(snapshot, tables, chain, height)
    if held is None:
        return (f"chain {chain}: the candidate has no registry of contracts, and the chain registers some",)
    by = ", ".join(asked.source.words for asked, _ in registering)
    lacking, more = sorted(wanted - held), sorted(held - wanted)
    words = []
    if lacking:
        words.append(
            f"chain {chain}: {amount(len(lacking), 'contract')} that {by} registers"
            f" {agree(len(lacking), 'is', 'are')} not indexed: {_some(lacking)}"
        )
    if more:
        words.append(
            f"chain {chain}: {amount(len(more), 'indexed contract', 'is', 'are')} not registered by {by}:"
            f" {_some(more)}"
        )
    return tuple(words)


async def _held(snapshot: Snapshot, tables: Catalog, chain: int, height: int) -> set[str] | None:
    """The addresses that the belt registered at a block of the chain, without those of its config."""
    if tables.registry is None:
        return None
    known = tables.storage.registry
    query = sql.SQL(
        "SELECT lower({address}) FROM {table}"
        " WHERE {of} = {chain} AND {block} BETWEEN 0 AND {height} AND {found}"
    ).format(
        address=sql.SQL(known.address),
        table=snapshot.table(known.table),
        of=sql.Identifier(known.chain),
        chain=sql.Literal(chain),
        block=sql.Identifier(known.block),
        height=sql.Literal(height),
        found=sql.SQL(known.found),
    )
    rows = await snapshot.rows(query)
    return {str(address) for (address,) in rows if address}


def _some(addresses: list[str]) -> str:
    more = f" and {len(addresses) - NAMED} more" if len(addresses) > NAMED else ""
    return ", ".join(addresses[:NAMED]) + more
