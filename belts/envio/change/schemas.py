"""Differences between two schemas, type by type and field by field, whatever their layout."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import DocumentNode, GraphQLError, Node, Visitor, parse, print_ast, visit

from belts.envio.change import rules
from belts.envio.change.rules import Reason


def changes(old: str, new: str) -> Iterator[Reason]:
    """Yields every difference."""
    if old == new:
        return
    try:
        before, after = parse(old, no_location=True), parse(new, no_location=True)
    except GraphQLError:
        yield Reason(rule=rules.UNCLEAR, what="schema: it cannot be read")
        return
    found = [*_described(before, after), *_types(_bare(before), _bare(after))]
    if any(len(_bare(each)) < len(each.definitions) for each in (before, after)):
        found.append(Reason(rule=rules.UNCLEAR, what="schema: a type is defined in several places"))
    yield from found or [Reason(rule=rules.COMMENT, what="schema")]


def _types(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Reason]:
    for name in sorted(after.keys() - before.keys()):
        yield Reason(rule=rules.ENTITY, what=f"schema: {name} is new")
    for name in sorted(before.keys() - after.keys()):
        yield Reason(rule=rules.ENTITY, what=f"schema: {name} is gone")
    for name in sorted(before.keys() & after.keys()):
        if print_ast(before[name]) != print_ast(after[name]):
            yield Reason(rule=rules.ENTITY, what=f"schema: {name}{_fields(before[name], after[name])}")
    if [name for name in before if name in after] != [name for name in after if name in before]:
        yield Reason(rule=rules.ORDER, what="schema: its types")


def _fields(before: Node, after: Node) -> str:
    """Describes the first fields that differ; other differences are in the schemas themselves."""
    one, other = _by_name(before), _by_name(after)
    told = [f"{name} is new" for name in other if name not in one]
    told += [f"{name} is gone" for name in one if name not in other]
    told += [
        f"{name}: {one[name]} → {other[name]}" for name in one if name in other and one[name] != other[name]
    ]
    if not told and list(one) != list(other):
        told = ["the order of its fields"]
    return f": {'; '.join(told[:5])}" if told else ""


def _by_name(node: Node) -> dict[str, str]:
    parts = getattr(node, "fields", None) or getattr(node, "values", None) or ()
    return {part.name.value: print_ast(part) for part in parts}


def _described(before: DocumentNode, after: DocumentNode) -> Iterator[Reason]:
    """Types with changed descriptions, of their own or of their fields."""
    one, other = _descriptions(before), _descriptions(after)
    for name in sorted(one.keys() & other.keys()):
        if one[name] != other[name]:
            yield Reason(rule=rules.DOCUMENTATION, what=f"schema: {name}")


def _descriptions(document: DocumentNode) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for definition in document.definitions:
        described = found.setdefault(_name(definition), [])
        for part in (
            definition,
            *(getattr(definition, "fields", None) or ()),
            *(getattr(definition, "values", None) or ()),
        ):
            text = getattr(part, "description", None)
            if text is not None:
                described.append((_name(part), text.value))
    return {name: sorted(each) for name, each in found.items()}


class _Undescribed(Visitor):
    """Removes descriptions."""

    def enter(self, node: Any, *_: Any) -> Any:
        if getattr(node, "description", None) is not None:
            return dataclasses.replace(node, description=None)
        return None


def _bare(document: DocumentNode) -> dict[str, Any]:
    return {_name(each): each for each in visit(document, _Undescribed()).definitions}


def _name(node: Any) -> str:
    name = getattr(node, "name", None)
    return str(name.value) if name is not None else str(node.kind)
