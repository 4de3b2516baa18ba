"""Sends one GraphQL query as one role; `errors` beside data are a fault, never half an answer."""

from collections.abc import Mapping
from typing import Any

from gate.endpoints import Belt, Endpoints, Side
from gate.observations.graphql import Role
from gate.observations.unobserved import Cause
from gate.probes.http import Answer, post
from gate.probes.unseen import RefusedError, UnseenError
from gate.probes.world import World
from gate.secret import Address

# Codes by which Hasura and its relatives deny access.
DENIALS = frozenset({"access-denied", "invalid-headers", "invalid-jwt", "jwt-missing-role-claims"})


async def ask(
    world: World,
    side: Side,
    query: str,
    *,
    role: Role,
    variables: Mapping[str, object] | None = None,
    exactly: bool = False,
) -> dict[str, Any]:
    """The complete data of a belt's answer; `exactly` keeps every digit of its numbers."""
    belt = belt_on(world.endpoints, side)
    data, _ = await ask_at(
        world, belt.graphql, query, headers=headers_of(belt, role), variables=variables, exactly=exactly
    )
    return data


async def ask_at(
    world: World,
    address: Address,
    query: str,
    *,
    headers: Mapping[str, str] | None = None,
    variables: Mapping[str, object] | None = None,
    exactly: bool = False,
) -> tuple[dict[str, Any], Answer]:
    """The data of an address's answer, and the answer itself."""
    answer = await post(world, address, {"query": query, "variables": dict(variables or {})}, headers or {})
    return data_of(answer.json(address, exactly=exactly), address), answer


def belt_on(endpoints: Endpoints, side: Side) -> Belt:
    """The belt on one side; raises `UnseenError` if there is none."""
    belt = endpoints.belt(side)
    if belt is None:
        raise UnseenError("the endpoints say that no belt serves yet", Cause.NOT_GIVEN)
    return belt


def headers_of(belt: Belt, role: Role) -> dict[str, str]:
    """The headers of a role; the public role sends none, as consumers do."""
    if role is Role.PUBLIC:
        return {}
    if belt.admin_secret is None:
        raise UnseenError("no admin secret is given for it", Cause.NOT_GIVEN)
    return {"x-hasura-admin-secret": belt.admin_secret.reveal()}


def data_of(document: object, address: Address) -> dict[str, Any]:
    """The data of a GraphQL answer; raises if it has errors."""
    if not isinstance(document, dict):
        raise UnseenError(f"{address} answers with JSON that is not GraphQL", Cause.BAD_ANSWER)
    if errors := document.get("errors"):
        raise _refusal(errors, address)
    data = document.get("data")
    if not isinstance(data, dict):
        raise UnseenError(f"{address} answers without data", Cause.BAD_ANSWER)
    return data


def _refusal(errors: object, address: Address) -> RefusedError:
    """The fault that GraphQL errors describe, with the message of the first one."""
    first = errors[0] if isinstance(errors, list) and errors else errors
    message = first.get("message") if isinstance(first, dict) else None
    extensions = first.get("extensions") if isinstance(first, dict) else None
    code = extensions.get("code") if isinstance(extensions, dict) else None
    cause = Cause.DENIED if code in DENIALS else Cause.BAD_ANSWER
    return RefusedError(f"{address} answers with errors: {message or first}", cause)
