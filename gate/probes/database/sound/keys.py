"""The id that a handler forms of an event, as Postgres forms it of a raw event."""

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
"""What a raw event says of its place; any other name is an argument of the event."""

LOG = frozenset({"blockNumber", "logIndex"})


def key_of(row_id: str) -> sql.Composed:
    """The id as a text; NULL where the event does not say what it is formed of.

    It is in lower case, because releases spell addresses in different ways.
    """
    parts = [_part(row_id, part) for part in template(row_id).parts]
    return sql.SQL("lower({})").format(sql.SQL(" || ").join(parts))


def names(row_id: str) -> frozenset[str]:
    """What the id is formed of."""
    return frozenset(hole.name for hole in template(row_id).holes)


def names_the_log(row_id: str) -> bool:
    """Whether there is one log for each id."""
    found = names(row_id)
    return found >= LOG or found >= {"transactionHash", "logIndex"}


def _part(row_id: str, part: str | Hole) -> sql.Composable:
    if isinstance(part, str):
        return sql.Literal(part)
    if part.scale or part.as_text:
        raise UnseenError(f"raw events cannot be read as `rowId` {row_id} says", Cause.UNSUPPORTED)
    known = PLACE.get(part.name)
    return sql.SQL(known) if known else sql.SQL("(e.params ->> {})").format(sql.Literal(part.name))
