"""Runs a plan: binds the values, asks Postgres, and puts its JSON into the answer as it came."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import OperationType

from belts.engine.errors import BadRequest
from belts.engine.plan.budget import Budget, Cost
from belts.engine.plan.cache import RoleSchema
from belts.engine.plan.nodes import Json
from belts.engine.plan.operation import Plan, RootPlan
from belts.engine.postgres.database import Database
from belts.engine.postgres.sql import Session
from belts.engine.serve.requests import GraphQLRequest
from belts.engine.settings import Limits

NULL = b"null"
DatabaseRow = Any
"""What a statement of ours gives: JSON as bytes, and for a stream its cursor."""


class Prepared(NamedTuple):
    """An operation that only Postgres has still to answer: its plan, and what each statement is given."""

    plan: Plan
    variables: Mapping[str, Json]
    values: Budget
    """What its values may still come to."""
    arguments: tuple[list[str | None], ...] = ()


def bound(
    root: RootPlan, variables: Mapping[str, Json], session: Session, values: Budget
) -> list[str | None]:
    """A root's parameters; a value that cannot be one is refused here, before Postgres is asked."""
    found: list[str | None] = []
    size, room = 0, values.left(Cost.VALUES)
    for bind in root.binds:
        value = bind(variables, session)
        found.append(value)
        # A variable may be used in many places, and is a value of its own in each.
        size += len(value or "")
        if size > room:
            break
    values.spend(Cost.VALUES, size)
    return found


def prepare(schema: RoleSchema, request: GraphQLRequest, session: Session, *, light: bool) -> Prepared:
    """Everything that is done before Postgres is asked; a light one is told by `Heavy` that it is none."""
    allowance = schema.light if light else schema.whole
    plan, variables = schema.plan(*request, Budget(allowance))
    if plan.operation is OperationType.SUBSCRIPTION:
        # What it is given is told when it is begun: a stream goes on from where it has got to.
        return Prepared(plan=plan, variables=variables, values=Budget(schema.whole))
    values = Budget(allowance)
    return Prepared(
        plan=plan,
        variables=variables,
        values=values,
        arguments=tuple(bound(root, variables, session, values) for root in plan.roots),
    )


async def run(prepared: Prepared, database: Database, limits: Limits) -> bytes:
    """The `data` of an answer."""
    roots = prepared.plan.roots
    asked = [pair for pair in zip(roots, prepared.arguments, strict=True) if pair[0].constant is None]
    found: dict[bytes, bytes] = {}
    room = Room(limits.answer_bytes)
    if len(asked) == 1:
        root, arguments = asked[0]
        found[root.label] = room.take(answer(await database.row(root.sql, arguments)))
    elif asked:
        # Several fields of one answer are of one snapshot.
        async with (
            database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            for root, arguments in asked:
                found[root.label] = room.take(answer(await connection.fetchrow(root.sql, *arguments)))
    parts = [
        root.label + (found[root.label] if root.constant is None else room.take(root.constant))
        for root in roots
    ]
    return b"{" + b",".join(parts) + b"}"


class Room:
    """How much of an answer there may still be; its parts take of it."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0

    def take(self, part: bytes) -> bytes:
        """The part, if there is room for it."""
        self.taken += len(part)
        if self.taken > self.most:
            raise too_large(self.most, self.taken)
        return part


def answer(row: DatabaseRow) -> bytes:
    """The JSON in a row's first column; where it was left out for its size, that is in the last."""
    if row is None:
        return NULL
    value: bytes | None = row[0]
    if value is None and row[-1] is not None:
        raise too_large(None, row[-1])
    return NULL if value is None else value


def too_large(most: int | None, seen: int) -> BadRequest:
    """The refusal of an answer that is larger than one may be."""
    limit = "the limit" if most is None else f"{most} bytes"
    return BadRequest(
        f"the answer is too large: expected at most {limit}, seen {seen} bytes; ask for fewer rows at a time",
        code="answer-limit-exceeded",
    )
