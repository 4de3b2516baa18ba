"""The raw events of a belt, and which of them are of blocks that the chain has undone.

A reorganisation takes back rows and counters but leaves the raw events of the undone blocks. An event in a
block with another hash than the chain's no longer counts; only the chain can tell that.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from psycopg import sql

from gate.amounts import amount
from gate.observations.unobserved import Unobserved
from gate.probes.database import not_kept
from gate.probes.database.catalog import Catalog
from gate.probes.database.session import Snapshot
from gate.probes.database.sound.told import Told

ASKED = 2_000
"""The most blocks that one chain is asked about."""

Block = tuple[int, int, str]
"""Chain, number and hash."""


@dataclass(kw_only=True, slots=True)
class Received:
    """The raw events of a snapshot. Each block is asked of its chain only once.

    `missing` are blocks that the chain does not have at all. `silent` maps chains of which some blocks could
    not be asked to the reason. `steady` are the events of each chain, if all have been counted, none is above
    the progress, and none is duplicated.
    """

    snapshot: Snapshot
    told: Told
    undone: set[Block] = field(default_factory=set)
    missing: set[Block] = field(default_factory=set)
    silent: dict[int, Unobserved] = field(default_factory=dict)
    steady: dict[int, int] = field(default_factory=dict)
    _asked: set[Block] = field(default_factory=set)

    async def ask(self, blocks: Iterable[Block]) -> bool:
        """Asks which blocks are undone; false if there are more than may be asked."""
        wanted = sorted(set(blocks) - self._asked)
        whole = True
        for chain in sorted({chain for chain, _, _ in wanted}):
            of_chain = [block for block in wanted if block[0] == chain][-ASKED:]
            whole = whole and len(of_chain) == sum(block[0] == chain for block in wanted)
            hashes = await self.told.hashes(chain, {number for _, number, _ in of_chain})
            for block in of_chain:
                self._asked.add(block)
                if hashes.get(block[1]) is None:
                    self.missing.add(block)
                elif hashes[block[1]] != block[2]:
                    self.undone.add(block)
        return whole

    def live(self, alias: str = "e") -> sql.Composable:
        """True for a raw event whose block is not known to be undone."""
        if not self.undone:
            return sql.SQL("true")
        return sql.SQL("(({0}.chain_id, {0}.block_number, lower({0}.block_hash)) NOT IN ({1}))").format(
            sql.Identifier(alias), self._list(self.undone)
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes about the events that are left out as undone."""
        undone = len(self.undone)
        return (
            (f"events of {amount(undone, 'block')} that the chain has undone are left out",) if undone else ()
        )

    @property
    def events(self) -> sql.Composed:
        """The table of raw events."""
        return self.snapshot.raw_events

    @staticmethod
    def _list(blocks: Collection[Block]) -> sql.Composed:
        rows = [
            sql.SQL("({}, {}, {})").format(sql.Literal(chain), sql.Literal(number), sql.Literal(hashed))
            for chain, number, hashed in sorted(blocks)
        ]
        return sql.SQL("VALUES {}").format(sql.SQL(", ").join(rows))


async def received(snapshot: Snapshot, tables: Catalog, told: Told) -> Received:
    """The raw events, if the belt keeps any; blocks under two hashes are asked of the chain right away."""
    if tables.raw_events is None or not await _any(snapshot):
        raise not_kept.raw_events("the candidate")
    return Received(snapshot=snapshot, told=told)


async def _any(snapshot: Snapshot) -> bool:
    """True if there are raw events, or if the belt has processed no event yet."""
    query = sql.SQL(
        "SELECT EXISTS (SELECT 1 FROM {}) OR (SELECT coalesce(sum(events_processed), 0) = 0 FROM {})"
    ).format(snapshot.raw_events, snapshot.chains)
    [[found]] = await snapshot.rows(query)
    return bool(found)


async def of_blocks(events: Received, numbers: Collection[tuple[int, int]]) -> list[Block]:
    """The hashes under which events of some blocks were received."""
    wanted = sql.SQL(", ").join(
        sql.SQL("({}, {})").format(sql.Literal(chain), sql.Literal(block)) for chain, block in numbers
    )
    query = sql.SQL(
        "SELECT DISTINCT chain_id, block_number, lower(block_hash) FROM {}"
        " WHERE (chain_id, block_number) IN (VALUES {})"
    ).format(events.events, wanted)
    return _blocks(await events.snapshot.rows(query))


async def above(events: Received) -> list[Block]:
    """Blocks above the progress that have events: left by a rollback, or invented."""
    query = sql.SQL(
        "SELECT DISTINCT e.chain_id, e.block_number, lower(e.block_hash) FROM {} e"
        " JOIN {} c ON c.id = e.chain_id WHERE e.block_number > c.progress_block"
    ).format(events.events, events.snapshot.chains)
    return _blocks(await events.snapshot.rows(query))


async def newest(events: Received, chain: int) -> list[Block]:
    """The newest blocks of a chain that have events, one more than may be asked."""
    query = sql.SQL(
        "SELECT DISTINCT chain_id, block_number, lower(block_hash) FROM {} WHERE chain_id = {}"
        " ORDER BY 2 DESC LIMIT {}"
    ).format(events.events, sql.Literal(chain), sql.Literal(ASKED + 1))
    return _blocks(await events.snapshot.rows(query))


def _blocks(rows: Iterable[tuple[int, int, str]]) -> list[Block]:
    return [(int(chain), int(number), str(hashed)) for chain, number, hashed in rows]


def shown(blocks: Collection[Block]) -> Mapping[int, tuple[str, ...]]:
    """The names of blocks in reports, by chain."""
    chains = sorted({chain for chain, _, _ in blocks})
    return {
        chain: tuple(f"chain {chain}, block {number}" for of, number, _ in sorted(blocks) if of == chain)
        for chain in chains
    }
