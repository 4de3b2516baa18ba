"""Caches what was parsed and planned, limited by memory; least recently used goes first."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from itertools import count
from threading import Lock
from typing import Any, Generic, TypeVar

from graphql import GraphQLSchema

from belts.engine.errors import too_deep
from belts.engine.plan.budget import Budget, Cost, Heavy, light, whole
from belts.engine.plan.nodes import Json
from belts.engine.plan.operation import Operation, Plan, plan_operation, read_operation
from belts.engine.plan.variables import shape, values
from belts.engine.schema.model import Model
from belts.engine.settings import Limits

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

TEXTS, PLANS, INTROSPECTIONS = 8_388_608, 8_388_608, 4_194_304
"""Bytes for each kind, for one role.

Introspections are cached apart, since they are large, and so other requests do not evict them.
"""
HEAVY, PREPARED = 2_097_152, 8_388_608
_PER_KEY = 120
_SHARE = 3


class Recent(Generic[K, V]):
    """A map that evicts the least recently used. Two threads may use it at a time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0
        self.items: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """The value, now the most recently used."""
        found = self.items.get(key)
        if found is None:
            return None
        try:  # noqa: SIM105 -- this is the hot path, and a context manager costs as much as the rest
            self.items.move_to_end(key)
        except KeyError:
            pass  # the other thread has just put it out
        return found[0]

    def put(self, key: K, value: V, *, size: int) -> None:
        """Stores a value, evicting the oldest; a value that is too large is not stored at all."""
        if size > self.most // _SHARE:
            return
        with self._lock:
            before = self.items.pop(key, None)
            self.held += size - (before[1] if before else 0)
            self.items[key] = (value, size)
            while self.held > self.most:
                self.held -= self.items.popitem(last=False)[1][1]


class Planned:
    """An operation's text for one role of one schema generation; its number is part of its plans' keys."""

    def __init__(self, operation: Operation, number: int) -> None:
        self.operation = operation
        self.number = number


class RoleSchema:
    """One role's model and schema, and everything planned against them; discarded with its generation."""

    def __init__(
        self, model: Model, schema: GraphQLSchema, limits: Limits, *, stringify: bool, share: int = 1
    ) -> None:
        self.model = model
        self.schema = schema
        self.limits = limits
        self.whole = whole(limits)
        self.light = light(limits)
        self.stringify = stringify
        self.texts: Recent[tuple[str, str | None], Planned] = Recent(TEXTS // share)
        self.plans: Recent[Hashable, Plan] = Recent(PLANS // share)
        self.introspections: Recent[Hashable, Plan] = Recent(INTROSPECTIONS // share)
        self.heavy: Recent[Hashable, bool] = Recent(HEAVY // share)
        self.prepared: Recent[Hashable, Any] = Recent(PREPARED // share)
        """Which operations are heavy, and their results: they are planned elsewhere, and only once."""
        self._numbers = count()

    def plan(
        self,
        text: str,
        name: str | None,
        given: Mapping[str, Json],
        spending: Budget | None = None,
        *,
        known: bool = False,
    ) -> tuple[Plan, Mapping[str, Json]]:
        """The plan of a request and its variables; raises `Heavy` if it must be `known` and is not."""
        try:
            return self._plan(text, name, given, spending or Budget(self.whole), known=known)
        except RecursionError:
            # Nested so deeply that the depth cannot even be measured.
            raise too_deep(self.limits.depth, "$") from None

    def _plan(
        self, text: str, name: str | None, given: Mapping[str, Json], spending: Budget, *, known: bool
    ) -> tuple[Plan, Mapping[str, Json]]:
        planned = self.texts.get((text, name))
        if planned is None:
            if known:
                raise Heavy
            operation = read_operation(text, name, self.schema, spending)
            planned = Planned(operation, next(self._numbers))
            self.texts.put((text, name), planned, size=operation.held)
        definitions = planned.operation.definitions
        variables = values(definitions, given)
        before = spending.spent[Cost.CONDITIONS]
        key = (planned.number, shape(definitions, variables, spending) if definitions else ())
        plan = self.plans.get(key) or self.introspections.get(key)
        if plan is None:
            if known:
                raise Heavy
            parts = spending.spent[Cost.CONDITIONS] - before
            plan = plan_operation(
                planned.operation,
                variables,
                model=self.model,
                schema=self.schema,
                limits=self.limits,
                budget=spending,
                stringify=self.stringify,
            )
            if not plan.by_value:
                kept = self.introspections if plan.introspects else self.plans
                beside = _PER_KEY * parts + 8 * len(definitions) + spending.spent[Cost.VALUES]
                kept.put(key, plan, size=plan.held + beside)
        return plan, variables
