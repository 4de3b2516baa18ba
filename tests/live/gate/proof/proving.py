"""One run of the prover over a candidate, and what it says."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gate.checks.history import points
from gate.finding import Point
from gate.observations.history import ChainHistory, EntityHistory, History
from gate.outcome import Outcome
from gate.policy.groundtruth import GroundTruth
from gate.policy.model import Mode, Policy
from gate.proof.prover import Prover
from gate.proof.store import Folder
from gate.seal import Seal
from tests.live.gate.chain.chains import world
from tests.live.gate.content.belt import Belt

SEAL = Seal(b"only for a test")
POLICY = Policy(version=1, digest="", mode=Mode.PARITY, chains=())


async def prove(
    belt: Belt,
    truths: GroundTruth | Iterable[GroundTruth],
    *rpc: str,
    kept: Path | None = None,
    seal: Seal = SEAL,
    exactly: bool = True,
    enough: Callable[[], bool] = lambda: False,
    **fields: Any,
) -> History:
    """What the prover sees; `kept` is where it keeps what the chain said."""
    truths = [truths] if isinstance(truths, GroundTruth) else list(truths)
    keeping: dict[str, Any] = {} if kept is None else {"keeping": Folder(directory=kept, seal=seal)}
    async with world(belt, truths, rpc, **fields) as given:
        return await Prover(exactly=exactly, enough=enough, **keeping).prove(given)


def only(history: History) -> ChainHistory:
    """The one chain."""
    [chain] = history.chains
    assert isinstance(chain, ChainHistory), chain
    return chain


def entity(history: History) -> EntityHistory:
    """The one entity."""
    [found] = only(history).entities
    return found


def told(history: History) -> tuple[Outcome, list[Point]]:
    """What the check says of it."""
    found = list(points(history, POLICY))
    return max(point.outcome for point in found), found
