"""What is known of both belts before their rows are compared: tables, progress, heights, history,
newcomers.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from gate.observations.progress import Progress
from gate.observations.unobserved import Cause
from gate.policy.model import Mode, Policy
from gate.probes.database import catalog, history, progress, trace
from gate.probes.database.catalog import Catalog, Table
from gate.probes.database.comparing import Pair
from gate.probes.database.heights import Common, common
from gate.probes.database.plan import Known
from gate.probes.database.trace import Newcomers
from gate.probes.unseen import UnseenError


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """What has to be asked of the chains: the finalized block, and the second in which a block was made."""

    finalized: Callable[[int], Awaitable[int | None]]
    second: Callable[[int, int], Awaitable[int | None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """One pair of snapshots, and what they hold beside rows.

    `floors` are, for each belt, the lowest block of every chain at which the state of an entity is known;
    empty where a belt keeps no history.
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
        """Whether both belts know earlier states."""
        return all(self.floors)

    def histories(self, entity: str) -> tuple[Table, Table] | None:
        """The tables of an entity's history on both belts."""
        one, other = self.serving.history(entity), self.candidate.history(entity)
        return (one, other) if self.keeps_history and one is not None and other is not None else None

    async def known(self, entity: str, block: str | None) -> Known:
        """Whether an entity has history, and whether that shows a row that was rewritten."""
        histories = self.histories(entity)
        if histories is None:
            return Known(history=False, rewritten="")
        one, other = histories
        rows = (
            await history.rewritten(self.pair.serving, one, block),
            await history.rewritten(self.pair.candidate, other, block),
        )
        return Known(history=True, rewritten=next((row for row in rows if row), ""))

    def state_heights(self) -> dict[int, int]:
        """The heights at which both belts still know every state.

        A chain may be final only far below what Envio keeps: the state at its final block is no longer
        known then, while the one a little higher is. A chain without checkpoints is known only as it is
        now.
        """
        blocks = {}
        for height in self.common.heights:
            known = [
                floor.get(height.chain, held)
                for floor, held in zip(self.floors, (height.serving, height.candidate), strict=True)
            ]
            block = max([height.block, *known])
            if block > min(height.serving, height.candidate):
                raise UnseenError(
                    f"the histories reach back to block {block} of chain {height.chain}, and one belt is only"
                    f" at {min(height.serving, height.candidate)}",
                    Cause.UNDECIDABLE,
                )
            blocks[height.chain] = block
        return blocks


async def gather(pair: Pair, policy: Policy, finalized: Mapping[int, int]) -> Facts:
    """Reads everything that is small."""
    one, other = await pair.both(progress.within)
    serving, candidate = await pair.both(catalog.read)
    return Facts(
        pair=pair,
        serving=serving,
        candidate=candidate,
        progress=(one, other),
        common=common(one, other, policy, finalized),
        floors=await pair.both(history.floors),
        newcomers=await _newcomers(pair, policy),
    )


async def _newcomers(pair: Pair, policy: Policy) -> Newcomers:
    """Only an expansion may have rows that the serving belt lacks."""
    if policy.mode is not Mode.EXPANSION:
        return Newcomers()
    return await trace.newcomers(pair.serving, pair.candidate, policy)
