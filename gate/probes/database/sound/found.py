"""Infers which events make the rows of an undeclared entity from the ids of a few rows."""

import re
from collections.abc import Collection, Iterator, Mapping

from psycopg import sql

from gate.observations.sound import Rule
from gate.policy.model import Policy
from gate.probes.database.catalog import Catalog, Kind, Table
from gate.probes.database.sound.bounds import Limits
from gate.probes.database.sound.keys import key_of
from gate.probes.database.sound.received import Received
from gate.probes.database.sound.rows import rows
from gate.probes.database.sound.sources import Source
from gate.probes.unseen import UnseenError

SAMPLE = 8  # rows whose ids are read
SHAPES = (
    (r"(\d+)([-_:|/])(\d+)[-_:|/](\d+)", "{{chainId}}{0}{{blockNumber}}{0}{{logIndex}}"),
    (r"(\d+)([-_:|/])(0x[0-9a-f]{64})[-_:|/](\d+)", "{{chainId}}{0}{{transactionHash}}{0}{{logIndex}}"),
    (r"()(0x[0-9a-f]{64})([-_:|/])(\d+)", "{{transactionHash}}{1}{{logIndex}}"),
    (r"()(\d+)([-_:|/])(\d+)", "{{blockNumber}}{1}{{logIndex}}"),
)
"""Ids that name one log, as handlers often build them."""


async def found(
    received: Received,
    tables: Catalog,
    policy: Policy,
    within: Mapping[int, Limits],
    *,
    without: Collection[str],
) -> dict[str, list[Source]]:
    """The sources that hold both ways on this belt, for every event and row, of undeclared entities."""
    sources: dict[str, list[Source]] = {}
    for table in tables.entities:
        if table.name in without:
            continue
        try:
            async with received.snapshot.savepoint():
                if guessed := await _guess(received, table):
                    rules = await rows(received, tables, policy, within, {table.name: guessed})
                    if all(isinstance(rule, Rule) and not rule.broken for rule in rules):
                        sources[table.name] = guessed
        except UnseenError:
            continue  # an entity that cannot be read is skipped
    return sources


async def _guess(received: Received, table: Table) -> list[Source]:
    id_ = table.column("id")
    if id_ is None or id_.kind is not Kind.TEXT or "id" not in table.key:
        return []
    query = sql.SQL("SELECT t.id FROM {} t LIMIT {}").format(
        received.snapshot.table(table.name), sql.Literal(SAMPLE)
    )
    ids = [str(key) for (key,) in await received.snapshot.rows(query)]
    for row_id in _shapes(ids):
        query = sql.SQL(
            "SELECT DISTINCT e.contract_name, e.event_name FROM {} e WHERE {} = ANY({}) ORDER BY 1, 2"
        ).format(received.events, key_of(row_id), sql.Literal(ids))
        events = await received.snapshot.rows(query)
        if events:
            return [Source(contract=str(one), event=str(name), row_id=row_id) for one, name in events]
    return []


def _shapes(ids: list[str]) -> Iterator[str]:
    """The forms that all of the ids match."""
    for pattern, form in SHAPES:
        matches = [re.fullmatch(pattern, key) for key in ids]
        whole = [match for match in matches if match is not None]
        if whole and len(whole) == len(ids):
            groups = whole[0].groups()
            yield form.format(*(group for group in groups if re.fullmatch("[-_:|/]?", group)))
