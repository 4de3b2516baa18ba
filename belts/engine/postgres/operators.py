"""The comparison operators: which types have each, its operand, and its SQL. One table for all."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from belts.engine.postgres.types import TEXT, PgType, builtin


class Takes(Enum):
    """The kind of an operator's right operand."""

    VALUE = auto()
    LIST = auto()
    FLAG = auto()
    TEXT = auto()
    TEXTS = auto()
    CAST = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One operator; `{0}` in its SQL is the column, `{1}` the parameter."""

    takes: Takes
    sql: str
    meaning: str | None = None


def _value(sql: str, meaning: str | None = None) -> Operator:
    return Operator(takes=Takes.VALUE, sql=sql, meaning=meaning)


_COMMON = {
    "_eq": _value("{0} = {1}"),
    "_gt": _value("{0} > {1}"),
    "_gte": _value("{0} >= {1}"),
    "_in": Operator(takes=Takes.LIST, sql="{0} = ANY ({1})"),
    "_is_null": Operator(takes=Takes.FLAG, sql=""),
    "_lt": _value("{0} < {1}"),
    "_lte": _value("{0} <= {1}"),
    "_neq": _value("{0} <> {1}"),
    "_nin": Operator(takes=Takes.LIST, sql="{0} <> ALL ({1})"),
}
_TEXTUAL = {
    "_like": _value("{0} LIKE {1}", "does the column match the given pattern"),
    "_nlike": _value("{0} NOT LIKE {1}", "does the column NOT match the given pattern"),
    "_ilike": _value("{0} ILIKE {1}", "does the column match the given case-insensitive pattern"),
    "_nilike": _value("{0} NOT ILIKE {1}", "does the column NOT match the given case-insensitive pattern"),
    "_similar": _value("{0} SIMILAR TO {1}", "does the column match the given SQL regular expression"),
    "_nsimilar": _value(
        "{0} NOT SIMILAR TO {1}", "does the column NOT match the given SQL regular expression"
    ),
    "_regex": _value("{0} ~ {1}", "does the column match the given POSIX regular expression, case sensitive"),
    "_iregex": _value(
        "{0} ~* {1}", "does the column match the given POSIX regular expression, case insensitive"
    ),
    "_nregex": _value(
        "{0} !~ {1}", "does the column NOT match the given POSIX regular expression, case sensitive"
    ),
    "_niregex": _value(
        "{0} !~* {1}", "does the column NOT match the given POSIX regular expression, case insensitive"
    ),
}
_ARRAY = {
    "_contains": _value("{0} @> {1}", "does the array contain the given value"),
    "_contained_in": _value("{0} <@ {1}", "is the array contained in the given array value"),
}
_JSONB = {
    "_cast": Operator(takes=Takes.CAST, sql=""),
    "_contains": _value("{0} @> {1}", "does the column contain the given json value at the top level"),
    "_contained_in": _value("{0} <@ {1}", "is the column contained in the given json value"),
    "_has_key": Operator(
        takes=Takes.TEXT, sql="{0} ? {1}", meaning="does the string exist as a top-level key in the column"
    ),
    "_has_keys_any": Operator(
        takes=Takes.TEXTS,
        sql="{0} ?| {1}",
        meaning="do any of these strings exist as top-level keys in the column",
    ),
    "_has_keys_all": Operator(
        takes=Takes.TEXTS,
        sql="{0} ?& {1}",
        meaning="do all of these strings exist as top-level keys in the column",
    ),
}


@cache  # there are as many as there are types
def operators_of(of: PgType) -> Mapping[str, Operator]:
    """The operators of a type's columns, by GraphQL name."""
    found = dict(_COMMON)
    if of.array:
        found |= _ARRAY
    elif of.textual:
        found |= _TEXTUAL
    elif of.jsonb:
        found |= _JSONB
    return dict(sorted(found.items()))


def operand(of: PgType, operator: Operator) -> PgType:
    """The type as which an operator's parameter is read."""
    match operator.takes:
        case Takes.VALUE | Takes.LIST:
            return of
        case Takes.TEXTS:
            return builtin("text", array=True)
        case _:
            return TEXT
