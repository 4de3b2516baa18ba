"""The candidate as the holder of rows: looked up in its database, or through GraphQL where there is none."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from psycopg import sql

from gate.endpoints import Side
from gate.observations.graphql import Role
from gate.observations.progress import Progress
from gate.observations.unobserved import Cause
from gate.policy.groundtruth import GroundTruth
from gate.probes.database import catalog, progress
from gate.probes.database.hashing import text_form
from gate.probes.database.history import CHECKPOINTS
from gate.probes.database.session import Snapshot, connect
from gate.probes.database.trace import RAW_EVENTS
from gate.probes.graphql.ask import ask
from gate.probes.graphql.chains import read_chains
from gate.probes.unseen import UnseenError
from gate.probes.world import World

REMEMBERED = 8  # checkpoints whose hashes are compared: the newest, and as many drawn
KNOWN = 32  # blocks of known events, of which windows are drawn

Row = Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """An event as the candidate has received it; its transaction is known where the indexer keeps it."""

    block: int
    log_index: int
    block_hash: str
    transaction: str | None

    @property
    def place(self) -> tuple[int, int]:
        """Where the event is: block and index within it."""
        return self.block, self.log_index


class Holder(Protocol):
    """What is asked of a candidate, whatever door it is asked through."""

    async def progress(self) -> Progress:
        """How far the candidate is."""

    async def rows(self, truth: GroundTruth, keys: Sequence[str]) -> dict[str, Row]:
        """The rows with these keys, as texts; those that are not there are left out."""

    async def events(self, truth: GroundTruth, first: int, last: int) -> tuple[Event, ...] | None:
        """The raw events of a range, or `None` where the candidate shows none at all."""

    async def known(self, truth: GroundTruth, height: int, seed: int) -> list[int]:
        """Some blocks of events, up to a height, the same ones for the same seed."""

    async def hashes(self, chain: int, height: int, seed: int) -> dict[int, str]:
        """Some blocks up to a height with the hashes under which the candidate has committed them."""


@asynccontextmanager
async def holder(world: World) -> AsyncIterator[Holder]:
    """The candidate through the best door that is given."""
    belt = world.endpoints.candidate
    if belt.database is None:
        yield ByGraphql(world=world, role=Role.ADMIN if belt.admin_secret else Role.PUBLIC)
        return
    async with connect(world, Side.CANDIDATE) as database, database.snapshot() as snapshot:
        yield ByDatabase(snapshot=snapshot, tables=await catalog.read(snapshot))


@dataclass(frozen=True, kw_only=True, slots=True)
class ByDatabase:
    """A snapshot of the candidate's database: everything is true at one moment."""

    snapshot: Snapshot
    tables: catalog.Catalog

    async def progress(self) -> Progress:
        """How far the candidate was at that moment."""
        return await progress.within(self.snapshot)

    async def rows(self, truth: GroundTruth, keys: Sequence[str]) -> dict[str, Row]:
        """One query for all keys."""
        table = self.tables.table(truth.entity)
        if table is None or len(table.key) != 1:
            raise UnseenError(f"the candidate has no entity {truth.entity} with one key", Cause.UNDECIDABLE)
        [key] = table.key
        wanted = [column for column in table.columns if column.name in {name for _, name in truth.columns}]
        query = sql.SQL("SELECT {} FROM {} t WHERE t.{}::text = ANY({})").format(
            sql.SQL(", ").join(
                [text_form(key, catalog.Kind.OTHER), *(text_form(one.name, one.kind) for one in wanted)]
            ),
            self.snapshot.table(table.name),
            sql.Identifier(key),
            sql.Literal(list(keys)),
        )
        names = [column.name for column in wanted]
        return {
            str(row[0]): dict(zip(names, row[1:], strict=True)) for row in await self.snapshot.rows(query)
        }

    async def events(self, truth: GroundTruth, first: int, last: int) -> tuple[Event, ...] | None:
        """From the table of raw events, if the candidate keeps one."""
        if not await self._keeps_events(truth):
            return None
        query = sql.SQL(
            "SELECT block_number, log_index, lower(block_hash), lower(transaction_fields ->> 'hash')"
            " FROM {} WHERE {} AND block_number BETWEEN {} AND {}"
        ).format(self.snapshot.table(RAW_EVENTS), self._of(truth), sql.Literal(first), sql.Literal(last))
        return tuple(
            Event(block=int(block), log_index=int(index), block_hash=hashed, transaction=transaction)
            for block, index, hashed, transaction in await self.snapshot.rows(query)
        )

    async def known(self, truth: GroundTruth, height: int, seed: int) -> list[int]:
        """Drawn by a hash of each event, so that one scan is enough."""
        if not await self._keeps_events(truth):
            return []
        query = sql.SQL(
            "SELECT block_number FROM {} WHERE {} AND block_number <= {}"
            " ORDER BY hashtextextended(block_number || '/' || log_index, {}), block_number LIMIT {}"
        ).format(
            self.snapshot.table(RAW_EVENTS),
            self._of(truth),
            sql.Literal(height),
            sql.Literal(seed % 2**63),
            sql.Literal(KNOWN),
        )
        return [int(block) for (block,) in await self.snapshot.rows(query)]

    async def hashes(self, chain: int, height: int, seed: int) -> dict[int, str]:
        """The newest checkpoints, and some drawn with the seed.

        Raw events have hashes too, but Envio keeps those of a reorganisation that it has undone.
        """
        if self.tables.table(CHECKPOINTS) is None:
            return {}
        found: dict[int, str] = {}
        drawn = sql.SQL("hashint4extended(block_number, {})").format(sql.Literal(seed % 2**63))
        for order in (sql.SQL("block_number DESC"), drawn):
            query = sql.SQL(
                "SELECT block_number, lower(block_hash) FROM {} WHERE chain_id = {} AND block_number <= {}"
                " AND block_hash IS NOT NULL ORDER BY {}, id DESC LIMIT {}"
            ).format(
                self.snapshot.table(CHECKPOINTS),
                sql.Literal(chain),
                sql.Literal(height),
                order,
                sql.Literal(REMEMBERED),
            )
            found |= {int(block): str(hashed) for block, hashed in await self.snapshot.rows(query)}
        return dict(sorted(found.items()))

    async def _keeps_events(self, truth: GroundTruth) -> bool:
        if self.tables.table(RAW_EVENTS) is None:
            return False
        query = sql.SQL("SELECT 1 FROM {} WHERE chain_id = {} LIMIT 1").format(
            self.snapshot.table(RAW_EVENTS), sql.Literal(truth.chain)
        )
        return bool(await self.snapshot.rows(query))

    def _of(self, truth: GroundTruth) -> sql.Composed:
        return sql.SQL("chain_id = {} AND lower(src_address) = {} AND event_name = {}").format(
            sql.Literal(truth.chain), sql.Literal(truth.contract.lower()), sql.Literal(truth.event.name)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ByGraphql:
    """The candidate as consumers see it: rows by their keys, and nothing of raw events."""

    world: World
    role: Role

    async def progress(self) -> Progress:
        """How far the candidate says it is."""
        return await read_chains(self.world, Side.CANDIDATE)

    async def rows(self, truth: GroundTruth, keys: Sequence[str]) -> dict[str, Row]:
        """Asked for a few at a time, so that no limit can cut the list."""
        columns = " ".join(sorted({"id", *(column for _, column in truth.columns)}))
        found: dict[str, Row] = {}
        rows = f"{truth.entity}(where: {{id: {{_in: $keys}}}}) {{ {columns} }}"
        query = f"query Rows($keys: [String!]!) {{ {rows} }}"
        for start in range(0, len(keys), 50):
            wanted = list(keys[start : start + 50])
            data = await ask(self.world, Side.CANDIDATE, query, role=self.role, variables={"keys": wanted})
            try:
                found |= {
                    str(row["id"]): {name: _text(value) for name, value in row.items()}
                    for row in data[truth.entity]
                }
            except (KeyError, TypeError, AttributeError):
                raise UnseenError(f"the candidate does not list {truth.entity}", Cause.BAD_ANSWER) from None
        return found

    async def events(self, *_: object) -> tuple[Event, ...] | None:
        """GraphQL shows no raw events to consumers."""
        return None

    async def known(self, *_: object) -> list[int]:
        """Nothing but goldens is known to exist."""
        return []

    async def hashes(self, *_: object) -> dict[int, str]:
        """GraphQL shows no hashes to consumers."""
        return {}


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
