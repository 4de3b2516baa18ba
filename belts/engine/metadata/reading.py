"""Reading the JSON of the metadata API: a mistake names its path and what was expected there."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from belts.engine.errors import BadRequest, unparsable
from belts.engine.postgres.catalog import TableName

Json = Any
Fields = Mapping[str, Json]
T = TypeVar("T")


def fields(value: Json, path: str) -> Fields:
    """A JSON object."""
    if not isinstance(value, dict):
        raise unparsable(f"expected an object, but found {kind(value)}", path)
    return value


NONE: Mapping[str, Json] = MappingProxyType({})
NO_NAMES: Mapping[str, str] = MappingProxyType({})
NOTHING: tuple[Json, ...] = ()


def items(value: Json, path: str) -> Sequence[Json]:
    """A JSON array."""
    if not isinstance(value, list):
        raise unparsable(f"expected a list, but found {kind(value)}", path)
    return value


def need(of: Fields, key: str, path: str, read: Callable[[Json, str], T]) -> T:
    """A value that must be there."""
    if key not in of:
        raise unparsable(f'key "{key}" not found', path)
    return read(of[key], f"{path}.{key}")


def maybe(of: Fields, key: str, path: str, read: Callable[[Json, str], T], default: T) -> T:
    """A value that may be absent or null."""
    value = of.get(key)
    return default if value is None else read(value, f"{path}.{key}")


def text(value: Json, path: str) -> str:
    """A string."""
    if not isinstance(value, str):
        raise unparsable(f"expected a string, but found {kind(value)}", path)
    return value


def flag(value: Json, path: str) -> bool:
    """A boolean."""
    if not isinstance(value, bool):
        raise unparsable(f"expected a boolean, but found {kind(value)}", path)
    return value


def count(value: Json, path: str) -> int:
    """A whole number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise unparsable("unexpected negative or non-integer value", path)
    return value


def texts(value: Json, path: str) -> tuple[str, ...]:
    """A list of strings."""
    return tuple(text(item, f"{path}[{index}]") for index, item in enumerate(items(value, path)))


def names(value: Json, path: str) -> Mapping[str, str]:
    """An object whose values are strings; a null counts as absent."""
    return {key: text(item, f"{path}.{key}") for key, item in fields(value, path).items() if item is not None}


def table_name(value: Json, path: str) -> TableName:
    """A table, as a bare name in `public` or as schema and name."""
    if isinstance(value, str):
        return TableName("public", value)
    of = fields(value, path)
    return TableName(maybe(of, "schema", path, text, "public"), need(of, "name", path, text))


def source(of: Fields, path: str) -> None:
    """Refuses any source but `default`: the engine has only one."""
    name = maybe(of, "source", path, text, "default")
    if name != "default":
        raise BadRequest(f'source with name "{name}" does not exist', code="not-exists", path=path)


def kind(value: Json) -> str:
    """What a JSON value is, in Hasura's words."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return "a number"
