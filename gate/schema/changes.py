"""Every difference between two schemas, and whether a consumer of the old one could notice it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from graphql import (
    BreakingChange,
    DangerousChangeType,
    GraphQLSchema,
    OperationType,
    SafeChangeType,
    find_schema_changes,
    is_input_object_type,
)

# Changes found by graphql-core that break no working query. A kind that is not listed counts as a break,
# so that one which a later version adds is refused until somebody has reviewed it. An added default is
# not listed: consumers who leave the argument out get other rows.
ADDITIONS: frozenset[Enum] = frozenset(
    {
        SafeChangeType.TYPE_ADDED,
        SafeChangeType.FIELD_ADDED,
        SafeChangeType.OPTIONAL_ARG_ADDED,
        SafeChangeType.OPTIONAL_INPUT_FIELD_ADDED,
        SafeChangeType.OPTIONAL_DIRECTIVE_ARG_ADDED,
        SafeChangeType.DIRECTIVE_ADDED,
        SafeChangeType.DIRECTIVE_REPEATABLE_ADDED,
        SafeChangeType.DIRECTIVE_LOCATION_ADDED,
        SafeChangeType.FIELD_CHANGED_KIND_SAFE,
        SafeChangeType.ARG_CHANGED_KIND_SAFE,
        SafeChangeType.DESCRIPTION_CHANGED,
        DangerousChangeType.VALUE_ADDED_TO_ENUM,
        DangerousChangeType.TYPE_ADDED_TO_UNION,
        DangerousChangeType.OPTIONAL_ARG_ADDED,
        DangerousChangeType.OPTIONAL_INPUT_FIELD_ADDED,
        DangerousChangeType.IMPLEMENTED_INTERFACE_ADDED,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Change:
    """One difference. `words` name the exact thing, and waivers repeat them."""

    words: str
    kind: str
    breaks: bool


def compare(old: GraphQLSchema, new: GraphQLSchema) -> tuple[Change, ...]:
    """All changes from one schema to another, without duplicates, sorted by their words."""
    return tuple(sorted({*_found(old, new), *_roots(old, new), *_one_of(old, new)}))


def _found(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    """The changes that graphql-core finds."""
    for change in find_schema_changes(old, new):
        if change.type is SafeChangeType.DESCRIPTION_CHANGED:
            continue
        breaks = isinstance(change, BreakingChange) or change.type not in ADDITIONS
        yield Change(words=change.description, kind=change.type.name, breaks=breaks)


def _roots(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    """Changes of the root types, which graphql-core does not compare."""
    for operation in OperationType:
        before, after = old.get_root_type(operation), new.get_root_type(operation)
        name = operation.value
        if before is not None and after is None:
            yield Change(words=f"Root type {name} was removed.", kind="ROOT_REMOVED", breaks=True)
        elif before is None and after is not None:
            yield Change(words=f"Root type {name} was added.", kind="ROOT_ADDED", breaks=False)
        elif before is not None and after is not None and before.name != after.name:
            words = f"Root type {name} changed from {before.name} to {after.name}."
            yield Change(words=words, kind="ROOT_CHANGED", breaks=True)


def _one_of(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    """Input objects that from now on accept exactly one field."""
    for name, before in old.type_map.items():
        after = new.type_map.get(name)
        if (
            is_input_object_type(before)
            and is_input_object_type(after)
            and after.is_one_of
            and not before.is_one_of
        ):
            yield Change(words=f"Input {name} now takes exactly one field.", kind="ONE_OF_ADDED", breaks=True)


def enum_changes(old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]]) -> tuple[Change, ...]:
    """Changes of a database's enum types, in the words that GraphQL would use."""
    before, after = _enum_words(old), _enum_words(new)
    removed = {
        Change(words=f"{each} was removed.", kind="ENUM_REMOVED", breaks=True) for each in before - after
    }
    added = {Change(words=f"{each} was added.", kind="ENUM_ADDED", breaks=False) for each in after - before}
    return tuple(sorted(removed | added))


def _enum_words(enums: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Every enum and every value of one, by name."""
    values = (f"Enum value {name}.{value}" for name, values in enums.items() for value in values)
    return frozenset({f"Enum {name}" for name in enums}) | frozenset(values)
