"""Remembers what was parsed and planned, least recently used first out."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

from graphql import GraphQLSchema

from belts.engine.errors import too_deep
from belts.engine.model import Model
from belts.engine.nodes import Json
from belts.engine.plan import Operation, Plan, plan_operation, read_operation
from belts.engine.settings import Limits
from belts.engine.variables import shape, values

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A map that forgets what was not used for longest."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.items: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value, now the most recently used."""
        value = self.items.get(key)
        if value is not None:
            self.items.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Remembers a value, at the cost of the oldest."""
        self.items[key] = value
        if len(self.items) > self.size:
            self.items.popitem(last=False)


class Planned:
    """An operation's text for one role of one generation of the schema, with its plans by shape."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.plans: Recent[Hashable, Plan] = Recent(32)


class RoleSchema:
    """One role's model and schema, and everything planned against them: dies with its generation."""

    def __init__(
        self, model: Model, schema: GraphQLSchema, limits: Limits, *, stringify: bool, size: int = 512
    ) -> None:
        self.model = model
        self.schema = schema
        self.limits = limits
        self.stringify = stringify
        self.texts: Recent[tuple[str, str | None], Planned] = Recent(size)

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
            self.texts.put((text, name), planned)
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
            planned.plans.put(key, plan)
        return plan, variables
