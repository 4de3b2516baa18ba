"""What was seen of a promoted belt right after its move, kept beside the alias until the ledger has it.

It is written before anything else is done about it. Whoever is cut off then, or loses the ledger, leaves a
belt that is barred all the same, and whoever comes next goes on from there.
"""

import json
from dataclasses import asdict, dataclass

from gate.alias.store import AliasRefused, Store
from gate.ledger import Bar

NAME = "refuted.json"
VERSION = 1


class RefutationDamaged(AliasRefused):
    """Something else stands where a refutation is kept, so nobody knows which belt is barred."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refutation:
    """Which belt was seen to be wrong, by whom it is, after which move, and what was seen."""

    belt: str
    identity: str
    move: int
    told: str

    @property
    def bar(self) -> Bar:
        """The bar that follows from it."""
        return Bar(belt=self.belt, move=self.move, told=self.told)


def note(store: Store, refutation: Refutation) -> None:
    """Keeps it, whole and durable."""
    store.keep(NAME, json.dumps({"version": VERSION, "refuted": asdict(refutation)}))


def noted(store: Store) -> Refutation | None:
    """What is kept; `None` where nothing is."""
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
    """The ledger has it."""
    store.forget(NAME)


def _damaged(store: Store, seen: str) -> RefutationDamaged:
    return RefutationDamaged(
        "the alias stays where it is",
        expected=f"in {NAME} at {store} which belt was seen to be wrong right after its promotion",
        seen=f"{seen}",
        now="find out who wrote it, then move the file away; promote no belt that it may have named",
    )
