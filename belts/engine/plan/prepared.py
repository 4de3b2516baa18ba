"""A request ready for Postgres: its statements, and their parameters. Small enough to send."""

from collections.abc import Mapping
from typing import NamedTuple

from graphql import OperationType

from belts.engine.plan.budget import Budget, Cost
from belts.engine.plan.cache import RoleSchema
from belts.engine.plan.nodes import Json
from belts.engine.plan.operation import RootPlan
from belts.engine.plan.requests import GraphQLRequest
from belts.engine.postgres.sql import Session

_PER_VALUE, _PER_PART = 60, 400
"""Bytes that a value, or a root field, takes besides its text."""


class Cursor(NamedTuple):
    """Where a stream begins, and which parameter of its statement advances with it."""

    initial: str
    place: int


class Part(NamedTuple):
    """One root field: `label` is its key as JSON with a colon, `constant` its answer if it needs no SQL."""

    label: bytes
    sql: str
    arguments: tuple[str | None, ...]
    constant: bytes | None = None
    stream: Cursor | None = None


class Prepared(NamedTuple):
    """An operation that only lacks Postgres' answer."""

    subscribes: bool
    parts: tuple[Part, ...]
    values: int = 0
    """Bytes of its statements' parameters."""

    @property
    def held(self) -> int:
        """About how many bytes it takes."""
        return self.values + sum(
            _PER_PART
            + len(part.label)
            + len(part.sql)
            + len(part.constant or b"")
            + _PER_VALUE * len(part.arguments)
            for part in self.parts
        )


def prepare(
    schema: RoleSchema, request: GraphQLRequest, session: Session, *, light: bool, known: bool = False
) -> Prepared:
    """Does everything before Postgres is asked; raises `Heavy` for more than light work if `light`.

    Also raises it if the plan must be `known` and is not.
    """
    allowance = schema.light if light else schema.whole
    plan, variables = schema.plan(*request, Budget(allowance), known=known)
    values = Budget(allowance)
    parts = tuple(_part(root, variables, session, values) for root in plan.roots)
    return Prepared(plan.operation is OperationType.SUBSCRIPTION, parts, values.spent[Cost.VALUES])


def _part(root: RootPlan, variables: Mapping[str, Json], session: Session, values: Budget) -> Part:
    if root.stream is None:
        return Part(root.label, root.sql, bound(root, variables, session, values), root.constant)
    initial = root.stream.initial(variables, session) or ""
    arguments = bound(root, variables, {**session, "cursor": initial}, values)
    return Part(root.label, root.sql, arguments, None, Cursor(initial, root.stream.place))


def bound(
    root: RootPlan, variables: Mapping[str, Json], session: Session, values: Budget
) -> tuple[str | None, ...]:
    """A root's parameters; refuses invalid values here, before Postgres is asked."""
    found: list[str | None] = []
    size, room = 0, values.left(Cost.VALUES)
    for bind in root.binds:
        value = bind(variables, session)
        found.append(value)
        # A variable may be used in many places, and counts as a value in each.
        size += len(value or "")
        if size > room:
            break
    values.spend(Cost.VALUES, size)
    return tuple(found)
