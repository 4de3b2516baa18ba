"""One number for one row, equal on two servers exactly when the row is.

Postgres' own hash functions agree between its versions, but most of them lose something: `numeric` loses
its sign and takes NaN for infinity, `bigint` and `timestamp` are folded to 32 bits, `jsonb` forgets how it
is nested, records hash the OIDs of enums, arrays lose their bounds. So only the types whose hash keeps
everything are hashed as what they are; every other column is hashed as its text. What is equal:

| type | equal when |
| --- | --- |
| int, numeric, money | the same number, at any scale |
| float | the same number; 0 and -0 are one, NaN is NaN |
| text, enum, uuid, bytea, date, interval and the rest | the same text |
| json, jsonb | the same text after `jsonb` has ordered it; a number's scale counts |
| timestamptz | the same moment |
| arrays | the same text: elements as written, NULL, bounds and dimensions |

A `numeric` is hashed with one seed above and another below zero, and with others for what is no number. The
hashes of a row's columns, each with a seed of its own column's name, are combined by XOR, so that neither
the order of columns nor columns that only one belt has matter; and the row's key is hashed with that as its
seed, because sums of a bare XOR cancel far too easily when two rows swap a value. NULL has a number of its
own for each column: the hash functions would return NULL for it, and the whole row would vanish from the
sum.
"""

import hashlib
from dataclasses import dataclass

from psycopg import sql

from gate.probes.database.catalog import Column, Kind, Table


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A column that both belts have, and the kind as which its values are compared."""

    name: str
    kind: Kind
    nullable: bool


def shared(serving: Table, candidate: Table) -> tuple[Compared, ...]:
    """The columns that both tables have, in the order of the serving belt's."""
    pairs = ((column, candidate.column(column.name)) for column in serving.columns)
    return tuple(_compared(one, other) for one, other in pairs if other is not None)


def _compared(one: Column, other: Column) -> Compared:
    kind = Kind.OTHER if one.type != other.type and Kind.MOMENT in {one.kind, other.kind} else one.kind
    return Compared(name=one.name, kind=kind.common(other.kind), nullable=one.nullable or other.nullable)


def number_for(text: str) -> int:
    """A signed 64-bit number that is the same for the same text everywhere."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)


def text_form(name: str, kind: Kind, of: str = "t") -> sql.Composed:
    """The text form shared by equal values of a column, also shown to operators."""
    column = sql.SQL("{}.{}").format(sql.Identifier(of), sql.Identifier(name))
    forms = {
        Kind.NUMBER: sql.SQL("trim_scale({}::numeric)::text"),
        Kind.JSON: sql.SQL("{}::jsonb::text"),
    }
    return forms.get(kind, sql.SQL("{}::text")).format(column)


def column_hash(column: Compared) -> sql.Composed:
    """The hash of one column, never NULL."""
    plain = sql.SQL("t.{}").format(sql.Identifier(column.name))
    seed = sql.Literal(number_for(column.name))
    match column.kind:
        case Kind.INTEGER | Kind.BOOLEAN:
            value = sql.SQL("hashint4extended({}::int4, {})").format(plain, seed)
        case Kind.FLOAT:
            value = sql.SQL("hashfloat8extended({}::float8, {})").format(plain, seed)
        case Kind.NUMBER:
            value = _number_hash(plain, column.name)
        case _:
            text = text_form(column.name, column.kind)
            value = sql.SQL('hashtextextended({} COLLATE "C", {})').format(text, seed)
    if not column.nullable:
        return value
    return sql.SQL("coalesce({}, {})").format(value, sql.Literal(number_for(f"{column.name} is null")))


def _number_hash(value: sql.Composable, name: str) -> sql.Composed:
    """Adds what `hash_numeric_extended` ignores: the sign, NaN and infinities.

    One comparison is enough for all other values: comparing is what costs most.
    """
    seeds = [
        sql.Literal(number_for(f"{name} is {what}")) for what in ("positive", "NaN", "infinite", "negative")
    ]
    return sql.SQL(
        "CASE WHEN {0}::numeric >= 0 THEN"
        " coalesce(nullif(hash_numeric_extended({0}::numeric, {1}), {1}),"
        " CASE WHEN {0}::numeric = 'NaN' THEN {2} ELSE {3} END)"
        " ELSE hash_numeric_extended({0}::numeric, {4}) END"
    ).format(value, *seeds)


def row_hash(key: sql.Composable, columns: sql.Composable) -> sql.Composed:
    """The hash of a row: of its key, seeded with the hash of its columns."""
    return sql.SQL("hashtextextended({}, {})").format(key, columns)
