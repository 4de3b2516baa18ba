"""What one operation may cost, counted as it is read and planned; too much is refused in one way."""

from dataclasses import dataclass, field
from enum import IntEnum

from belts.engine.errors import BadRequest
from belts.engine.settings import Limits
from belts.refusal import Caught


class Cost(IntEnum):
    """What is counted: a number, because it is counted thousands of times for one request."""

    TOKENS = 0
    NODES = 1
    CONDITIONS = 2
    INTROSPECTED = 3
    PARAMETERS = 4
    STATEMENT = 5
    VALUES = 6


_SAID = (
    ("token-limit-exceeded", "tokens in its text"),
    ("node-limit-exceeded", "nodes"),
    ("condition-limit-exceeded", "parts of arguments, with variables put in wherever they are used"),
    ("introspection-limit-exceeded", "fields in what it asks of the schema"),
    ("parameter-limit-exceeded", "values given to Postgres"),
    ("statement-limit-exceeded", "bytes of SQL"),
    ("value-limit-exceeded", "bytes of values given to Postgres"),
)
LIGHT_TOKENS = 400
_LIGHT = (LIGHT_TOKENS, 200, 400, 400, 200, 65_536, 65_536)
"""What is planned between two other requests: some five milliseconds of work."""


_NOTHING = [0] * len(_SAID)


class Heavy(Caught):
    """More work than is done between two other requests, though not too much."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an operation may come to in each kind of work, and what it may come to at most."""

    allowed: tuple[int, ...]
    most: tuple[int, ...]


@dataclass(slots=True)
class Budget:
    """The work of one operation: what it may come to, and what it has come to."""

    allowance: Allowance
    spent: list[int] = field(default_factory=_NOTHING.copy)

    def spend(self, cost: Cost, amount: int = 1) -> None:
        """Counts work before it is done."""
        seen = self.spent[cost] + amount
        self.spent[cost] = seen
        if seen > self.allowance.allowed[cost]:
            self._refuse(cost, seen)

    def left(self, cost: Cost) -> int:
        """How much more of it there may be."""
        return self.allowance.allowed[cost] - self.spent[cost]

    def _refuse(self, cost: Cost, seen: int) -> None:
        most = self.allowance.most[cost]
        if seen <= most:
            raise Heavy
        code, what = _SAID[cost]
        raise BadRequest(
            f"the query is too much work: expected at most {most} {what}, seen {seen} so far", code=code
        )


def whole(limits: Limits) -> Allowance:
    """All that an operation may cost."""
    most = (
        limits.tokens,
        limits.nodes,
        limits.conditions,
        limits.introspected,
        limits.parameters,
        limits.statement_bytes,
        limits.value_bytes,
    )
    return Allowance(allowed=most, most=most)


def light(limits: Limits) -> Allowance:
    """What may be done at once; by `Heavy` is told what is more."""
    most = whole(limits).most
    return Allowance(allowed=tuple(map(min, most, _LIGHT)), most=most)
