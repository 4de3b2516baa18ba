"""Reads what a role may ask the serving belt today, from its schema there."""

from dataclasses import dataclass

from graphql import GraphQLError

from gate.endpoints import Side
from gate.observations.unobserved import Cause, Unobserved
from gate.probes.served.door import Door
from gate.probes.served.pace import Pace
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World


@dataclass(frozen=True, kw_only=True, slots=True)
class Today:
    """The fields that a role can query, and those that it can subscribe to."""

    asked: frozenset[str]
    followed: frozenset[str]


async def asked(world: World, role: str, field: str) -> bool | Unobserved | None:
    """True if a role can query a field today; `None` if no belt serves."""
    found = await _today(world, role)
    return field in found.asked if isinstance(found, Today) else found


async def followed(world: World, role: str, field: str) -> bool | Unobserved | None:
    """True if a role can subscribe to a field today; `None` if no belt serves."""
    found = await _today(world, role)
    return field in found.followed if isinstance(found, Today) else found


async def _today(world: World, role: str) -> Today | Unobserved | None:
    if world.endpoints.serving is None:
        return None
    return await world.once(_read, role)


@unseen_as_value
async def _read(world: World, role: str) -> Today:
    """The schema of the serving belt, read once for each role of a run."""
    door = Door(world=world, side=Side.SERVING, role=role, pace=Pace(rate=world.policy.served.rate))
    try:
        schema = await door.schema()
    except (GraphQLError, KeyError, TypeError, ValueError) as error:
        words = f"what the serving belt gives {role} is no schema: {error}"
        raise UnseenError(words, Cause.BAD_ANSWER) from None
    query, subscription = schema.query_type, schema.subscription_type
    return Today(
        asked=frozenset(query.fields if query else ()),
        followed=frozenset(subscription.fields if subscription else ()),
    )
