"""What one operation may cost, counted as it is read and planned; every excess is refused alike."""

from dataclasses import dataclass, field
from enum import IntEnum

from belts.engine.errors import BadRequest
from belts.engine.settings import Limits
from belts.refusal import Caught


class Cost(IntEnum):
    """The kinds of cost; integers, because they are counted thousands of times per request."""

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
"""What is planned in between other requests: about five milliseconds of work."""


_NOTHING = [0] * len(_SAID)


class Heavy(Caught):
    """More work than is done in between other requests, but within the limits."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """For each kind of work, what is allowed here, and the overall maximum."""

    allowed: tuple[int, ...]
    most: tuple[int, ...]


@dataclass(slots=True)
class Budget:
    """The work of one operation: its allowance, and what it has spent."""

    allowance: Allowance
    spent: list[int] = field(default_factory=_NOTHING.copy)

    def spend(self, cost: Cost, amount: int = 1) -> None:
        """Counts work before it is done."""
        seen = self.spent[cost] + amount
        self.spent[cost] = seen
        if seen > self.allowance.allowed[cost]:
            self._refuse(cost, seen)

    def left(self, cost: Cost) -> int:
        """How much more of this is allowed."""
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
    """The full allowance of an operation."""
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
    """The allowance for immediate work; more raises `Heavy`."""
    most = whole(limits).most
    return Allowance(allowed=tuple(map(min, most, _LIGHT)), most=most)
