"""Runs prepared operations: asks Postgres, and puts its JSON into the answer unchanged."""

from typing import Any

from belts.engine.errors import BadRequest
from belts.engine.plan.prepared import Prepared
from belts.engine.postgres.database import Database
from belts.engine.settings import Limits

NULL = b"null"
DatabaseRow = Any
"""A row of one of our statements: JSON as bytes, and for a stream its cursor."""


async def run(
    prepared: Prepared, database: Database, limits: Limits, *, head: bytes = b"", tail: bytes = b""
) -> bytes:
    """The answer between a message's `head` and `tail`; further copies of it would keep others waiting."""
    asked = [part for part in prepared.parts if part.constant is None]
    found: dict[bytes, bytes] = {}
    room = Room(limits.answer_bytes)
    if len(asked) == 1:
        part = asked[0]
        found[part.label] = room.take(answer(await database.row(part.sql, part.arguments)))
    elif asked:
        # Several fields of one answer are read from one snapshot.
        async with (
            database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            for part in asked:
                found[part.label] = room.take(answer(await connection.fetchrow(part.sql, *part.arguments)))
    pieces, between = [head, b'{"data":{'], b""
    for part in prepared.parts:
        value = found[part.label] if part.constant is None else room.take(part.constant)
        pieces += (between, part.label, value)
        between = b","
    return b"".join((*pieces, b"}}", tail))


class Room:
    """How large an answer may still grow; its parts use it up."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0

    def take(self, part: bytes) -> bytes:
        """Returns the part if it fits; raises otherwise."""
        self.taken += len(part)
        if self.taken > self.most:
            raise too_large(self.most, self.taken)
        return part


def answer(row: DatabaseRow) -> bytes:
    """The JSON in a row's first column; raises if it was left out for its size, in the last column."""
    if row is None:
        return NULL
    value: bytes | None = row[0]
    if value is None and row[-1] is not None:
        raise too_large(None, row[-1])
    return NULL if value is None else value


def too_large(most: int | None, seen: int) -> BadRequest:
    """The refusal of an answer that exceeds the limit."""
    limit = "the limit" if most is None else f"{most} bytes"
    return BadRequest(
        f"the answer is too large: expected at most {limit}, seen {seen} bytes; ask for fewer rows at a time",
        code="answer-limit-exceeded",
    )
