"""What keeps an alias, and what must not be lost beside it: a seam, with one tenant a kind of place."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Protocol

from belts.refusal import Refusal
from gate.alias.state import Served


class AliasRefused(Refusal):
    """The alias cannot be read or moved."""


class AliasDamaged(AliasRefused):
    """The place is ours, and what it says is not what we wrote: somebody changed it by hand."""


class AliasUntold(AliasRefused):
    """The alias lives elsewhere, and nobody can tell where it leads: nothing is moved on top of that."""


class Unset(AliasRefused):
    """The alias leads where it led before: it was asked to be led elsewhere, and was not."""


class Store(Protocol):
    """One gateway's alias; as text it says where it is. What cannot be written raises `OSError`."""

    def read(self) -> Served | None:
        """What the alias says now; None where it was never set. Raises `AliasRefused`."""

    def record(self) -> Served | None:
        """What was last known of it, without asking anybody elsewhere. Raises `AliasRefused`."""

    def names(self) -> frozenset[str]:
        """The belts that it may lead to, as far as that is known here; nobody elsewhere is asked."""

    def leads(self, belt: str) -> bool:
        """Whether it leads to this belt, moved there by nobody here. Raises `AliasRefused`."""

    def version(self) -> str | None:
        """What changes with every move, at the price of a glance; None where nothing can be seen."""

    def owner(self) -> str | None:
        """The gateway whose alias it says it is; None while nobody's. Raises `ValueError` for nonsense."""

    def strange(self, *, kept: Collection[str]) -> tuple[str, ...]:
        """What lies beside it and was made by none of its writers; `kept` are the names that they keep."""

    def swap(self, served: Served) -> None:
        """Serves this belt from now on; the belts before it are swapped with it.

        One that lives elsewhere raises `Unset` where it stays, and `AliasUntold` where nobody can tell.
        """

    def clear(self) -> None:
        """Serves nobody, as before the first move."""

    def remove(self) -> None:
        """Serves nobody, and leaves nothing."""

    def alone(self) -> AbstractContextManager[None]:
        """Holds the alias for the length of a move; of two who move it at once, the second is refused."""

    def keep(self, name: str, text: str) -> None:
        """Keeps a text beside the alias, whole and durable."""

    def kept(self, name: str) -> str | None:
        """The text that is kept by this name; None where nothing is."""

    def forget(self, name: str) -> None:
        """Keeps nothing by this name any more."""


def found(store: Store) -> Served | None:
    """What the alias says now; None where it says nothing that we wrote, and so nothing to go by."""
    try:
        return store.read()
    except AliasDamaged:
        return None
