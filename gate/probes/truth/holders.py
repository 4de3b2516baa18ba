"""Looks up the candidate's rows, in its database or, if none is given, through GraphQL."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from psycopg import sql

from gate.endpoints import Side
from gate.observations.graphql import Role
from gate.observations.progress import Progress
from gate.observations.unobserved import Cause
from gate.policy.groundtruth import GroundTruth
from gate.policy.model import Policy
from gate.probes.database import catalog, progress
from gate.probes.database.hashing import text_form
from gate.probes.database.relation import is_chain, plain
from gate.probes.database.session import Snapshot, connect
from gate.probes.graphql.ask import ask
from gate.probes.graphql.chains import read_chains
from gate.probes.graphql.tables import tables
from gate.probes.truth.place import Place, place_of
from gate.probes.unseen import UnseenError
from gate.probes.world import World

REMEMBERED = 8  # checkpoints whose hashes are compared: the newest, and as many random ones
KNOWN = 32  # blocks of known events, from which windows are drawn
MOST_KEYS = 50  # rows per request
LONGEST = 1_000  # digits of a number that are written out

Row = Mapping[str, str | None]
Received = Mapping[int, Mapping[int, frozenset[str]]]
"""By chain and block, the hashes under which its events were received."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """An event that the candidate received; its transaction is known if the indexer keeps it."""

    block: int
    log_index: int
    block_hash: str
    transaction: str | None

    @property
    def place(self) -> tuple[int, int]:
        """The event's block and index."""
        return self.block, self.log_index


@dataclass(frozen=True, kw_only=True, slots=True)
class Kin:
    """The events that the candidate has of one contract, and the contracts of which it has one event."""

    events: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()


class Holder(Protocol):
    """The questions to a candidate, for each kind of access."""

    async def progress(self) -> Progress:
        """How far the candidate is."""

    async def rows(self, truth: GroundTruth, keys: Sequence[str]) -> dict[str, Row]:
        """The rows with these keys, as text; missing rows are left out."""

    async def events(self, truth: GroundTruth, first: int, last: int) -> tuple[Event, ...] | None:
        """The raw events of a range, or `None` if the candidate shows none."""

    async def known(self, truth: GroundTruth, height: int, seed: int) -> list[int]:
        """Some blocks of events, up to a height, deterministic for a seed."""

    async def place(self, truth: GroundTruth) -> Place:
        """The columns that hold the place of a row's log."""

    async def kin(self, truth: GroundTruth) -> Kin:
        """Received events and contracts with the same name or address, for hints in reports."""

    async def hashes(self, chain: int, height: int, seed: int) -> dict[int, str]:
        """Some blocks up to a height with the hashes under which the candidate committed them."""

    async def received(self, heights: Mapping[int, int], seed: int) -> Received:
        """Some blocks of raw events, of each chain up to its height."""


@asynccontextmanager
async def holder(world: World) -> AsyncIterator[Holder]:
    """The candidate through the best access that is given."""
    belt = world.endpoints.candidate
    if belt.database is None:
        yield ByGraphql(world=world, role=Role.ADMIN if belt.admin_secret else Role.PUBLIC)
        return
    async with connect(world, Side.CANDIDATE) as database, database.snapshot() as snapshot:
        yield ByDatabase(snapshot=snapshot, tables=await catalog.read(snapshot), policy=world.policy)


@dataclass(frozen=True, kw_only=True, slots=True)
class ByDatabase:
    """One snapshot of the candidate's database."""

    snapshot: Snapshot
    tables: catalog.Catalog
    policy: Policy

    async def progress(self) -> Progress:
        """The candidate's progress at that moment."""
        return await progress.within(self.snapshot)

    async def rows(self, truth: GroundTruth, keys: Sequence[str]) -> dict[str, Row]:
        """One query for all keys."""
        table, parts = self._table(truth)
        names_wanted = {name for _, name in truth.columns} | set((await self.place(truth)).columns)
        wanted = [column for column in table.columns if column.name in names_wanted]
        query = sql.SQL("SELECT {} FROM {} t WHERE t.{}::text = ANY({}) AND {}").format(
            sql.SQL(", ").join(
                [text_form(parts.id, catalog.Kind.OTHER), *(text_form(one.name, one.kind) for one in wanted)]
            ),
            self.snapshot.table(table.name),
            sql.Identifier(parts.id),
            sql.Literal(list(keys)),
            is_chain(plain(parts.chain) if parts.chain else None, truth.chain),
        )
        names = [column.name for column in wanted]
        return {
            str(row[0]): dict(zip(names, row[1:], strict=True)) for row in await self.snapshot.rows(query)
        }

    async def events(self, truth: GroundTruth, first: int, last: int) -> tuple[Event, ...] | None:
        """Reads the table of raw events, if the candidate keeps one."""
        if not await self._keeps_events(truth):
            return None
        query = sql.SQL(
            "SELECT block_number, log_index, lower(block_hash), lower(transaction_fields ->> 'hash')"
            " FROM {} WHERE block_number BETWEEN {} AND {} AND {}"
        ).format(self.snapshot.raw_events, sql.Literal(first), sql.Literal(last), self._of(truth))
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
            self.snapshot.raw_events,
            self._of(truth),
            sql.Literal(height),
            sql.Literal(seed % 2**63),
            sql.Literal(KNOWN),
        )
        return [int(block) for (block,) in await self.snapshot.rows(query)]

    async def place(self, truth: GroundTruth) -> Place:
        """Determined by the table's columns."""
        table, _ = self._table(truth)
        return place_of(table, truth, self.policy.entity(truth.entity))

    async def kin(self, truth: GroundTruth) -> Kin:
        """Determined by the raw events of the chain, if the candidate keeps them."""
        if not await self._keeps_events(truth):
            return Kin()
        query = sql.SQL(
            "SELECT DISTINCT event_name, lower(src_address) FROM {} WHERE chain_id = {}"
            " AND (lower(src_address) = {} OR event_name = {}) ORDER BY 1, 2 LIMIT {}"
        ).format(
            self.snapshot.raw_events,
            sql.Literal(truth.chain),
            sql.Literal(truth.contract.lower()),
            sql.Literal(truth.event.name),
            sql.Literal(KNOWN),
        )
        found = [(str(name), str(address)) for name, address in await self.snapshot.rows(query)]
        return Kin(
            events=tuple(name for name, address in found if address == truth.contract.lower()),
            contracts=tuple(address for name, address in found if name == truth.event.name),
        )

    async def received(self, heights: Mapping[int, int], seed: int) -> Received:
        """The newest blocks of raw events, and some random ones, of all chains in one pass."""
        if self.tables.raw_events is None or not heights:
            return {}
        query = sql.SQL(
            "WITH heights (chain, height) AS (VALUES {heights}),"
            " blocks AS MATERIALIZED (SELECT DISTINCT e.chain_id, e.block_number FROM {events} e"
            " JOIN heights h ON h.chain = e.chain_id AND e.block_number <= h.height),"
            " ranked AS (SELECT *,"
            " row_number() OVER (PARTITION BY chain_id ORDER BY block_number DESC) AS newest,"
            " row_number() OVER"
            " (PARTITION BY chain_id ORDER BY hashint4extended(block_number, {seed})) AS drawn FROM blocks)"
            " SELECT chain_id, block_number, array_agg(DISTINCT lower(block_hash)) FROM {events}"
            " WHERE (chain_id, block_number) IN"
            " (SELECT chain_id, block_number FROM ranked WHERE newest <= {most} OR drawn <= {most})"
            " GROUP BY 1, 2 ORDER BY 1, 2"
        ).format(
            heights=sql.SQL(", ").join(
                sql.SQL("({}::int8, {}::int8)").format(sql.Literal(chain), sql.Literal(height))
                for chain, height in sorted(heights.items())
            ),
            events=self.snapshot.raw_events,
            seed=sql.Literal(seed % 2**63),
            most=sql.Literal(REMEMBERED),
        )
        found: dict[int, dict[int, frozenset[str]]] = {}
        for chain, block, hashes in await self.snapshot.rows(query):
            found.setdefault(int(chain), {})[int(block)] = frozenset(map(str, hashes))
        return found

    async def hashes(self, chain: int, height: int, seed: int) -> dict[int, str]:
        """The newest checkpoints, and some random ones.

        Raw events have hashes too, but Envio keeps those of a reorganisation that it has undone.
        """
        if self.tables.checkpoints is None:
            return {}
        found: dict[int, str] = {}
        drawn = sql.SQL("hashint4extended(block_number, {})").format(sql.Literal(seed % 2**63))
        for order in (sql.SQL("block_number DESC"), drawn):
            query = sql.SQL(
                "SELECT block_number, lower(block_hash) FROM {} WHERE chain_id = {} AND block_number <= {}"
                " AND block_hash IS NOT NULL ORDER BY {}, id DESC LIMIT {}"
            ).format(
                self.snapshot.checkpoints,
                sql.Literal(chain),
                sql.Literal(height),
                order,
                sql.Literal(REMEMBERED),
            )
            found |= {int(block): str(hashed) for block, hashed in await self.snapshot.rows(query)}
        return dict(sorted(found.items()))

    async def _keeps_events(self, truth: GroundTruth) -> bool:
        if self.tables.raw_events is None:
            return False
        query = sql.SQL("SELECT 1 FROM {} WHERE chain_id = {} LIMIT 1").format(
            self.snapshot.raw_events, sql.Literal(truth.chain)
        )
        return bool(await self.snapshot.rows(query))

    def _table(self, truth: GroundTruth) -> tuple[catalog.Table, catalog.Parts]:
        table = self.tables.table(truth.entity)
        if table is None or table.parts is None:
            words = f"the candidate has no entity {truth.entity} whose key is an id, or an id and a chain"
            raise UnseenError(words, Cause.UNDECIDABLE)
        return table, table.parts

    def _of(self, truth: GroundTruth) -> sql.Composed:
        event = sql.SQL("chain_id = {} AND event_name = {}").format(
            sql.Literal(truth.chain), sql.Literal(truth.event.name)
        )
        if not truth.contract:
            return event
        return event + sql.SQL(" AND lower(src_address) = {}").format(sql.Literal(truth.contract.lower()))


@dataclass(frozen=True, kw_only=True, slots=True)
class ByGraphql:
    """The candidate as consumers see it: rows by their keys, and no raw events."""

    world: World
    role: Role

    async def progress(self) -> Progress:
        """The progress that the candidate reports."""
        return await read_chains(self.world, Side.CANDIDATE)

    async def rows(self, truth: GroundTruth, keys: Sequence[str]) -> dict[str, Row]:
        """Requested a few at a time, and missing ones again, because a limit may have cut the list."""
        table = await self._table(truth)
        place = place_of(table, truth, self.world.policy.entity(truth.entity))
        columns = " ".join(sorted({"id", *(column for _, column in truth.columns), *place.columns}))
        chain = table.parts.chain if table.parts else None
        # An entity that is kept by chain may have one id on several chains.
        within = f", {chain}: {{_eq: {truth.chain}}}" if chain else ""
        rows = f"{truth.entity}(where: {{id: {{_in: %s}}{within}}}) {{ {columns} }}"
        id_ = table.column("id")
        numbers = id_ is not None and id_.kind in catalog.NUMBERS
        found: dict[str, Row] = {}
        for start in range(0, len(keys), MOST_KEYS):
            wanted = list(dict.fromkeys(keys[start : start + MOST_KEYS]))
            while wanted:
                given = await self._given(truth, rows, wanted, numbers=numbers)
                found |= given
                wanted = [key for key in wanted if key not in given] if given else []
        return found

    async def _given(
        self, truth: GroundTruth, rows: str, wanted: Sequence[str], *, numbers: bool
    ) -> dict[str, Row]:
        """The rows that come in one list. Numbers are written inline, whatever their type is."""
        if numbers:
            listed = f"[{', '.join(key for key in wanted if key.isdecimal())}]"
            query, variables = f"query Rows {{ {rows % listed} }}", dict[str, Any]()
        else:
            query = f"query Rows($keys: [String!]!) {{ {rows % '$keys'} }}"
            variables = {"keys": list(wanted)}
        data = await ask(
            self.world,
            Side.CANDIDATE,
            query,
            role=self.role,
            variables=variables,
            exactly=True,
        )
        try:
            given: dict[str, Row] = {
                str(row["id"]): {name: _text(value) for name, value in row.items()}
                for row in data[truth.entity]
            }
        except (KeyError, TypeError, AttributeError):
            raise UnseenError(f"the candidate does not list {truth.entity}", Cause.BAD_ANSWER) from None
        if not given.keys() <= set(wanted):
            raise UnseenError(
                f"the candidate lists rows of {truth.entity} that nobody asked for", Cause.BAD_ANSWER
            )
        return given

    async def events(self, *_: object) -> tuple[Event, ...] | None:
        """GraphQL shows no raw events to consumers."""
        return None

    async def known(self, *_: object) -> list[int]:
        """Only goldens are known to exist."""
        return []

    async def place(self, truth: GroundTruth) -> Place:
        """Determined by the fields that the role sees."""
        return place_of(await self._table(truth), truth, self.world.policy.entity(truth.entity))

    async def _table(self, truth: GroundTruth) -> catalog.Table:
        for table in await tables(self.world, Side.CANDIDATE, self.role):
            if table.name == truth.entity:
                return table
        raise UnseenError(f"the candidate shows no entity {truth.entity}", Cause.UNDECIDABLE)

    async def kin(self, *_: object) -> Kin:
        """GraphQL shows no raw events to consumers."""
        return Kin()

    async def hashes(self, *_: object) -> dict[int, str]:
        """GraphQL shows no hashes to consumers."""
        return {}

    async def received(self, *_: object) -> Received:
        """GraphQL shows no raw events to consumers."""
        return {}


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal) and abs(value.adjusted()) < LONGEST:
        return f"{value:f}"
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
