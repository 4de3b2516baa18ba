"""Stores beside the alias that a promoted belt was found wrong, until the ledger has it.

It is written before anything else is done about it. If the writer is interrupted then, or loses the ledger,
the belt is barred all the same, and the next run continues from there.
"""

import json
from dataclasses import asdict, dataclass

from gate.alias.store import AliasRefused, Store
from gate.ledger import Bar

NAME = "refuted.json"
VERSION = 1


class RefutationDamaged(AliasRefused):
    """Something else is stored in place of a refutation, so that it is unknown which belt is barred."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refutation:
    """Which belt was found wrong, its identity, after which move, and what was seen."""

    belt: str
    identity: str
    move: int
    told: str

    @property
    def bar(self) -> Bar:
        """The bar that follows from it."""
        return Bar(belt=self.belt, move=self.move, told=self.told)


def note(store: Store, refutation: Refutation) -> None:
    """Stores it durably."""
    store.keep(NAME, json.dumps({"version": VERSION, "refuted": asdict(refutation)}))


def noted(store: Store) -> Refutation | None:
    """The stored refutation; `None` if there is none."""
    try:
        text = store.kept(NAME)
    except OSError as error:
        raise _damaged(store, error.strerror or type(error).__name__) from None
    if text is None:
        return None
    try:
        kept = json.loads(text)
        if kept["version"] != VERSION:
            raise _damaged(store, f"one of version {kept['version']}")
        found = kept["refuted"]
        return Refutation(
            belt=str(found["belt"]),
            identity=str(found["identity"]),
            move=int(found["move"]),
            told=str(found["told"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(store, f"what nobody here wrote ({type(error).__name__})") from None


def forget(store: Store) -> None:
    """Removes it, once the ledger has it."""
    store.forget(NAME)


def _damaged(store: Store, seen: str) -> RefutationDamaged:
    return RefutationDamaged(
        "the alias stays where it is",
        expected=f"in {NAME} at {store} which belt was seen to be wrong right after its promotion",
        seen=f"{seen}",
        now="find out who wrote it, then move the file away; promote no belt that it may have named",
    )
