"""Databases as Envio 3.0.0-alpha.17 makes them, filled by a test."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from gate.observations.rows import EntityRows, Rows
from gate.policy.chains import ExpectedChain, Finality
from gate.policy.model import Mode, Policy
from gate.probes.database.doors import Doors
from gate.probes.database.facts import Clock
from gate.probes.database.rows import compare_belts
from gate.probes.database.session import Database, opened
from gate.secret import Secret

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

BASE = """
CREATE TYPE "public".envio_history_change AS ENUM ('SET', 'DELETE');
CREATE TABLE "public"."envio_chains"
  ("id" INTEGER NOT NULL, "start_block" INTEGER NOT NULL, "end_block" INTEGER,
  "max_reorg_depth" INTEGER NOT NULL, "buffer_block" INTEGER NOT NULL, "source_block" INTEGER NOT NULL,
  "first_event_block" INTEGER, "ready_at" TIMESTAMP WITH TIME ZONE NULL, "events_processed" INTEGER NOT NULL,
  "_is_hyper_sync" BOOLEAN NOT NULL, "progress_block" INTEGER NOT NULL,
  "_num_batches_fetched" INTEGER NOT NULL, PRIMARY KEY ("id"));
CREATE TABLE "public"."envio_checkpoints" ("id" INTEGER NOT NULL, "chain_id" INTEGER NOT NULL,
  "block_number" INTEGER NOT NULL, "block_hash" TEXT, "events_processed" INTEGER NOT NULL,
  PRIMARY KEY ("id"));
CREATE TABLE "public"."raw_events" ("chain_id" INTEGER NOT NULL, "event_id" NUMERIC NOT NULL,
  "event_name" TEXT NOT NULL, "contract_name" TEXT NOT NULL, "block_number" INTEGER NOT NULL,
  "log_index" INTEGER NOT NULL, "src_address" TEXT NOT NULL, "block_hash" TEXT NOT NULL,
  "block_timestamp" INTEGER NOT NULL, "block_fields" JSONB NOT NULL, "transaction_fields" JSONB NOT NULL,
  "params" JSONB NOT NULL, "serial" SERIAL, PRIMARY KEY ("serial"));
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Belt:
    """One belt's database, written to as its indexer would."""

    dsn: str

    def execute(
        self, statement: str | sql.Composed, values: Sequence[object] = ()
    ) -> list[tuple[object, ...]]:
        """Runs one statement as the belt's owner."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def seed(self, *chains: int, progress: int = 1000, start: int = 0) -> None:
        """Makes Envio's own tables, with a row for every chain."""
        self.execute(BASE)
        for chain in chains or (1,):
            self.execute(
                "INSERT INTO envio_chains VALUES (%s, %s, NULL, 200, %s, %s, NULL, NULL, 0, false, %s, 0)",
                (chain, start, progress, progress, progress),
            )

    def at(self, progress: int, chain: int = 1) -> None:
        """Moves the belt to another block."""
        self.execute("UPDATE envio_chains SET progress_block = %s WHERE id = %s", (progress, chain))

    def entity(self, name: str, columns: str, *, history: bool = False) -> None:
        """Makes the table of an entity, and that of its history, which has no constraint but its key."""
        self.execute(f'CREATE TABLE "{name}" ("id" TEXT NOT NULL PRIMARY KEY, {columns})')
        if history:
            nullable = columns.replace(" NOT NULL", "")
            self.execute(
                f'CREATE TABLE "envio_history_{name}" ("id" TEXT NOT NULL, {nullable},'
                ' "envio_checkpoint_id" BIGINT NOT NULL, "envio_change" envio_history_change NOT NULL,'
                ' PRIMARY KEY ("id", "envio_checkpoint_id"))'
            )

    def fill(self, name: str, *rows: Sequence[object]) -> None:
        """Writes rows."""
        with psycopg.connect(self.dsn, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.executemany(f'INSERT INTO "{name}" VALUES ({_places(rows)})', rows)

    def write(self, name: str, checkpoint: tuple[int, int, int], *row: object) -> None:
        """Writes a row as Envio does near the head: checkpoint, anchor, history and the row itself."""
        self.write_all(name, checkpoint, row)

    def write_all(self, name: str, checkpoint: tuple[int, int, int], *rows: Sequence[object]) -> None:
        """Writes rows of one batch; each of them once, as a batch of Envio's has a row."""
        number, chain, block = checkpoint
        history, places = f'"envio_history_{name}"', _places(rows)
        keys = [(row[0],) for row in rows]
        with psycopg.connect(self.dsn, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO envio_checkpoints VALUES (%s, %s, %s, NULL, 1) ON CONFLICT DO NOTHING",
                (number, chain, block),
            )
            cursor.executemany(
                f"INSERT INTO {history} SELECT e.*, 0, 'SET' FROM \"{name}\" e WHERE e.id = %s"
                f" AND NOT EXISTS (SELECT 1 FROM {history} h WHERE h.id = e.id)",
                keys,
            )
            written = [(*row, number) for row in rows]
            cursor.executemany(f"INSERT INTO {history} VALUES ({places}, %s, 'SET')", written)
            cursor.executemany(f'DELETE FROM "{name}" WHERE id = %s', keys)
            cursor.executemany(f'INSERT INTO "{name}" VALUES ({places})', rows)

    def delete(self, name: str, checkpoint: tuple[int, int, int], key: str) -> None:
        """Deletes a row as Envio does within the reorg threshold."""
        number, chain, block = checkpoint
        self.execute(
            "INSERT INTO envio_checkpoints VALUES (%s, %s, %s, NULL, 1) ON CONFLICT DO NOTHING",
            (number, chain, block),
        )
        history = f'"envio_history_{name}"'
        self.execute(
            f"INSERT INTO {history} SELECT e.*, 0, 'SET' FROM \"{name}\" e WHERE e.id = %s"
            f" AND NOT EXISTS (SELECT 1 FROM {history} h WHERE h.id = e.id)",
            (key,),
        )
        self.execute(
            f"INSERT INTO {history} (id, envio_checkpoint_id, envio_change) VALUES (%s, %s, 'DELETE')",
            (key, number),
        )
        self.execute(f'DELETE FROM "{name}" WHERE id = %s', (key,))

    def event(
        self,
        *,
        chain: int = 1,
        block: int = 1,
        log_index: int = 0,
        contract: str = "Token",
        address: str = "0xaa",
        name: str = "Transfer",
        params: str = "{}",
    ) -> None:
        """Writes one raw event."""
        self.execute(
            "INSERT INTO raw_events VALUES (%s, 0, %s, %s, %s, %s, %s, '0x', %s, '{}', '{}', %s)",
            (chain, name, contract, block, log_index, address, 1_700_000_000 + block, params),
        )


def _places(rows: Sequence[Sequence[object]]) -> str:
    return ", ".join(["%s"] * len(rows[0])) if rows else ""


def balances(belt: Belt, *rows: tuple[str, int], progress: int, chains: tuple[int, ...] = (1,)) -> None:
    """A belt whose only entity changes, with its first checkpoint of every chain at block 100."""
    belt.seed(*chains, progress=progress)
    belt.entity("Balance", '"amount" NUMERIC NOT NULL', history=True)
    for number, chain in enumerate(chains):
        belt.execute("INSERT INTO envio_checkpoints VALUES (%s, %s, 100, NULL, 0)", (10 + number, chain))
    belt.fill("Balance", *rows)


def policy(*chains: int, mode: Mode = Mode.PARITY, depth: int = 0, **fields: Any) -> Policy:
    """A policy of which only what a case is about is said."""
    expected = tuple(
        ExpectedChain(id=chain, rpc=(), indexed_from=(), reorg_depth=depth, finality=Finality.DEPTH)
        for chain in chains or (1,)
    )
    return Policy(version=1, digest="", mode=mode, chains=expected, **fields)


@dataclass(frozen=True, kw_only=True, slots=True)
class Seconds:
    """A chain side that knows when blocks were made, on some chains earlier, and which of them are final."""

    finalized: dict[int, int] = field(default_factory=dict)
    made: Callable[[int], int | None] = lambda block: 1_700_000_000 + block
    late: dict[int, int] = field(default_factory=dict)

    @property
    def clock(self) -> Clock:
        """What the comparison asks."""

        async def final(chain: int) -> dict[str, int]:
            return {"https://final.test": self.finalized[chain]} if chain in self.finalized else {}

        async def second(chain: int, block: int) -> int | None:
            made = self.made(block)
            return None if made is None else made - self.late.get(chain, 0)

        return Clock(final=final, second=second)


def door(belt: Belt, name: str, seconds: float) -> Callable[[], AbstractAsyncContextManager[Database]]:
    """How the gate opens a belt's database."""

    @asynccontextmanager
    async def open_it() -> AsyncIterator[Database]:
        async with opened(Secret(belt.dsn), name=name, remaining=lambda: seconds) as database:
            yield database

    return open_it


async def compare(
    blue: Belt,
    green: Belt,
    says: Policy | None = None,
    *,
    chains: Seconds | None = None,
    seconds: float = 20.0,
) -> Rows:
    """Compares two belts as the gate does."""
    doors = Doors(
        serving=door(blue, "the serving belt", seconds),
        candidate=door(green, "the candidate", seconds),
        one_host=True,
    )
    return await compare_belts(
        doors, says or policy(), (chains or Seconds()).clock, at=NOW, remaining=lambda: seconds
    )


def only(rows: Rows) -> EntityRows:
    """The one entity of a comparison, which must have been compared."""
    [entity] = rows.entities
    assert isinstance(entity, EntityRows), entity
    return entity
