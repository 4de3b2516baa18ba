"""Known type changes of Envio's own lists between releases: listed, but not breaking.

A wider number type keeps queries working. The columns need no names: they are all those of Envio's own lists
that differ in nothing but the type of a number.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from belts.envio.release import RAW_EVENTS, VIEWS, WIDER

COMPARED = "_comparison_exp"
INTROSPECTION = "__schema"
ROOTS = ("queryType", "subscriptionType")

Type = Mapping[str, Any]


def without_known(
    old: Mapping[str, Any], new: Mapping[str, Any], entities: Collection[str]
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """The old introspection with the number types of the new one in Envio's own lists, and the changes.

    `entities` are the lists that the belt's own schema declares, whose types are not Envio's.
    """
    theirs = {kind["name"]: kind for kind in new[INTROSPECTION]["types"]}
    words: list[str] = []
    roots = {(old[INTROSPECTION].get(root) or {}).get("name") for root in ROOTS}
    types: dict[str, Type] = {}
    for kind in old[INTROSPECTION]["types"]:
        name = kind["name"]
        if name in theirs and _is_own(name, entities):
            types[name] = _widened(kind, theirs[name], words)
        elif name in theirs and name in roots:
            types[name] = _asked(kind, theirs[name], entities, words)
        else:
            types[name] = kind
    while more := {name: theirs[name] for name in _used(types) - types.keys() if name in theirs}:
        types |= more
    while idle := [name for name in types.keys() - theirs.keys() - _used(types) if _is_number(name)]:
        types = {name: kind for name, kind in types.items() if name not in idle}
    return {INTROSPECTION: {**old[INTROSPECTION], "types": list(types.values())}}, tuple(words)


def _used(types: Mapping[str, Type]) -> set[str]:
    """The types that any other type refers to."""
    return {name for kind in types.values() for name in _named_in(kind)}


def _is_own(name: str, entities: Collection[str]) -> bool:
    """True if a type belongs to one of Envio's own lists, or was made for one."""
    own = [of for of in (*VIEWS, *RAW_EVENTS) if name == of or name.startswith(f"{of}_")]
    return bool(own) and not any(name == of or name.startswith(f"{of}_") for of in entities)


def _widened(kind: Type, other: Type, words: list[str]) -> Type:
    changed = dict(kind)
    for fields in ("fields", "inputFields"):
        now = {field["name"]: field["type"] for field in other.get(fields) or ()}
        changed[fields] = kind.get(fields) and [
            _field(kind["name"], field, now.get(field["name"]), words) for field in kind[fields]
        ]
    return changed


def _asked(root: Type, other: Type, entities: Collection[str], words: list[str]) -> Type:
    """A root type with the new arguments of Envio's own lists, such as the key of one row."""
    now = {field["name"]: field for field in other.get("fields") or ()}
    fields = [
        {**field, "args": _arguments(f"{root['name']}.{field['name']}", field, now[field["name"]], words)}
        if field["name"] in now and _is_own(field["name"], entities)
        else field
        for field in root.get("fields") or ()
    ]
    return {**root, "fields": fields}


def _arguments(of: str, field: Type, other: Type, words: list[str]) -> list[Type]:
    now = {argument["name"]: argument["type"] for argument in other.get("args") or ()}
    return [_field(of, argument, now.get(argument["name"]), words) for argument in field.get("args") or ()]


def _field(of: str, field: Type, now: Type | None, words: list[str]) -> Type:
    if now is None or _shape(field["type"]) != _shape(now):
        return field
    one, other = _name(field["type"]), _name(now)
    if not _is_wider(one, other):
        return field
    words.append(f"{of}.{field['name']} is {one} today and {other} then: the releases differ in that.")
    return {**field, "type": now}


def _is_wider(one: str, other: str) -> bool:
    compared = one.endswith(COMPARED) and other.endswith(COMPARED)
    end = -len(COMPARED) if compared else None
    return other[:end] in WIDER.get(one[:end], ())


def _shape(type_: Type) -> tuple[str, ...]:
    """The wrappers around a named type: lists and non-null."""
    inner = type_.get("ofType")
    return () if inner is None else (type_["kind"], *_shape(inner))


def _name(type_: Type) -> str:
    inner = type_.get("ofType")
    return str(type_["name"]) if inner is None else _name(inner)


def _named_in(kind: Type) -> Iterator[str]:
    """The types that another one refers to."""
    for field in (*(kind.get("fields") or ()), *(kind.get("inputFields") or ())):
        yield _name(field["type"])
        for argument in field.get("args") or ():
            yield _name(argument["type"])
    for other in kind.get("interfaces") or ():
        yield _name(other)
    for other in kind.get("possibleTypes") or ():
        yield _name(other)


def _is_number(name: str) -> bool:
    """True for a number type, or a type that compares one, which can go once it is unused."""
    return name.removesuffix(COMPARED) in WIDER
