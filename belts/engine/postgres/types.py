"""How a Postgres type appears in GraphQL, and which families of operators it has."""

from dataclasses import dataclass

from belts.engine.postgres.sql import ident

_SCALARS = {
    "int4": "Int",
    "int2": "smallint",
    "int8": "bigint",
    "bool": "Boolean",
    "float4": "Float",
    "text": "String",
    "varchar": "String",
}
_NUMERIC = frozenset({"int2", "int4", "int8", "float4", "float8", "numeric", "money"})
_TEXTUAL = frozenset({"text", "varchar", "bpchar", "citext"})
_STRINGIFIED = frozenset({"int8", "float8", "numeric"})
_COMPARABLE = _NUMERIC | _TEXTUAL | {"date", "timestamp", "timestamptz", "timetz", "uuid", "ltree"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PgType:
    """A column's type; `name` is the element's if the type is an array."""

    schema: str
    name: str
    array: bool = False
    enum: bool = False

    @property
    def scalar(self) -> str:
        """The GraphQL scalar for the (element) type."""
        return _SCALARS.get(self.name, self.name)

    @property
    def cast(self) -> str:
        """The type as SQL spells it in a cast."""
        return ident(self.schema, self.name) + ("[]" if self.array else "")

    @property
    def comparison(self) -> str:
        """The name of the input type that compares a column of this type."""
        return self.scalar + ("_array_comparison_exp" if self.array else "_comparison_exp")

    @property
    def numeric(self) -> bool:
        """Whether it has sums and averages."""
        return not self.array and self.name in _NUMERIC

    @property
    def comparable(self) -> bool:
        """Whether it has a minimum and a maximum."""
        return self.array or self.enum or self.name in _COMPARABLE

    @property
    def textual(self) -> bool:
        """Whether it has pattern operators."""
        return not self.array and self.name in _TEXTUAL

    @property
    def json(self) -> bool:
        """Whether it takes a `path` argument."""
        return not self.array and self.name in {"json", "jsonb"}

    @property
    def jsonb(self) -> bool:
        """Whether it has the containment and key operators."""
        return not self.array and self.name == "jsonb"

    @property
    def stringified(self) -> bool:
        """Whether a JavaScript number cannot hold every value of it."""
        return self.name in _STRINGIFIED


def builtin(name: str, *, array: bool = False) -> PgType:
    """A type of Postgres' own catalogue."""
    return PgType(schema="pg_catalog", name=name, array=array)


INT = builtin("int4")
BIGINT = builtin("int8")
TEXT = builtin("text")
BOOLEAN = builtin("bool")
REAL = builtin("float4")
DOUBLE = builtin("float8")


def aggregate_type(function: str, of: PgType) -> PgType:
    """The type that Hasura gives to an aggregate of a column."""
    return of if function in {"sum", "max", "min"} else REAL
