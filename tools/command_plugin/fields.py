"""The inputs of each resource and their types: the check and the schema read them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from tools.command_plugin.values import Value, is_secret, is_unknown, secret


class Shape(Enum):
    """The type of one input; the value is its name in the schema."""

    STRING = "string"
    BOOLEAN = "boolean"
    NUMBER = "number"
    INTEGER = "integer"
    STRINGS = "array"
    STRING_MAP = "map"
    ANYTHING = "any"
    CONNECTION = "connection"
    PROXY = "proxy"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One input, and its value when the program leaves it out."""

    shape: Shape
    required: bool = False
    secret: bool = False
    default: Value = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """An input that cannot be used, and why."""

    path: str
    reason: str


Fields: TypeAlias = Mapping[str, Field]

_STRING = Field(shape=Shape.STRING)
_SECRET_STRING = Field(shape=Shape.STRING, secret=True)

LIFECYCLE: Fields = {
    "create": _STRING,
    "update": _STRING,
    "delete": _STRING,
    "triggers": Field(shape=Shape.ANYTHING),
}
INPUT: Fields = {
    "stdin": _STRING,
    "logging": _STRING,
    "environment": Field(shape=Shape.STRING_MAP),
    "addPreviousOutputInEnv": Field(shape=Shape.BOOLEAN),
}
HERE: Fields = {
    "dir": _STRING,
    "interpreter": Field(shape=Shape.STRINGS),
    "assetPaths": Field(shape=Shape.STRINGS),
    "archivePaths": Field(shape=Shape.STRINGS),
}
PROXY: Fields = {
    "host": Field(shape=Shape.STRING, required=True),
    "port": Field(shape=Shape.NUMBER, default=22),
    "user": Field(shape=Shape.STRING, default="root"),
    "password": _SECRET_STRING,
    "privateKey": _SECRET_STRING,
    "privateKeyPassword": _SECRET_STRING,
    "agentSocketPath": _STRING,
    "dialErrorLimit": Field(shape=Shape.INTEGER, default=10),
    "perDialTimeout": Field(shape=Shape.INTEGER, default=15),
    "hostKey": _STRING,
}
CONNECTION: Fields = {**PROXY, "proxy": Field(shape=Shape.PROXY)}

LOCAL: Fields = {**LIFECYCLE, **INPUT, **HERE}
REMOTE: Fields = {
    **LIFECYCLE,
    **INPUT,
    "connection": Field(shape=Shape.CONNECTION, required=True, secret=True),
}
RUN: Fields = {"command": Field(shape=Shape.STRING, required=True), **INPUT, **HERE}

NESTED: Mapping[Shape, Fields] = {Shape.CONNECTION: CONNECTION, Shape.PROXY: PROXY}
_SCALARS: Mapping[Shape, tuple[type, ...]] = {
    Shape.STRING: (str,),
    Shape.BOOLEAN: (bool,),
    Shape.NUMBER: (int, float),
    Shape.INTEGER: (int, float),
}


def failures(fields: Fields, given: Mapping[str, Value], path: str = "") -> Iterator[Failure]:
    """Every input that is missing or of the wrong type, each with its path."""
    for name, field in fields.items():
        here = f"{path}{name}"
        if given.get(name) is not None:
            yield from _mistakes(here, field.shape, given[name])
        elif field.required:
            yield Failure(path=here, reason=f"Missing required field '{here}'")


def _mistakes(path: str, shape: Shape, value: Value) -> Iterator[Failure]:
    if is_secret(value):
        value = value["value"]
    if shape is Shape.ANYTHING or is_unknown(value):
        return
    if shape in NESTED and isinstance(value, dict):
        yield from failures(NESTED[shape], value, f"{path}.")
    elif shape is Shape.STRINGS and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _mistakes(f"{path}[{index}]", Shape.STRING, item)
    elif shape is Shape.STRING_MAP and isinstance(value, dict):
        for key, item in value.items():
            yield from _mistakes(f"{path}[{key}]", Shape.STRING, item)
    elif not _is_scalar(shape, value):
        yield Failure(
            path=path, reason=f"Field '{path}' must be a '{shape.value}'; got {_named(value)} instead"
        )


def _is_scalar(shape: Shape, value: Value) -> bool:
    if isinstance(value, bool):
        return shape is Shape.BOOLEAN
    fits = isinstance(value, _SCALARS.get(shape, ()))
    return fits and (shape is not Shape.INTEGER or float(value).is_integer())


def _named(value: Value) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return names.get(type(value), "an object")


def completed(fields: Fields, given: Mapping[str, Value]) -> dict[str, Value]:
    """The known inputs with the defaults filled in and the secrets marked; unknown inputs are dropped."""
    found = _completed(fields, given)
    return {name: secret(value) if fields[name].secret else value for name, value in found.items()}


def _completed(fields: Fields, given: Mapping[str, Value]) -> dict[str, Value]:
    found = {name: given.get(name, field.default) for name, field in fields.items()}
    return {name: _nested(fields[name], value) for name, value in found.items() if value is not None}


def _nested(field: Field, value: Value) -> Value:
    if is_secret(value):
        return {**value, "value": _nested(field, value["value"])}
    if field.shape in NESTED and isinstance(value, dict):
        return _completed(NESTED[field.shape], value)
    return value


def schema(shape: Shape) -> dict[str, Any]:
    """The JSON schema of one shape, as Pulumi's package schema writes it."""
    match shape:
        case Shape.STRINGS:
            return {"type": "array", "items": {"type": "string"}}
        case Shape.STRING_MAP:
            return {"type": "object", "additionalProperties": {"type": "string"}}
        case Shape.ANYTHING:
            return {"type": "array", "items": {"$ref": "pulumi.json#/Any"}}
        case Shape.CONNECTION:
            return {"$ref": "#/types/command:remote:Connection"}
        case Shape.PROXY:
            return {"$ref": "#/types/command:remote:ProxyConnection"}
        case _:
            return {"type": shape.value}
