"""Builds the schema of an introspection, cached for all who need it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from graphql import GraphQLSchema, IntrospectionQuery, build_client_schema

# Two belts with two roles each: a run of the gate needs each of them two or three times.
REMEMBERED = 4


def described(introspection: Mapping[str, Any]) -> GraphQLSchema:
    """The schema, not to be modified; raises GraphQLError, KeyError, TypeError or ValueError if invalid."""
    return _described(orjson.dumps(introspection))


@lru_cache(maxsize=REMEMBERED)
def _described(text: bytes) -> GraphQLSchema:
    return build_client_schema(IntrospectionQuery(**orjson.loads(text)))  # type: ignore[typeddict-item]
