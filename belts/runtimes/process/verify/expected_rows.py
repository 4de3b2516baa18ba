"""The expected rows at a height: the logs of a chain, added up like in the sample's handler."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from belts.runtimes.process.verify.local_chain import Moved

Row: TypeAlias = tuple[object, ...]
Rows: TypeAlias = Mapping[str, Mapping[str, Row]]
"""The rows of each entity, by their id."""
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "Transfer": ("id", "from_id", "to", "kind", "value", "blockNumber"),
    "Account": ("id", "balance", "transfers"),
    "Holder": ("id", "since"),
}


@dataclass(kw_only=True, slots=True)
class Truth:
    """The rows of one chain, built log by log."""

    chain: int
    rows: dict[str, dict[str, Row]] = field(default_factory=lambda: {name: {} for name in COLUMNS})

    def add(self, moves: Iterable[Moved]) -> "Truth":
        for each in moves:
            self._add(each)
        return self

    def _add(self, moved: Moved) -> None:
        giver, taker = f"{self.chain}-{moved.giver}", f"{self.chain}-{moved.taker}"
        id_ = f"{self.chain}-{moved.block}-{moved.log}"
        kind = "ODD" if moved.value % 2 else "EVEN"
        self.rows["Transfer"][id_] = (id_, giver, moved.taker, kind, moved.value, moved.block)
        for account, amount in ((giver, -moved.value), (taker, moved.value)):
            _, balance, transfers = self.rows["Account"].get(account, (account, 0, 0))
            self.rows["Account"][account] = (account, int(str(balance)) + amount, int(str(transfers)) + 1)
        self.rows["Holder"].pop(giver, None)
        self.rows["Holder"][taker] = (taker, moved.block)


def unlike(held: Rows, wanted: Rows) -> str:
    """How rows differ from the expected ones; empty if they do not."""
    told = []
    for entity in COLUMNS:
        here, there = held.get(entity, {}), wanted.get(entity, {})
        lost, more = there.keys() - here.keys(), here.keys() - there.keys()
        other = [key for key in here.keys() & there.keys() if here[key] != there[key]]
        words = [
            f"{len(some)} {word}"
            for some, word in ((lost, "lost"), (more, "too many"), (other, "other"))
            if some
        ]
        if words:
            first = min([*lost, *more, *other])
            told.append(f"{entity}: {', '.join(words)}, such as {first}")
    return "; ".join(told)
