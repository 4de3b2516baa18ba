"""Lists how two policies differ, for an operator to read before the alias moves."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gate.redact import Redactor

NOTHING = "nothing"
LONGEST = 80
"""Characters of a value that are shown."""


def kept(policy: Mapping[Any, Any]) -> dict[str, Any]:
    """A policy as the ledger stores it: plain JSON, every URL reduced to scheme and host."""
    document: dict[str, Any] = json.loads(json.dumps(Redactor(()).everywhere(_keyed(policy)), default=str))
    return document


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Every value that differs between two policies, both as the ledger stores them."""
    was, is_ = dict(_all(before)), dict(_all(now))
    return tuple(
        f"{path}: was {_shown(was, path)}, is {_shown(is_, path)}"
        for path in sorted(was.keys() | is_.keys(), key=_natural)
        if path not in was or path not in is_ or not _same(was[path], is_[path])
    )


def _keyed(value: Any) -> Any:
    """The value with all keys as text, because YAML's keys have types of their own."""
    if isinstance(value, Mapping):
        return {str(key): _keyed(inner) for key, inner in value.items()}
    return [_keyed(inner) for inner in value] if isinstance(value, list) else value


def _all(policy: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in policy.items():
        yield from _leaves(value, f"policy.{key}")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every value with its path; an empty list or map is a value too."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}")
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def _same(one: Any, other: Any) -> bool:
    """True if two values are equal; unlike in Python, `1` is not `true`."""
    return type(one) is type(other) and bool(one == other)


def _shown(leaves: Mapping[str, Any], path: str) -> str:
    if path not in leaves:
        return NOTHING
    text = json.dumps(leaves[path], ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _natural(path: str) -> list[tuple[int, str]]:
    """A sort key that puts `goldens[10]` after `goldens[9]`."""
    parts = path.replace("[", ".").replace("]", "").split(".")
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
