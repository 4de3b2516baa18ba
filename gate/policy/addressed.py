"""Whom a policy asks, where a variable of the environment says it: by scheme and host, without the key."""

from collections.abc import Mapping
from typing import Any

from belts.reading.node import VARIABLE
from gate.secret import Address

LISTS = ("rpc", "indexedFrom")


def addressed(policy: Mapping[Any, Any], environment: Mapping[str, str]) -> dict[Any, Any]:
    """The policy with a host beside every address of a chain whose host is a matter of the environment.

    Without it, another provider behind `${RPC}` would leave the policy as it was.
    """
    chains = policy.get("chains")
    if not isinstance(chains, Mapping):
        return dict(policy)
    return {**policy, "chains": {key: _chain(chain, environment) for key, chain in chains.items()}}


def _chain(chain: Any, environment: Mapping[str, str]) -> Any:
    if not isinstance(chain, Mapping):
        return chain
    lists = {key: chain[key] for key in LISTS if isinstance(chain.get(key), list)}
    return {**chain, **{key: [_named(text, environment) for text in texts] for key, texts in lists.items()}}


def _named(text: Any, environment: Mapping[str, str]) -> Any:
    """A key in the path or the query is no other provider."""
    if not isinstance(text, str):
        return text
    filled = VARIABLE.sub(lambda match: environment.get(match[1], "") or match[0], text)
    origin = _origin(filled)
    return text if origin == _origin(text) else f"{text} at {origin}"


def _origin(text: str) -> str:
    try:
        return str(Address(text))
    except ValueError:
        return ""
