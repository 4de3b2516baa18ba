"""Gathers what is known of both belts before rows are compared: tables, heights, history, newcomers."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from psycopg import sql

from gate.observations.progress import Progress
from gate.observations.unobserved import Cause
from gate.policy.model import Mode, Policy
from gate.probes.database import catalog, history, progress, trace
from gate.probes.database.catalog import Catalog, Kept, Table, matched
from gate.probes.database.comparing import Pair
from gate.probes.database.heights import Common, Final, Second, common
from gate.probes.database.plan import Known
from gate.probes.database.relation import Fields
from gate.probes.database.session import Snapshot
from gate.probes.database.trace import Newcomers
from gate.probes.unseen import UnseenError


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """What is asked of the chains: the final block of each provider, and the time of a block."""

    final: Callable[[int], Awaitable[Mapping[str, int]]]
    second: Second

    async def finals(self, policy: Policy) -> Final:
        """The final blocks of every expected chain."""
        return {chain.id: await self.final(chain.id) for chain in policy.chains}


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """One pair of snapshots, and what they hold besides rows.

    `floors` are, for each belt, the lowest block of every chain at which the state of an entity is known;
    empty if a belt keeps no history.
    """

    pair: Pair
    serving: Catalog
    candidate: Catalog
    progress: tuple[Progress, Progress]
    common: Common
    floors: tuple[Mapping[int, int], Mapping[int, int]]
    newcomers: Newcomers

    @property
    def foreign(self) -> tuple[int, ...]:
        """The chains that are not compared: only one belt has them, or they are too young."""
        one, other = self.progress
        return tuple(sorted((one.ids | other.ids) - self.common.blocks.keys()))

    @property
    def keeps_history(self) -> bool:
        """True if both belts keep earlier states."""
        return all(self.floors)

    def histories(self, entity: str) -> tuple[Kept, Kept] | None:
        """The histories of an entity on both belts, if both can yield its states."""
        ours, theirs = self.serving.table(entity), self.candidate.table(entity)
        if not self.keeps_history or ours is None or theirs is None:
            return None
        named = matched(ours, theirs) or None
        one, other = self.serving.kept(entity, named), self.candidate.kept(entity, named)
        if one is None or other is None:
            return None
        if torn := self.serving.torn(one) or self.candidate.torn(other):
            raise UnseenError(torn, Cause.UNSUPPORTED)
        return None if self.serving.disordered(one) or self.candidate.disordered(other) else (one, other)

    async def known(self, table: Table, fields: Fields) -> Known:
        """What both belts show of an entity."""
        keyed = fields.chain is None and await self._keyed(table)
        histories = self.histories(table.name)
        if histories is None:
            return Known(history=False, rewritten="", keyed=keyed)
        one, other = histories
        rows = (
            await history.rewritten(self.pair.serving, one, fields.block),
            await history.rewritten(self.pair.candidate, other, fields.block),
        )
        return Known(history=True, rewritten=next((row for row in rows if row), ""), keyed=keyed)

    async def _keyed(self, table: Table) -> bool:
        """True if every key on both belts begins with a chain of its belt; false for a single chain."""
        if len(self.progress[0].ids | self.progress[1].ids) == 1 or self.candidate.table(table.name) is None:
            return False
        for snapshot, held in zip((self.pair.serving, self.pair.candidate), self.progress, strict=True):
            if not await names_its_chain(snapshot, table, held.ids):
                return False
        return True

    def state_heights(self, begun: Mapping[int, int]) -> dict[int, int]:
        """The heights at which both belts still know every state, none of them below `begun`.

        The final block of a chain may be far below what Envio keeps: its state is gone then, while that of a
        slightly higher block is known. A chain without checkpoints is known only as it is now.
        """
        blocks = {}
        for height in self.common.heights:
            known = [
                floor.get(height.chain, held)
                for floor, held in zip(self.floors, (height.serving, height.candidate), strict=True)
            ]
            block = max([height.block, *known, begun.get(height.chain, 0)])
            if block > min(height.serving, height.candidate):
                raise UnseenError(
                    f"the histories reach back to block {block} of chain {height.chain}, and one belt is only"
                    f" at {min(height.serving, height.candidate)}",
                    Cause.UNDECIDABLE,
                )
            blocks[height.chain] = block
        return blocks


async def names_its_chain(snapshot: Snapshot, table: Table, chains: Collection[int]) -> bool:
    """True if every key begins with one of the belt's chains."""
    chain = Fields(keyed=True).chain_of(table) if table.key else None
    if chain is None:
        return False
    query = sql.SQL("SELECT 1 FROM {} t WHERE {} <> ALL({}) LIMIT 1").format(
        snapshot.table(table.name), chain, sql.Literal([str(one) for one in sorted(chains)])
    )
    return not await snapshot.rows(query)


async def gather(pair: Pair, policy: Policy, final: Final) -> Facts:
    """Reads all facts, which are small."""
    one, other = await pair.both(progress.within)
    serving, candidate = await pair.both(catalog.read)
    return Facts(
        pair=pair,
        serving=serving,
        candidate=catalog.spelt_alike(serving, candidate),
        progress=(one, other),
        common=common(one, other, policy, final),
        floors=await pair.both(history.floors),
        newcomers=await _newcomers(pair, policy, (serving, candidate)),
    )


async def _newcomers(pair: Pair, policy: Policy, tables: tuple[Catalog, Catalog]) -> Newcomers:
    """The newcomers of an expansion; in parity the candidate may have no extra rows."""
    if policy.mode is not Mode.EXPANSION:
        return Newcomers()
    return await trace.newcomers(pair.serving, pair.candidate, policy, tables)
