"""Remembers what was parsed and planned, least recently used first out."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

from graphql import GraphQLSchema

from belts.engine.errors import too_deep
from belts.engine.plan.nodes import Json
from belts.engine.plan.operation import Operation, Plan, plan_operation, read_operation
from belts.engine.plan.variables import shape, values
from belts.engine.schema.model import Model
from belts.engine.settings import Limits

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

# In characters: what is parsed takes about a hundred times the memory of its text.
_TEXTS = 1_048_576
_PLANS = 524_288


class Recent(Generic[K, V]):
    """A map that forgets what was not used for longest."""

    def __init__(self, size: int, *, most_cost: int = 0) -> None:
        self.size = size
        self.most_cost = most_cost
        self.cost = 0
        self.items: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value, now the most recently used."""
        found = self.items.get(key)
        if found is None:
            return None
        self.items.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, *, cost: int = 0) -> None:
        """Remembers a value at the expense of the oldest; what costs too much is not remembered at all."""
        if cost > self.most_cost // 8:
            return
        self.items[key] = (value, cost)
        self.cost += cost
        while len(self.items) > self.size or self.cost > self.most_cost:
            self.cost -= self.items.popitem(last=False)[1][1]


class Planned:
    """An operation's text for one role of one generation of the schema, with its plans by shape."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.plans: Recent[Hashable, Plan] = Recent(16, most_cost=_PLANS)


class RoleSchema:
    """One role's model and schema, and everything planned against them: dies with its generation."""

    def __init__(
        self, model: Model, schema: GraphQLSchema, limits: Limits, *, stringify: bool, size: int = 512
    ) -> None:
        self.model = model
        self.schema = schema
        self.limits = limits
        self.stringify = stringify
        self.texts: Recent[tuple[str, str | None], Planned] = Recent(size, most_cost=_TEXTS)

    def plan(self, text: str, name: str | None, given: Mapping[str, Json]) -> tuple[Plan, Mapping[str, Json]]:
        """The plan of a request and the variables to run it with."""
        try:
            return self._plan(text, name, given)
        except RecursionError:
            # Nested so deeply that it cannot even be measured.
            raise too_deep(self.limits.depth, "$") from None

    def _plan(
        self, text: str, name: str | None, given: Mapping[str, Json]
    ) -> tuple[Plan, Mapping[str, Json]]:
        planned = self.texts.get((text, name))
        if planned is None:
            planned = Planned(read_operation(text, name, self.schema, self.limits))
            self.texts.put((text, name), planned, cost=len(text))
        definitions = planned.operation.definitions
        variables = values(definitions, given)
        key = shape(definitions, variables) if definitions else ()
        plan = planned.plans.get(key)
        if plan is None:
            plan = plan_operation(
                planned.operation,
                variables,
                model=self.model,
                schema=self.schema,
                limits=self.limits,
                stringify=self.stringify,
            )
            planned.plans.put(key, plan, cost=sum(len(root.sql) for root in plan.roots))
        return plan, variables
