"""What an introspection describes, made once for all who ask: probes prove it, the check compares."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from graphql import GraphQLSchema, IntrospectionQuery, build_client_schema

# Two belts, each as two roles see it: a run of the gate asks for each of them two or three times.
REMEMBERED = 4


def described(introspection: Mapping[str, Any]) -> GraphQLSchema:
    """The schema, which nobody changes; GraphQLError, KeyError, TypeError or ValueError where it is none."""
    return _described(orjson.dumps(introspection))


@lru_cache(maxsize=REMEMBERED)
def _described(text: bytes) -> GraphQLSchema:
    return build_client_schema(IntrospectionQuery(**orjson.loads(text)))  # type: ignore[typeddict-item]
