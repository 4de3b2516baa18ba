"""Runs a plan: binds the values, asks Postgres, and puts its JSON into the answer as it came."""

from collections.abc import Mapping
from typing import Any

from belts.engine.plan.nodes import Json
from belts.engine.plan.operation import Plan, RootPlan
from belts.engine.postgres.database import Database
from belts.engine.postgres.sql import Session

NULL = b"null"
DatabaseRow = Any
"""What a statement of ours gives: JSON as bytes, and for a stream its cursor."""


def bound(root: RootPlan, variables: Mapping[str, Json], session: Session) -> list[str | None]:
    """A root's parameters; a value that cannot be one is refused here, before Postgres is asked."""
    return [bind(variables, session) for bind in root.binds]


async def run(plan: Plan, variables: Mapping[str, Json], session: Session, database: Database) -> bytes:
    """The `data` of an answer."""
    asked = [(root, bound(root, variables, session)) for root in plan.roots if root.constant is None]
    found: dict[bytes, bytes] = {}
    if len(asked) == 1:
        root, arguments = asked[0]
        found[root.label] = answer(await database.row(root.sql, arguments))
    elif asked:
        # Several fields of one answer are of one snapshot.
        async with (
            database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            for root, arguments in asked:
                found[root.label] = answer(await connection.fetchrow(root.sql, *arguments))
    parts = [
        root.label + (found[root.label] if root.constant is None else root.constant) for root in plan.roots
    ]
    return b"{" + b",".join(parts) + b"}"


def answer(row: DatabaseRow) -> bytes:
    """The JSON in a row's first column."""
    value: bytes | None = row[0] if row is not None else None
    return NULL if value is None else value
