"""An open stretch of looks: only what lasted for two consecutive looks counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gate.observations.watched import ChainStretch, Stretch


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One chain of one belt at one look."""

    height: int
    head: int
    lag: int


@dataclass(kw_only=True, slots=True)
class Open:
    """The looks at one belt since the last stretch was written."""

    begin: datetime
    seeded: int
    end: datetime = field(init=False)
    _rows: dict[int, Row] = field(default_factory=dict)
    _worst: dict[int, int] = field(default_factory=dict)
    _unseen: dict[int, int] = field(default_factory=dict)
    _most_unseen: dict[int, int] = field(default_factory=dict)
    _nothing: int = 0
    """Consecutive looks that saw no chain at all."""
    _fell: bool = False

    def __post_init__(self) -> None:
        self.end = self.begin

    def look(self, now: datetime, rows: Mapping[int, Row], limits: Mapping[int, int]) -> bool:
        """Adds one look; returns whether the belt was away from the heads in this look and the one before."""
        self.end = now
        for chain, row in rows.items():
            before = self._rows.get(chain)
            lasted = row.lag if before is None else min(row.lag, before.lag)
            self._worst[chain] = max(self._worst.get(chain, 0), lasted)
        for chain in self._rows.keys() | rows.keys():
            self._unseen[chain] = 0 if chain in rows else self._unseen.get(chain, 0) + 1
            self._most_unseen[chain] = max(self._most_unseen.get(chain, 0), self._unseen[chain])
        self._nothing = 0 if rows else self._nothing + 1
        falls = not rows or any(row.lag > limits.get(chain, row.lag) for chain, row in rows.items())
        fell, self._fell = falls and self._fell, falls
        self._rows |= rows
        return fell

    def closed(self) -> Stretch | None:
        """The stretch so far; None if no chain was seen in it."""
        chains = tuple(
            ChainStretch(
                chain=chain,
                height=row.height,
                head=row.head,
                lag=self._worst.get(chain, row.lag),
                unseen=max(self._most_unseen.get(chain, 0), self._nothing),
            )
            for chain, row in sorted(self._rows.items())
        )
        return Stretch(begin=self.begin, end=self.end, seeded=self.seeded, chains=chains) if chains else None

    def next(self) -> "Open":
        """The next stretch: it begins where this one ended, and keeps what was seen last."""
        following = Open(begin=self.end, seeded=self.seeded)
        following._rows = dict(self._rows)
        following._unseen = dict(self._unseen)
        following._most_unseen = {chain: count for chain, count in self._unseen.items() if count}
        following._nothing, following._fell = self._nothing, self._fell
        return following
