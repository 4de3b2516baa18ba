"""A role's model as a GraphQL schema, with the names that Hasura gives to everything."""

from collections.abc import Mapping

from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLDirective,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    specified_directives,
)
from graphql.type import GraphQLOutputType

from belts.engine.errors import BadRequest
from belts.engine.metadata.tracked import Shape
from belts.engine.postgres.catalog import Column
from belts.engine.postgres.types import aggregate_type
from belts.engine.schema.inputs import InputTypes
from belts.engine.schema.model import Model, Root, RootKind, Table, aggregates_of, key_arguments

NO_QUERIES = "no_queries_available"
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


def build_schema(model: Model) -> GraphQLSchema:
    """The schema of one role."""
    return _Builder(model).build()


class _Builder(InputTypes):
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
                            GraphQLNonNull(self.value(column.type)), description=column.comment
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
                            GraphQLNonNull(GraphQLList(self.cursor(table))),
                            description="cursor to stream the results returned by the query",
                        ),
                        "where": GraphQLArgument(self.where(table), description="filter the rows returned"),
                    },
                    description=f"fetch data from the table in a streaming manner: {label}",
                )

    def table(self, table: Table) -> GraphQLObjectType:
        comment = table.comment or f'columns and relationships of "{table.name}"'
        return self.object(table.graphql, comment, lambda: self._table_fields(table))

    def _table_fields(self, table: Table) -> dict[str, GraphQLField]:
        fields: dict[str, GraphQLField] = {}
        for name, column in table.columns.items():
            type_ = self.value(column.type)
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

    def aggregate(self, table: Table) -> GraphQLObjectType:
        return self.object(
            f"{table.graphql}_aggregate",
            f'aggregated selection of "{table.name}"',
            lambda: {
                "aggregate": GraphQLField(self._aggregate_fields(table)),
                "nodes": GraphQLField(_listed(self.table(table))),
            },
        )

    def _aggregate_fields(self, table: Table) -> GraphQLObjectType:
        def one(function: str, columns: Mapping[str, Column]) -> GraphQLObjectType:
            return self.object(
                f"{table.graphql}_{function}_fields",
                f"aggregate {function} on columns",
                lambda: {
                    name: GraphQLField(
                        self.value(aggregate_type(function, column.type)), description=column.comment
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

        return self.object(f"{table.graphql}_aggregate_fields", f'aggregate fields of "{table.name}"', fields)


def _listed(of: GraphQLObjectType) -> GraphQLOutputType:
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(of)))
