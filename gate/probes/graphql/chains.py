"""Reads a belt's chains and heights as its consumers see them: Envio's `chain_metadata` view."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from belts.envio.release import CHAIN_METADATA
from gate.claims import Access
from gate.endpoints import Side
from gate.observations.alias import AliasSeen
from gate.observations.graphql import Role
from gate.observations.progress import ChainProgress, Progress
from gate.observations.unobserved import Cause
from gate.probes.graphql.ask import ask, ask_at
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

VIEW = CHAIN_METADATA
READ = ("start_block", "end_block", "progress_block", "events_processed", "ready_at")
QUESTION = (
    f"query Chains {{ {VIEW.name}(order_by: {{{VIEW.chain}: asc}}, limit: 1000)"
    f" {{ {VIEW.chain} {' '.join(map(VIEW.field, READ))} }} }}"
)


async def read_chains(world: World, side: Side) -> Progress:
    """Reads every chain of one belt now."""
    return progress_of(await ask(world, side, QUESTION, role=Role.PUBLIC))


@unseen_as_value
async def look(world: World, side: Side) -> Progress:
    """Every chain of one belt."""
    return await read_chains(world, side)


@unseen_as_value
async def look_at_alias(world: World) -> AliasSeen:
    """What the alias answers to a consumer, and the belt that the gateway names in its header."""
    alias = world.endpoints.alias
    if alias is None:
        raise UnseenError("the endpoints give no alias", Cause.NOT_GIVEN)
    data, answer = await ask_at(world, alias, QUESTION)
    return AliasSeen(progress=progress_of(data), belt=answer.headers.get("x-belt"))


def progress_of(data: Mapping[str, Any]) -> Progress:
    """Parses the answer; a row that does not look like a chain makes the whole answer bad."""
    try:
        rows = tuple(_row(row) for row in data[VIEW.name])
    except (KeyError, TypeError, ValueError) as error:
        raise UnseenError(
            f"{VIEW.name} does not look as Envio writes it: {error!r}", Cause.BAD_ANSWER
        ) from error
    if len({row.chain for row in rows}) != len(rows):
        raise UnseenError(f"{VIEW.name} names a chain twice", Cause.BAD_ANSWER)
    return Progress(door=Access.GRAPHQL, chains=rows)


def _row(row: Mapping[str, Any]) -> ChainProgress:
    """One chain; before its first block a belt writes no height, or one below its start."""
    shown = {column: row[VIEW.field(column)] for column in READ}
    height, start = _number(shown["progress_block"]), _whole(shown["start_block"])
    caught_up = shown["ready_at"]
    return ChainProgress(
        chain=_whole(row[VIEW.chain]),
        start_block=start,
        height=height if height is not None and height >= start else None,
        end_block=_number(shown["end_block"]),
        events=_number(shown["events_processed"]),
        caught_up_at=_moment(caught_up) if caught_up is not None else None,
    )


def _number(value: object) -> int | None:
    """A whole number or None."""
    return None if value is None else _whole(value)


def _whole(value: object) -> int:
    """A whole number, which a server may send as a number or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"{value!r} is not a number")
    return int(value)


def _moment(text: str) -> datetime:
    """A point in time; Postgres omits the zone if the column has none, and Envio writes UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
