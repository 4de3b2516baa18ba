"""Turns frozen parts into maps and maps into parts, by the kinds that their fields carry.

A field without a kind is never written: whoever makes the part gives it. A field that cannot be given is the
word by which one of several parts is told from the others.
"""

import dataclasses
import functools
import operator
import types
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, is_dataclass
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from belts.reading.fields import Fields
from belts.reading.kinds import Json, Kind, Section, Version


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field of a part: its name, the key it is written under, its kind, what parts may stand there."""

    name: str
    key: str
    kind: Kind
    default: Any
    fixed: bool
    inner: tuple[Any, ...]
    many: bool

    @property
    def optional(self) -> bool:
        """Whether it may be left out."""
        return self.default is not MISSING


def fields(part: Any) -> tuple[Field, ...]:
    """The fields of a part that carry a kind, in their order."""
    return _fields(part)


@functools.cache
def _fields(part: Any) -> tuple[Field, ...]:
    hints = get_type_hints(part, include_extras=True)
    found = []
    for each in dataclasses.fields(part):
        hint, *marks = get_args(hints[each.name]) if get_origin(hints[each.name]) is Annotated else (None,)
        kind = next((mark for mark in marks if isinstance(mark, Kind)), None)
        if kind is not None:
            found.append(_field(each, hint, kind))
    return tuple(found)


def encode(part: Any) -> dict[str, Json]:
    """The part as JSON; what is nothing is left out."""
    written = {each.key: _written(each, getattr(part, each.name)) for each in fields(type(part))}
    return {key: value for key, value in written.items() if value is not None}


def decode(part: Any, source: Fields, *, top: Fields | None = None, **given: Any) -> Any:
    """The part, or the one of several, that stands in a map; every mistake is kept there.

    With `top`, the top of a stack's file, only what has help is read: the program fills in the rest. What is
    `given` stands in for what the map leaves out.
    """
    chosen = _chosen(_arms(part), source)
    values = dict(given)
    for each in fields(chosen):
        if each.fixed:
            source.known.append(each.key)
        elif top is None or each.kind.help or isinstance(each.kind, Section):
            place = top if top is not None and each.kind.top else source
            values[each.name] = _read(each, place, top, values.get(each.name, each.default))
        elif not each.optional:
            values.setdefault(each.name, each.kind.stand_in)
    return chosen(**values)


def walk(part: Any, path: str = "") -> Iterator[tuple[str, Field, Any]]:
    """Every value of a part and of the parts in it, with the path that leads to it."""
    for each in fields(type(part)):
        value, at = getattr(part, each.name), f"{path}{each.key}"
        if not isinstance(each.kind, Section):
            yield at, each, value
        elif each.many:
            for index, one in enumerate(value):
                yield from walk(one, f"{at}[{index}].")
        elif value is not None:
            yield from walk(value, f"{at}.")


def _field(each: dataclasses.Field[Any], hint: Any, kind: Kind) -> Field:
    many = get_origin(hint) is tuple and is_dataclass(get_args(hint)[0])
    default = each.default
    if default is MISSING and each.default_factory is not MISSING:
        default = each.default_factory()
    return Field(
        name=each.name,
        key=kind.key or _camel(each.name) + kind.suffix,
        kind=kind,
        default=default,
        fixed=not each.init,
        inner=tuple(arm for arm in _arms(get_args(hint)[0] if many else hint) if is_dataclass(arm)),
        many=many,
    )


def _arms(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in {Union, types.UnionType} else (hint,)


def _chosen(arms: tuple[Any, ...], source: Fields) -> Any:
    """The part that the map's own word names; left out, it is the first."""
    if len(arms) == 1:
        return arms[0]
    words = {field.default: arm for arm in arms for field in fields(arm) if field.fixed}
    word = next(field for field in fields(arms[0]) if field.fixed)
    return words[source.read(word.key, word.kind, word.default)]


def _read(each: Field, source: Fields, top: Fields | None, default: Any) -> Any:
    if not each.inner:
        told = default is MISSING or isinstance(each.kind, Version)
        return source.read(each.key, each.kind, *([] if told else [default]))
    part = functools.reduce(operator.or_, each.inner)
    if each.many:
        return tuple(_closed(part, one, top) for one in source.sections(each.key, optional=each.optional))
    if default is None and not source.has(each.key):
        source.known.append(each.key)
        return None
    return _closed(part, source.section(each.key, optional=each.optional), top)


def _closed(part: Any, source: Fields, top: Fields | None) -> Any:
    found = decode(part, source, top=top)
    source.done()
    return found


def _written(each: Field, value: Any) -> Json:
    if value is None or not each.inner:
        return None if value is None else each.kind.write(value)
    return [encode(one) for one in value] if each.many else encode(value)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
