"""Reads what a belt's stored config says of its entities, in releases that store it.

Some entities are in another kind of storage, which the gate cannot read; some are hidden from GraphQL.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from psycopg import sql

from gate.observations.unobserved import Cause
from gate.probes.database.catalog import Catalog
from gate.probes.database.session import Snapshot
from gate.probes.unseen import UnseenError

ELSEWHERE = "clickhouse"
ELSEWHERE_NAMED = "ClickHouse"


@dataclass(frozen=True, kw_only=True, slots=True)
class Elsewhere:
    """An entity whose rows, or a copy of them, are kept in a storage that the gate cannot read."""

    entity: str
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name in reports and policies."""
        return f"{self.entity} in {ELSEWHERE_NAMED}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Configured:
    """What the config says; `internal` entities are tables that no role gets through GraphQL."""

    elsewhere: tuple[Elsewhere, ...] = ()
    internal: frozenset[str] = frozenset()


async def configured(snapshot: Snapshot, tables: Catalog) -> Configured:
    """Reads the record made when the belt was seeded; some releases keep none."""
    storage = snapshot.storage
    if storage.settings is None or tables.table(storage.configured) is None:
        return Configured()
    query = sql.SQL("SELECT {} FROM {}").format(
        sql.Identifier(storage.settings), snapshot.table(storage.configured)
    )
    async with snapshot.savepoint():
        rows = await snapshot.rows(query)
    try:
        [[text]] = rows
        return read(json.loads(text))
    except (TypeError, ValueError, KeyError, AttributeError):
        words = f"{storage.configured} does not hold one config as Envio writes it"
        raise UnseenError(words, Cause.BAD_ANSWER) from None


def read(config: Mapping[str, object]) -> Configured:
    """Parses a config; raises `TypeError`, `ValueError`, `KeyError` or `AttributeError` if it is invalid."""
    entities = config["entities"]
    everywhere = dict(config.get("storage") or {})  # type: ignore[call-overload]  # what is none raises
    if not isinstance(entities, list):
        raise TypeError("entities are a list")
    internal = {str(one["name"]): one.get("internal") is True for one in entities}
    return Configured(
        elsewhere=tuple(_elsewhere(entities, everywhere)),
        internal=frozenset(name for name, hidden in internal.items() if hidden),
    )


def _elsewhere(entities: list[Mapping[str, object]], everywhere: Mapping[str, object]) -> Iterator[Elsewhere]:
    """The entities stored elsewhere: an entity's own storage setting overrides the belt's."""
    for one in entities:
        own = one.get("storage")
        kept = dict(own) if isinstance(own, dict) else everywhere
        if kept.get(ELSEWHERE) not in (None, False):
            columns = one.get("properties")
            names = [str(column["name"]) for column in columns] if isinstance(columns, list) else []
            yield Elsewhere(entity=str(one["name"]), columns=tuple(names) or ("id",))
