"""Resolves environment variables in a policy's addresses to scheme and host, without the key."""

from collections.abc import Mapping
from typing import Any

from belts.reading.node import VARIABLE
from gate.secret import Address

LISTS = ("rpc", "indexedFrom")


def addressed(policy: Mapping[Any, Any], environment: Mapping[str, str]) -> dict[Any, Any]:
    """The policy with the host added to every chain address that takes it from the environment.

    Without it, another provider behind `${RPC}` would not change the policy.
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
    """The address with its origin, unless only the path or the query, such as a key, is filled in."""
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
