"""What was compared or proved of a candidate, and what was not: entity by chain by column."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gate.amounts import amount

ALL_CHAINS = "all chains"
"""Used if rows do not name their chain."""


class Covered(StrEnum):
    """What is known of the values of one column, on one chain."""

    COMPARED = "compared"  # with the rows of the serving belt, at one height
    PROVED = "proved"  # with the logs of the chain
    UNLIKE = "unlike"  # found to be wrong or in doubt, which another point reports
    NEITHER = "neither"  # nobody looked


@dataclass(frozen=True, kw_only=True, slots=True)
class Cells:
    """Equal cells of one entity: each of the `columns` on each of the `chains`.

    `accepted` is the policy's reason why they need no check. `told` is what was seen of one chain.
    """

    entity: str
    chains: tuple[str, ...]
    columns: tuple[str, ...]
    covered: Covered
    why: str = ""
    accepted: str = ""
    told: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """The number of cells."""
        return len(self.chains) * len(self.columns)

    @property
    def open(self) -> bool:
        """True if nothing was checked and that is not accepted."""
        return self.covered is Covered.NEITHER and not self.accepted


def sums(cells: Iterable[Cells]) -> str:
    """All cells in one line."""
    found = list(cells)
    numbers = {kind: sum(one.number for one in found if one.covered is kind) for kind in Covered}
    accepted = sum(one.number for one in found if one.accepted)
    words = [f"{number} {kind}" for kind, number in numbers.items() if number]
    more = f" ({accepted} of them accepted)" if accepted else ""
    total = sum(numbers.values())
    return f"{amount(total, 'cell')} of entity, chain and column: {', '.join(words) or 'none'}{more}"
