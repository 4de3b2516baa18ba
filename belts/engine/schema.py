"""A role's model as a GraphQL schema, with the names that Hasura gives to everything."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLDirective,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLFloat,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    specified_directives,
)
from graphql.type import GraphQLInputType, GraphQLNamedType, GraphQLOutputType

from belts.engine.catalog import Column
from belts.engine.errors import BadRequest
from belts.engine.metadata import Shape
from belts.engine.model import (
    COMPARABLE_AGGREGATES,
    NUMERIC_AGGREGATES,
    Model,
    Root,
    RootKind,
    Table,
)
from belts.engine.operators import Takes, operators_of
from belts.engine.predicates import predicates_of
from belts.engine.types import PgType, builtin

T = TypeVar("T")
NO_QUERIES = "no_queries_available"
ORDERS = {
    "asc": ("ASC NULLS LAST", "in ascending order, nulls last"),
    "asc_nulls_first": ("ASC NULLS FIRST", "in ascending order, nulls first"),
    "asc_nulls_last": ("ASC NULLS LAST", "in ascending order, nulls last"),
    "desc": ("DESC NULLS FIRST", "in descending order, nulls first"),
    "desc_nulls_first": ("DESC NULLS FIRST", "in descending order, nulls first"),
    "desc_nulls_last": ("DESC NULLS LAST", "in descending order, nulls last"),
}
CACHED = GraphQLDirective(
    "cached",
    [DirectiveLocation.QUERY],
    {
        "ttl": GraphQLArgument(
            GraphQLNonNull(GraphQLInt), default_value=60, description="measured in seconds"
        ),
        "refresh": GraphQLArgument(
            GraphQLNonNull(GraphQLBoolean), default_value=False, description="refresh the cache entry"
        ),
    },
    description="whether this query should be cached (Hasura Cloud only)",
)
_GIVEN: dict[str, GraphQLScalarType] = {
    scalar.name: scalar for scalar in (GraphQLInt, GraphQLFloat, GraphQLString, GraphQLBoolean)
}


def build_schema(model: Model) -> GraphQLSchema:
    """The schema of one role."""
    return _Builder(model).build()


class _Builder:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.types: dict[str, GraphQLNamedType] = {}

    def build(self) -> GraphQLSchema:
        queries = self._fields(self.model.queries)
        if not queries:
            queries = {
                NO_QUERIES: GraphQLField(
                    GraphQLNonNull(GraphQLString),
                    description="There are no queries available to the current role. Either there are no "
                    "sources or remote schemas configured, or the current role doesn't have the required "
                    "permissions.",
                )
            }
        subscriptions = self._fields(self.model.subscriptions)
        try:
            return GraphQLSchema(
                query=GraphQLObjectType("query_root", queries),
                subscription=GraphQLObjectType("subscription_root", subscriptions) if subscriptions else None,
                directives=[*specified_directives, CACHED],
            )
        except TypeError as error:
            raise BadRequest(
                f"conflicting definitions in the GraphQL schema: {error}", code="conflict"
            ) from None

    def _fields(self, roots: Mapping[str, Root]) -> dict[str, GraphQLField]:
        return {name: self._root(root) for name, root in sorted(roots.items())}

    def _root(self, root: Root) -> GraphQLField:
        table = self.model.tables[root.table]
        label = f'"{table.name}"'
        match root.kind:
            case RootKind.SELECT:
                return GraphQLField(
                    _listed(self.table(table)),
                    self._arguments(table),
                    description=f"fetch data from the table: {label}",
                )
            case RootKind.AGGREGATE:
                return GraphQLField(
                    GraphQLNonNull(self.aggregate(table)),
                    self._arguments(table),
                    description=f"fetch aggregated fields from the table: {label}",
                )
            case RootKind.BY_PK:
                return GraphQLField(
                    self.table(table),
                    {
                        name: GraphQLArgument(
                            GraphQLNonNull(self._in(column.type)), description=column.comment
                        )
                        for name, column in key_arguments(table).items()
                    },
                    description=f"fetch data from the table: {label} using primary key columns",
                )
            case RootKind.STREAM:
                return GraphQLField(
                    _listed(self.table(table)),
                    {
                        "batch_size": GraphQLArgument(
                            GraphQLNonNull(GraphQLInt),
                            description="maximum number of rows returned in a single batch",
                        ),
                        "cursor": GraphQLArgument(
                            GraphQLNonNull(GraphQLList(self._cursor(table))),
                            description="cursor to stream the results returned by the query",
                        ),
                        "where": GraphQLArgument(self.where(table), description="filter the rows returned"),
                    },
                    description=f"fetch data from the table in a streaming manner: {label}",
                )

    # What the types are made of.

    def _once(self, name: str, make: Callable[[], GraphQLNamedType]) -> GraphQLNamedType:
        if name not in self.types:
            self.types[name] = make()
        return self.types[name]

    def scalar(self, of: PgType) -> GraphQLScalarType:
        name = of.scalar
        found = self._once(name, lambda: _GIVEN.get(name) or GraphQLScalarType(name))
        return _as(GraphQLScalarType, found)

    def _in(self, of: PgType) -> GraphQLScalarType | GraphQLList[Any]:
        scalar = self.scalar(of)
        return GraphQLList(GraphQLNonNull(scalar)) if of.array else scalar

    def _out(self, of: PgType) -> GraphQLScalarType | GraphQLList[Any]:
        scalar = self.scalar(of)
        return GraphQLList(GraphQLNonNull(scalar)) if of.array else scalar

    def _input(
        self, name: str, description: str | None, fields: Callable[[], dict[str, GraphQLInputField]]
    ) -> GraphQLInputObjectType:
        found = self._once(
            name,
            lambda: GraphQLInputObjectType(
                name, lambda: dict(sorted(fields().items())), description=description
            ),
        )
        return _as(GraphQLInputObjectType, found)

    def _object(
        self, name: str, description: str | None, fields: Callable[[], dict[str, GraphQLField]]
    ) -> GraphQLObjectType:
        found = self._once(
            name,
            lambda: GraphQLObjectType(name, lambda: dict(sorted(fields().items())), description=description),
        )
        return _as(GraphQLObjectType, found)

    def _enum(self, name: str, description: str, values: Mapping[str, str]) -> GraphQLEnumType:
        found = self._once(
            name,
            lambda: GraphQLEnumType(
                name,
                {value: GraphQLEnumValue(value, description=text) for value, text in sorted(values.items())},
                description=description,
            ),
        )
        return _as(GraphQLEnumType, found)

    # What a table gives.

    def table(self, table: Table) -> GraphQLObjectType:
        comment = table.comment or f'columns and relationships of "{table.name}"'
        return self._object(table.graphql, comment, lambda: self._table_fields(table))

    def _table_fields(self, table: Table) -> dict[str, GraphQLField]:
        fields: dict[str, GraphQLField] = {}
        for name, column in table.columns.items():
            type_ = self._out(column.type)
            arguments = (
                {"path": GraphQLArgument(GraphQLString, description="JSON select path")}
                if column.type.json
                else None
            )
            fields[name] = GraphQLField(
                GraphQLNonNull(type_) if column.not_null else type_, arguments, description=column.comment
            )
        for name, relationship in table.relationships.items():
            remote = self.model.tables[relationship.remote]
            if relationship.shape is Shape.OBJECT:
                fields[name] = GraphQLField(self.table(remote), description="An object relationship")
                continue
            fields[name] = GraphQLField(
                _listed(self.table(remote)), self._arguments(remote), description="An array relationship"
            )
            if remote.aggregates:
                fields[f"{name}_aggregate"] = GraphQLField(
                    GraphQLNonNull(self.aggregate(remote)),
                    self._arguments(remote),
                    description="An aggregate relationship",
                )
        return fields

    def _arguments(self, table: Table) -> dict[str, GraphQLArgument]:
        return {
            "distinct_on": GraphQLArgument(
                GraphQLList(GraphQLNonNull(self.columns_enum(table))),
                description="distinct select on columns",
            ),
            "limit": GraphQLArgument(GraphQLInt, description="limit the number of rows returned"),
            "offset": GraphQLArgument(
                GraphQLInt, description="skip the first n rows. Use only with order_by"
            ),
            "order_by": GraphQLArgument(
                GraphQLList(GraphQLNonNull(self.order_by(table))),
                description="sort the rows by one or more columns",
            ),
            "where": GraphQLArgument(self.where(table), description="filter the rows returned"),
        }

    def columns_enum(self, table: Table) -> GraphQLEnumType:
        return self._enum(
            f"{table.graphql}_select_column",
            f'select columns of table "{table.name}"',
            dict.fromkeys(table.columns, "column name"),
        )

    def where(self, table: Table) -> GraphQLInputObjectType:
        name = f"{table.graphql}_bool_exp"

        def fields() -> dict[str, GraphQLInputField]:
            itself = self.where(table)
            found = {
                "_and": GraphQLInputField(GraphQLList(GraphQLNonNull(itself))),
                "_not": GraphQLInputField(itself),
                "_or": GraphQLInputField(GraphQLList(GraphQLNonNull(itself))),
            }
            for field, column in table.columns.items():
                found[field] = GraphQLInputField(self.comparison(column.type))
            for field, relationship in table.relationships.items():
                remote = self.model.tables[relationship.remote]
                found[field] = GraphQLInputField(self.where(remote))
                if relationship.shape is Shape.ARRAY and remote.aggregates:
                    found[f"{field}_aggregate"] = GraphQLInputField(self.aggregate_where(remote))
            return found

        return self._input(
            name,
            f'Boolean expression to filter rows from the table "{table.name}". '
            "All fields are combined with a logical 'AND'.",
            fields,
        )

    def comparison(self, of: PgType) -> GraphQLInputObjectType:
        def fields() -> dict[str, GraphQLInputField]:
            value, text = self._in(of), GraphQLString
            found: dict[str, GraphQLInputField] = {}
            for name, operator in operators_of(of).items():
                taken: GraphQLInputType
                match operator.takes:
                    case Takes.VALUE:
                        taken = value
                    case Takes.LIST:
                        taken = GraphQLList(GraphQLNonNull(value))
                    case Takes.FLAG:
                        taken = GraphQLBoolean
                    case Takes.TEXT:
                        taken = text
                    case Takes.TEXTS:
                        taken = GraphQLList(GraphQLNonNull(text))
                    case Takes.CAST:
                        taken = self._cast(of)
                found[name] = GraphQLInputField(taken, description=operator.meaning)
            return found

        return self._input(
            of.comparison,
            f'Boolean expression to compare columns of type "{of.scalar}". '
            "All fields are combined with logical 'AND'.",
            fields,
        )

    def _cast(self, of: PgType) -> GraphQLInputObjectType:
        return self._input(
            f"{of.scalar}_cast_exp",
            None,
            lambda: {"String": GraphQLInputField(self.comparison(builtin("text")))},
        )

    def aggregate_where(self, table: Table) -> GraphQLInputObjectType:
        stem = f"{table.graphql}_aggregate_bool_exp"

        def one(name: str) -> GraphQLInputObjectType:
            predicate = predicates_of(table)[name]

            def fields() -> dict[str, GraphQLInputField]:
                found = {
                    "distinct": GraphQLInputField(GraphQLBoolean),
                    "filter": GraphQLInputField(self.where(table)),
                    "predicate": GraphQLInputField(GraphQLNonNull(self.comparison(predicate.returns))),
                }
                if predicate.columns is None:
                    every = GraphQLList(GraphQLNonNull(self.columns_enum(table)))
                    found["arguments"] = GraphQLInputField(every)
                    return found
                columns = self._enum(
                    f"{table.graphql}_select_column_{stem}_{name}_arguments_columns",
                    f'select "{stem}_{name}_arguments_columns" columns of table "{table.name}"',
                    dict.fromkeys(predicate.columns, "column name"),
                )
                arguments: GraphQLEnumType | GraphQLInputObjectType = columns
                if predicate.arguments > 1:
                    arguments = self._input(
                        f"{stem}_{name}_arguments",
                        None,
                        lambda: {axis: GraphQLInputField(GraphQLNonNull(columns)) for axis in "XY"},
                    )
                found["arguments"] = GraphQLInputField(GraphQLNonNull(arguments))
                return found

            return self._input(f"{stem}_{name}", None, fields)

        return self._input(
            stem, None, lambda: {name: GraphQLInputField(one(name)) for name in predicates_of(table)}
        )

    def order_by(self, table: Table) -> GraphQLInputObjectType:
        def fields() -> dict[str, GraphQLInputField]:
            found = {name: GraphQLInputField(self._direction()) for name in table.columns}
            for name, relationship in table.relationships.items():
                remote = self.model.tables[relationship.remote]
                if relationship.shape is Shape.OBJECT:
                    found[name] = GraphQLInputField(self.order_by(remote))
                else:
                    found[f"{name}_aggregate"] = GraphQLInputField(self.aggregate_order_by(remote))
            return found

        return self._input(
            f"{table.graphql}_order_by",
            f'Ordering options when selecting data from "{table.name}".',
            fields,
        )

    def _direction(self) -> GraphQLEnumType:
        return self._enum(
            "order_by", "column ordering options", {name: meaning for name, (_, meaning) in ORDERS.items()}
        )

    def aggregate_order_by(self, table: Table) -> GraphQLInputObjectType:
        def one(function: str, columns: Mapping[str, Column]) -> GraphQLInputObjectType:
            return self._input(
                f"{table.graphql}_{function}_order_by",
                f'order by {function}() on columns of table "{table.name}"',
                lambda: {
                    name: GraphQLInputField(self._direction(), description=column.comment)
                    for name, column in columns.items()
                },
            )

        def fields() -> dict[str, GraphQLInputField]:
            found = {"count": GraphQLInputField(self._direction())}
            for function, columns in aggregates_of(table).items():
                found[function] = GraphQLInputField(one(function, columns))
            return found

        return self._input(
            f"{table.graphql}_aggregate_order_by",
            f'order by aggregate values of table "{table.name}"',
            fields,
        )

    def aggregate(self, table: Table) -> GraphQLObjectType:
        return self._object(
            f"{table.graphql}_aggregate",
            f'aggregated selection of "{table.name}"',
            lambda: {
                "aggregate": GraphQLField(self._aggregate_fields(table)),
                "nodes": GraphQLField(_listed(self.table(table))),
            },
        )

    def _aggregate_fields(self, table: Table) -> GraphQLObjectType:
        def one(function: str, columns: Mapping[str, Column]) -> GraphQLObjectType:
            return self._object(
                f"{table.graphql}_{function}_fields",
                f"aggregate {function} on columns",
                lambda: {
                    name: GraphQLField(
                        self._out(aggregate_type(function, column.type)), description=column.comment
                    )
                    for name, column in columns.items()
                },
            )

        def fields() -> dict[str, GraphQLField]:
            found = {
                "count": GraphQLField(
                    GraphQLNonNull(GraphQLInt),
                    {
                        "columns": GraphQLArgument(GraphQLList(GraphQLNonNull(self.columns_enum(table)))),
                        "distinct": GraphQLArgument(GraphQLBoolean),
                    },
                )
            }
            for function, columns in aggregates_of(table).items():
                found[function] = GraphQLField(one(function, columns))
            return found

        return self._object(
            f"{table.graphql}_aggregate_fields", f'aggregate fields of "{table.name}"', fields
        )

    def _cursor(self, table: Table) -> GraphQLInputObjectType:
        value = self._input(
            f"{table.graphql}_stream_cursor_value_input",
            "Initial value of the column from where the streaming should start",
            lambda: {
                name: GraphQLInputField(self._in(column.type), description=column.comment)
                for name, column in table.columns.items()
            },
        )
        ordering = self._enum(
            "cursor_ordering",
            "ordering argument of a cursor",
            {"ASC": "ascending ordering of the cursor", "DESC": "descending ordering of the cursor"},
        )
        return self._input(
            f"{table.graphql}_stream_cursor_input",
            f'Streaming cursor of the table "{table.graphql}"',
            lambda: {
                "initial_value": GraphQLInputField(
                    GraphQLNonNull(value), description="Stream column input with initial value"
                ),
                "ordering": GraphQLInputField(ordering, description="cursor ordering"),
            },
        )


def key_arguments(table: Table) -> dict[str, Column]:
    """The arguments of `T_by_pk`: the key's columns under their GraphQL names."""
    return {name: column for name, column in table.columns.items() if column.name in table.primary_key}


def aggregates_of(table: Table) -> dict[str, dict[str, Column]]:
    """The aggregate functions that a table has, each with its columns."""
    found: dict[str, dict[str, Column]] = {}
    if table.numeric:
        found |= dict.fromkeys(NUMERIC_AGGREGATES, table.numeric)
    if table.comparable:
        found |= dict.fromkeys(COMPARABLE_AGGREGATES, table.comparable)
    return found


def aggregate_type(function: str, of: PgType) -> PgType:
    """The type that Hasura gives to an aggregate of a column."""
    return of if function in {"sum", *COMPARABLE_AGGREGATES} else builtin("float4")


def _listed(of: GraphQLObjectType) -> GraphQLOutputType:
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(of)))


def _as(kind: type[T], found: object) -> T:
    if not isinstance(found, kind):
        raise BadRequest(f"conflicting definitions of the GraphQL type {found}", code="conflict")
    return found
