"""One step of the suite: which facts it reports, and how it finds them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from belts.envio.verify.release_facts import EQUAL, NAMES, UNEQUAL, Value
from belts.runtimes.process.verify.stage import Stage

MEASURED = "measured."
"""The prefix of names that are reported but not compared."""
Told: TypeAlias = Iterator[tuple[str, Value]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A step; it runs after those before it. If a `first` step fails, no later one can run."""

    name: str
    says: str
    look: Callable[[Stage], Told]
    first: bool = False

    @property
    def facts(self) -> tuple[str, ...]:
        """The names of the facts that it has to report."""
        return tuple(name for name in NAMES if name.partition(".")[0] == self.name)


def rows_as(name: str, words: str) -> Told:
    """The fact whether rows are right, and, if not, how they differ."""
    if words:
        yield f"{MEASURED}{name}", words
    yield name, UNEQUAL if words else EQUAL
