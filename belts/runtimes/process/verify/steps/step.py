"""One step of the suite: which facts it tells, and how it comes to them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from belts.envio.verify.release_facts import EQUAL, NAMES, UNEQUAL, Value
from belts.runtimes.process.verify.stage import Stage

MEASURED = "measured."
"""How the names begin of what is told and not compared."""
Told: TypeAlias = Iterator[tuple[str, Value]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """It is looked at after those before it; where `first` did not hold, nothing after it can be."""

    name: str
    says: str
    look: Callable[[Stage], Told]
    first: bool = False

    @property
    def facts(self) -> tuple[str, ...]:
        """What it has to tell."""
        return tuple(name for name in NAMES if name.partition(".")[0] == self.name)


def rows_as(name: str, words: str) -> Told:
    """The fact of whether rows are right, and beside it how they differ, in words."""
    if words:
        yield f"{MEASURED}{name}", words
    yield name, UNEQUAL if words else EQUAL
