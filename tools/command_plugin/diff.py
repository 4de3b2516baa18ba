"""The differences between the inputs in the state and in the program, by path, as Pulumi shows them."""

import re
from collections.abc import Iterator
from enum import Enum

from tools.command_plugin.values import Properties, Value, is_marked

SIMPLE = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


class Change(Enum):
    """The kind of change of one property."""

    ADDED = "add"
    DELETED = "delete"
    UPDATED = "update"


def changes(old: Properties, new: Properties) -> dict[str, Change]:
    """Every changed path; secrets, assets and archives are compared as a whole."""
    return dict(_objects("", old, new))


def _objects(path: str, old: Properties, new: Properties) -> Iterator[tuple[str, Change]]:
    for key in old.keys() | new.keys():
        here = _member(path, key)
        if key not in new:
            yield here, Change.DELETED
        elif key not in old:
            yield here, Change.ADDED
        else:
            yield from _values(here, old[key], new[key])


def _values(path: str, old: Value, new: Value) -> Iterator[tuple[str, Change]]:
    if is_marked(old) or is_marked(new):
        if old != new:
            yield path, Change.UPDATED
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _objects(path, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(path, old, new)
    elif type(old) is not type(new) or old != new:  # True is not 1
        yield path, Change.UPDATED


def _lists(path: str, old: list[Value], new: list[Value]) -> Iterator[tuple[str, Change]]:
    shared = min(len(old), len(new))
    for index in range(shared):
        yield from _values(f"{path}[{index}]", old[index], new[index])
    for index in range(shared, len(old)):
        yield f"{path}[{index}]", Change.DELETED
    for index in range(shared, len(new)):
        yield f"{path}[{index}]", Change.ADDED


def _member(path: str, key: str) -> str:
    if SIMPLE.fullmatch(key):
        return f"{path}.{key}" if path else key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{path}["{escaped}"]'
