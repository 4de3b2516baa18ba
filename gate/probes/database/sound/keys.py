"""Builds in SQL, from a raw event, the id that a handler gives its row."""

from psycopg import sql

from gate.observations.unobserved import Cause
from gate.policy.template import Hole, template
from gate.probes.unseen import UnseenError

PLACE = {
    "chainId": "e.chain_id::text",
    "blockNumber": "e.block_number::text",
    "logIndex": "e.log_index::text",
    "blockTimestamp": "e.block_timestamp::text",
    "transactionHash": "(e.transaction_fields ->> 'hash')",
    "address": "e.src_address",
}
"""The columns of a raw event that describe its place; any other name is an argument of the event."""

LOG = frozenset({"blockNumber", "logIndex"})


def key_of(row_id: str) -> sql.Composed:
    """The id as text; NULL if the event lacks a part of it.

    It is in lower case, because releases spell addresses differently.
    """
    parts = [_part(row_id, part) for part in template(row_id).parts]
    return sql.SQL("lower({})").format(sql.SQL(" || ").join(parts))


def names(row_id: str) -> frozenset[str]:
    """The names that the id is built from."""
    return frozenset(hole.name for hole in template(row_id).holes)


def names_the_log(row_id: str) -> bool:
    """True if every id belongs to exactly one log."""
    found = names(row_id)
    return found >= LOG or found >= {"transactionHash", "logIndex"}


def _part(row_id: str, part: str | Hole) -> sql.Composable:
    if isinstance(part, str):
        return sql.Literal(part)
    if part.scale or part.as_text:
        raise UnseenError(f"raw events cannot be read as `rowId` {row_id} says", Cause.UNSUPPORTED)
    known = PLACE.get(part.name)
    return sql.SQL(known) if known else sql.SQL("(e.params ->> {})").format(sql.Literal(part.name))
