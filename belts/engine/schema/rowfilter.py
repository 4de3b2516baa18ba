"""A permission's row filter as SQL: Hasura's boolean expression over column names and session variables."""

from collections.abc import Mapping
from typing import Any

from belts.engine.errors import BadRequest
from belts.engine.postgres.catalog import Column, TableName
from belts.engine.postgres.operators import Operator, Takes, operand, operators_of
from belts.engine.postgres.scalars import encode, encode_list
from belts.engine.postgres.sql import Bind, Session, Statement, Variables, constant, ident
from belts.engine.postgres.types import PgType
from belts.engine.schema.model import Relationship, Table

Json = Any
Tables = Mapping[TableName, Table]

_COLUMN_OPERATORS = {
    "_ceq": "=",
    "_cne": "<>",
    "_cneq": "<>",
    "_cgt": ">",
    "_clt": "<",
    "_cgte": ">=",
    "_clte": "<=",
}
_ALIASES = {"_ne": "_neq"}


def check_filter(filter_: Json, table: Table, tables: Tables) -> None:
    """Refuses a filter that cannot be made into SQL."""
    filter_sql(filter_, table, "f", tables, Statement())


def filter_sql(filter_: Json, table: Table, alias: str, tables: Tables, statement: Statement) -> str | None:
    """The filter as a condition on the rows of `alias`; None if every row passes."""
    if filter_ == {}:
        return None
    return _RowFilter(tables, statement).expression(filter_, table, alias)


class _RowFilter:
    def __init__(self, tables: Tables, statement: Statement) -> None:
        self.tables = tables
        self.statement = statement

    def expression(self, value: Json, table: Table, alias: str) -> str:
        if not isinstance(value, dict):
            raise _bad("a row filter is an object")
        parts = [self._part(key, item, table, alias) for key, item in value.items()]
        return f"({' AND '.join(parts)})" if parts else "TRUE"

    def _part(self, key: str, value: Json, table: Table, alias: str) -> str:
        word = f"_{key[1:]}" if key.startswith("$") else key
        if word in {"_and", "_or"}:
            if not isinstance(value, list):
                raise _bad(f'"{key}" takes a list')
            parts = [self.expression(item, table, alias) for item in value]
            joined = f" {word[1:].upper()} ".join(parts)
            return f"({joined})" if parts else ("TRUE" if word == "_and" else "FALSE")
        if word == "_not":
            return f"(NOT {self.expression(value, table, alias)})"
        if word == "_exists":
            return self._exists(value)
        relationship = table.relationships.get(key)
        if relationship is not None:
            return self._related(relationship, value, alias)
        for column in table.columns.values():
            if column.name == key:
                return self._column(column, value, table, alias)
        raise _bad(f'"{key}" does not exist in table "{table.name}"', code="not-exists")

    def _exists(self, value: Json) -> str:
        if not isinstance(value, dict) or set(value) != {"_table", "_where"}:
            raise _bad('"_exists" takes "_table" and "_where"')
        of = value["_table"]
        name = (
            TableName("public", of)
            if isinstance(of, str)
            else TableName(of.get("schema", "public"), of["name"])
        )
        if name not in self.tables:
            raise _bad(f'table "{name}" is not tracked', code="not-exists")
        inner = self.statement.alias()
        condition = self.expression(value["_where"], self.tables[name], inner)
        return f"EXISTS (SELECT 1 FROM {ident(*name)} AS {inner} WHERE {condition})"

    def _related(self, relationship: Relationship, value: Json, alias: str) -> str:
        inner = self.statement.alias()
        joined = [f"{inner}.{ident(theirs)} = {alias}.{ident(ours)}" for ours, theirs in relationship.mapping]
        condition = self.expression(value, self.tables[relationship.remote], inner)
        return (
            f"EXISTS (SELECT 1 FROM {ident(*relationship.remote)} AS {inner}"
            f" WHERE {' AND '.join([*joined, condition])})"
        )

    def _column(self, column: Column, value: Json, table: Table, alias: str) -> str:
        comparisons = value if isinstance(value, dict) else {"_eq": value}
        parts = [self._compare(alias, column, key, item, table) for key, item in comparisons.items()]
        return f"({' AND '.join(parts)})" if parts else "TRUE"

    def _compare(self, alias: str, column: Column, key: str, value: Json, table: Table) -> str:
        left = f"{alias}.{ident(column.name)}"
        word = f"_{key[1:]}" if key.startswith("$") else key
        word = _ALIASES.get(word, word)
        if word in _COLUMN_OPERATORS:
            if value not in {other.name for other in table.columns.values()}:
                raise _bad(f'"{value}" does not exist in table "{table.name}"', code="not-exists")
            return f"{left} {_COLUMN_OPERATORS[word]} {alias}.{ident(value)}"
        operator = operators_of(column.type).get(word)
        if operator is None or operator.takes is Takes.CAST:
            raise _bad(f'operator "{key}" is not supported on column "{column.name}"', code="not-supported")
        if operator.takes is Takes.FLAG:
            if not isinstance(value, bool):
                raise _bad(f'"{key}" takes a boolean')
            return f"{left} IS {'' if value else 'NOT '}NULL"
        return operator.sql.format(left, self._operand(column.type, operator, value))

    def _operand(self, of: PgType, operator: Operator, value: Json) -> str:
        listed = operator.takes is Takes.LIST
        type_ = operand(of, operator)
        cast = type_.cast + ("[]" if listed else "")
        if isinstance(value, str) and value.lower().startswith("x-hasura-"):
            return self.statement.param(_session(value.lower()), cast)
        if value is None:
            raise _bad("null is not a value to compare with")
        encoded = encode_list(type_, value, "$") if listed else encode(type_, value, "$")
        return self.statement.param(constant(encoded), cast)


def _session(name: str) -> Bind:
    def bind(_variables: Variables, session: Session) -> str:
        value = session.get(name)
        if value is None:
            raise BadRequest(f'missing session variable: "{name}"', code="not-found", path="$")
        return value

    return bind


def _bad(message: str, *, code: str = "parse-failed") -> BadRequest:
    return BadRequest(message, code=code, path="$")
