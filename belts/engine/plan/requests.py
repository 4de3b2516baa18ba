"""Reads what a client sends: JSON with all its digits, GraphQL requests."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal

import orjson

from belts.engine.errors import BadRequest, unparsable
from belts.engine.plan.nodes import Json

GraphQLRequest = tuple[str, str | None, Mapping[str, Json]]

# A number that may not fit a double: the slower reader keeps all its digits.
_LONG_NUMBER = re.compile(rb"[0-9][0-9.eE+\-]{14}")


def read_json(body: bytes) -> Json:
    """A body as JSON, with all digits of its numbers."""
    try:
        if _LONG_NUMBER.search(body) is None:
            return orjson.loads(body)
        return json.loads(body, parse_float=Decimal, parse_int=_integer, parse_constant=_no_constant)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise BadRequest("invalid JSON in the request's body", code="invalid-json") from error


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < 20 else Decimal(digits)


def _no_constant(name: str) -> Json:
    raise ValueError(name)


def read_request(request: Json) -> GraphQLRequest:
    """A GraphQL request: its text, the operation's name and the variables."""
    if not isinstance(request, dict):
        raise unparsable("a GraphQL request is a JSON object", "$")
    text = request.get("query")
    if not isinstance(text, str):
        raise unparsable("the key 'query' was not present" if text is None else "'query' is a string", "$")
    name = request.get("operationName")
    if name is not None and not isinstance(name, str):
        raise unparsable("'operationName' is a string", "$.operationName")
    variables = request.get("variables")
    if variables is None:
        return text, name or None, {}
    if not isinstance(variables, dict):
        raise unparsable("'variables' is an object", "$.variables")
    return text, name or None, variables
