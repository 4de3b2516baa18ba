"""Loads a schema from SDL, introspection JSON, or a running endpoint."""

import json
from pathlib import Path

import httpx
from graphql import (
    GraphQLError,
    GraphQLSchema,
    IntrospectionQuery,
    build_client_schema,
    build_schema,
    get_introspection_query,
)

from belts.refusal import Refusal
from gate.agent import HEADERS
from gate.secret import Address

SECONDS = 30.0


class SourceError(Refusal):
    """A source holds no schema."""

    def __init__(self, source: str, seen: str) -> None:
        super().__init__(
            f"there is nothing to compare in {source}",
            expected="a schema: SDL, the answer to an introspection, or an endpoint that gives it",
            seen=seen,
            now="see that it holds one and can be read, or name another",
        )


def load(source: str) -> GraphQLSchema:
    """The schema at a URL or in a file."""
    try:
        if source.startswith(("http://", "https://")):
            return _introspection(_fetched(Address(source)), source)
        text = Path(source).read_text("utf-8")
        return (
            _introspection(json.loads(text), source) if text.lstrip().startswith("{") else build_schema(text)
        )
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(_name(source), f"it cannot be read: {error}") from error
    except (GraphQLError, KeyError, TypeError, ValueError) as error:
        raise SourceError(_name(source), f"it holds no schema: {error}") from error


def _fetched(address: Address) -> object:
    """An endpoint's answer to the introspection query."""
    query = {"query": get_introspection_query(descriptions=False)}
    try:
        response = httpx.post(address.reveal(), json=query, headers=HEADERS, timeout=SECONDS, trust_env=False)
    except httpx.HTTPError as error:
        raise SourceError(
            str(address), f"it cannot be reached: {str(error) or type(error).__name__}"
        ) from error
    if response.status_code != httpx.codes.OK:
        raise SourceError(str(address), f"it answers with status {response.status_code}")
    return response.json()


def _introspection(document: object, source: str) -> GraphQLSchema:
    """The schema in an introspection's answer, with or without the surrounding `data`."""
    if not isinstance(document, dict) or document.get("errors"):
        raise SourceError(_name(source), "errors, or another document than an introspection")
    data = document.get("data", document)
    return build_client_schema(IntrospectionQuery(__schema=data["__schema"]))


def _name(source: str) -> str:
    """A source's name in messages."""
    return str(Address(source)) if "://" in source else source
