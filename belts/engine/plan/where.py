"""`where` as SQL: comparisons, connectives, predicates through relationships and over aggregates."""

from typing import Any

from belts.engine.errors import invalid, too_deep
from belts.engine.plan.budget import Budget, Cost
from belts.engine.plan.nodes import Given, Leaf
from belts.engine.postgres.operators import Takes, operand, operators_of
from belts.engine.postgres.scalars import encode, encode_list, null_refused
from belts.engine.postgres.sql import Bind, Session, Statement, Variables, constant, ident
from belts.engine.postgres.types import TEXT, PgType, builtin
from belts.engine.schema.model import Model, Relationship, Table
from belts.engine.schema.predicates import predicates_of
from belts.engine.schema.rowfilter import filter_sql

Condition = dict[str, Any]
_AROUND = 64
"""About how many bytes surround the conditions of a subquery."""


def bind_leaf(of: PgType, leaf: Leaf, *, listed: bool = False) -> Bind:
    """The parameter for a value: a constant is read now, a variable when the statement runs."""
    read = encode_list if listed else encode
    if isinstance(leaf, Given):
        return constant(read(of, leaf.value, leaf.path))

    def bind(variables: Variables, _session: Session) -> str:
        return read(of, leaf.of(variables), leaf.path)

    return bind


class WherePlanner:
    """Writes conditions on a table's rows into one statement."""

    def __init__(self, model: Model, statement: Statement, budget: Budget, *, most_depth: int) -> None:
        self.model = model
        self.statement = statement
        self.budget = budget
        self.most_depth = most_depth
        self.depth = 0

    def permitted(self, table: Table, alias: str) -> list[str]:
        """The role's own condition on a table, if it has one."""
        found = filter_sql(
            table.filter, table_of_all(self.model, table), alias, self.model.all_tables, self.statement
        )
        return [] if found is None else [self.wrote(found)]

    def wrote(self, text: str) -> str:
        """Counts a piece of the statement where it is first written."""
        self.budget.spend(Cost.STATEMENT, len(text))
        return text

    def value(self, of: PgType, leaf: Leaf, cast: str, *, listed: bool = False) -> str:
        """A parameter of the statement; a value from the operation's text is counted now."""
        bind = bind_leaf(of, leaf, listed=listed)
        if isinstance(leaf, Given):
            self.budget.spend(Cost.VALUES, len(bind({}, {}) or ""))
        return self.param(bind, cast)

    def param(self, bind: Bind, cast: str) -> str:
        """A parameter of the statement with a bind of its own."""
        self.budget.spend(Cost.PARAMETERS)
        return self.statement.param(bind, cast)

    def joined(self, relationship: Relationship, outer: str, inner: str) -> list[str]:
        """The condition that joins the rows of `inner` to a row of `outer`."""
        return [f"{inner}.{ident(theirs)} = {outer}.{ident(ours)}" for ours, theirs in relationship.mapping]

    def condition(self, node: Condition, table: Table, alias: str, path: str) -> str:
        """A bool_exp as one condition."""
        self.depth += 1
        if self.depth > self.most_depth:
            raise too_deep(self.most_depth, path)
        self.budget.spend(Cost.STATEMENT, 8)
        parts = [self._part(name, value, table, alias, f"{path}.{name}") for name, value in node.items()]
        self.depth -= 1
        return f"({' AND '.join(parts)})" if parts else "TRUE"

    def _part(self, name: str, value: Any, table: Table, alias: str, path: str) -> str:
        if name in {"_and", "_or"}:
            if value is None:
                raise invalid("expected a list, but found null", path)
            parts = [self.condition(item, table, alias, f"{path}[{n}]") for n, item in enumerate(value)]
            joined = f" {name[1:].upper()} ".join(parts)
            return f"({joined})" if parts else ("TRUE" if name == "_and" else "FALSE")
        if value is None:
            raise invalid(f"expected an object for type '{self._type_of(name, table)}', but found null", path)
        if name == "_not":
            return f"(NOT {self.condition(value, table, alias, path)})"
        if name in table.columns:
            column = table.columns[name]
            return self.comparison(f"{alias}.{ident(column.name)}", column.type, value, path)
        if name in table.relationships:
            return self._related(table.relationships[name], value, alias, path)
        relationship = table.relationships[name.removesuffix("_aggregate")]
        return self._aggregated(relationship, value, alias, path)

    def _type_of(self, name: str, table: Table) -> str:
        if name in table.columns:
            return table.columns[name].type.comparison
        if name in table.relationships:
            return f"{self.model.tables[table.relationships[name].remote].graphql}_bool_exp"
        return f"{table.graphql}_bool_exp"

    def comparison(self, left: str, of: PgType, node: Condition, path: str) -> str:
        """A comparison_exp on any expression of a type."""
        parts = [
            self.wrote(self._compare(left, of, name, value, f"{path}.{name}")) for name, value in node.items()
        ]
        return f"({' AND '.join(parts)})" if parts else "TRUE"

    def _compare(self, left: str, of: PgType, name: str, value: Any, path: str) -> str:
        operator = operators_of(of)[name]
        if operator.takes is Takes.CAST:
            if value is None:
                raise invalid(f"expected an object for type '{of.scalar}_cast_exp', but found null", path)
            inner = value.get("String")
            return (
                "TRUE" if inner is None else self.comparison(f"({left})::text", TEXT, inner, f"{path}.String")
            )
        type_ = operand(of, operator)
        if value is None:
            raise null_refused(builtin("bool") if operator.takes is Takes.FLAG else type_, path)
        if operator.takes is Takes.FLAG:
            return f"{left} IS {'' if flag_of(value, path) else 'NOT '}NULL"
        if operator.takes is not Takes.LIST:
            return operator.sql.format(left, self.value(type_, value, type_.cast))
        if of.array:
            # Postgres has no arrays of arrays: each element is parsed separately.
            listed = self.value(type_, value, "pg_catalog.text[]", listed=True)
            return operator.sql.format(left, f"SELECT e::{type_.cast} FROM unnest({listed}) AS e")
        return operator.sql.format(left, self.value(type_, value, f"{type_.cast}[]", listed=True))

    def _related(self, relationship: Relationship, node: Condition, outer: str, path: str) -> str:
        remote = self.model.tables[relationship.remote]
        inner = self.statement.alias()
        conditions = [
            *self.joined(relationship, outer, inner),
            *self.permitted(remote, inner),
            self.condition(node, remote, inner, path),
        ]
        self.budget.spend(Cost.STATEMENT, len(conditions[0]) + _AROUND)
        return f"EXISTS (SELECT 1 FROM {ident(*remote.name)} AS {inner} WHERE {' AND '.join(conditions)})"

    def _aggregated(self, relationship: Relationship, node: Condition, outer: str, path: str) -> str:
        if len(node) != 1:
            raise invalid("exactly one predicate should be specified", path)
        ((name, predicate),) = node.items()
        if predicate is None:
            raise invalid("exactly one predicate should be specified", path)
        remote = self.model.tables[relationship.remote]
        inner, outside = self.statement.alias(), self.statement.alias()
        conditions = [*self.joined(relationship, outer, inner), *self.permitted(remote, inner)]
        filter_ = predicate.get("filter")
        if filter_ is not None:
            conditions.append(self.condition(filter_, remote, inner, f"{path}.{name}.filter"))
        self.budget.spend(Cost.STATEMENT, 2 * _AROUND)
        value = self._aggregate_value(name, predicate, remote, inner, f"{path}.{name}")
        returns = predicates_of(remote)[name].returns
        compared = self.comparison(
            f"{outside}.v", returns, predicate["predicate"], f"{path}.{name}.predicate"
        )
        return (
            f"EXISTS (SELECT 1 FROM (SELECT {value} AS v FROM {ident(*remote.name)} AS {inner}"
            f" WHERE {' AND '.join(conditions)}) AS {outside} WHERE {compared})"
        )

    def _aggregate_value(self, name: str, node: Condition, remote: Table, alias: str, path: str) -> str:
        distinct = node.get("distinct") is not None and flag_of(node["distinct"], f"{path}.distinct")
        arguments = node.get("arguments") or []
        if name == "count":
            return count_sql([remote.columns[column].name for column in arguments], alias, distinct=distinct)
        given = (
            [arguments]
            if isinstance(arguments, str)
            else [arguments["X"], arguments["Y"]]
            if isinstance(arguments, dict)
            else arguments
        )
        columns = ", ".join(f"{alias}.{ident(remote.columns[column].name)}" for column in given)
        return f"{name}({'DISTINCT ' if distinct else ''}{columns})"


def flag_of(node: Any, path: str) -> bool:
    """A boolean that shapes the SQL, which makes its value part of the plan's key."""
    value = node.value if isinstance(node, Given) else None
    if not isinstance(value, bool):
        raise invalid("expected a boolean for type 'Boolean', but found another value", path)
    return value


def count_sql(columns: list[str], alias: str, *, distinct: bool) -> str:
    """A count like Hasura's: of rows, of a column's values, or of tuples."""
    if not columns:
        return "count(*)"
    listed = ", ".join(f"{alias}.{ident(column)}" for column in columns)
    return f"count({'DISTINCT ' if distinct else ''}({listed}))"


def table_of_all(model: Model, table: Table) -> Table:
    """The table with every column and relationship: a role's filter may use hidden ones."""
    return model.all_tables[table.name]
