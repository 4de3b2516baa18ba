"""What one operation may cost, counted as it is read and planned; too much is refused in one way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from belts.engine.errors import BadRequest
from belts.engine.settings import Limits
from belts.refusal import Caught


class Cost(Enum):
    """What is counted, and the code of its refusal."""

    TOKENS = "token-limit-exceeded"
    NODES = "node-limit-exceeded"
    CONDITIONS = "condition-limit-exceeded"
    INTROSPECTED = "introspection-limit-exceeded"
    PARAMETERS = "parameter-limit-exceeded"
    STATEMENT = "statement-limit-exceeded"
    VALUES = "value-limit-exceeded"


_MEANING = {
    Cost.TOKENS: "tokens in its text",
    Cost.NODES: "nodes",
    Cost.CONDITIONS: "parts of arguments, with variables put in wherever they are used",
    Cost.INTROSPECTED: "fields in what it asks of the schema",
    Cost.PARAMETERS: "values given to Postgres",
    Cost.STATEMENT: "bytes of SQL",
    Cost.VALUES: "bytes of values given to Postgres",
}
_LIGHT = {
    Cost.TOKENS: 400,
    Cost.NODES: 200,
    Cost.CONDITIONS: 400,
    Cost.INTROSPECTED: 400,
    Cost.PARAMETERS: 200,
    Cost.STATEMENT: 65_536,
    Cost.VALUES: 65_536,
}
"""What is planned between two other requests: some five milliseconds of work."""


class Heavy(Caught):
    """More work than is done between two other requests, though not too much."""


@dataclass(slots=True)
class Budget:
    """The work of one operation: what it may come to, and what it has come to."""

    most: Mapping[Cost, int]
    allowed: Mapping[Cost, int]
    spent: dict[Cost, int] = field(default_factory=lambda: dict.fromkeys(Cost, 0))

    def spend(self, cost: Cost, amount: int = 1) -> None:
        """Counts work before it is done."""
        seen = self.spent[cost] + amount
        self.spent[cost] = seen
        if seen > self.allowed[cost]:
            self._refuse(cost, seen)

    def _refuse(self, cost: Cost, seen: int) -> None:
        most = self.most[cost]
        if seen <= most:
            raise Heavy
        raise BadRequest(
            f"the query is too much work: expected at most {most} {_MEANING[cost]}, seen {seen} so far",
            code=cost.value,
        )


def budget(limits: Limits, *, light: bool = False) -> Budget:
    """All that an operation may cost; a light one is told by `Heavy` that it is none."""
    most = {
        Cost.TOKENS: limits.tokens,
        Cost.NODES: limits.nodes,
        Cost.CONDITIONS: limits.conditions,
        Cost.INTROSPECTED: limits.introspected,
        Cost.PARAMETERS: limits.parameters,
        Cost.STATEMENT: limits.statement_bytes,
        Cost.VALUES: limits.value_bytes,
    }
    allowed = {cost: min(most[cost], _LIGHT[cost]) if light else most[cost] for cost in Cost}
    return Budget(most=most, allowed=allowed)
