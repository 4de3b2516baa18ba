"""A client's inputs for a table: conditions, orders, columns and cursors, as GraphQL types."""

from collections.abc import Mapping

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLString,
)
from graphql.type import GraphQLInputType

from belts.engine.metadata.tracked import Shape
from belts.engine.postgres.catalog import Column
from belts.engine.postgres.operators import Takes, operators_of
from belts.engine.postgres.types import PgType, builtin
from belts.engine.schema.model import Model, Table, aggregates_of
from belts.engine.schema.predicates import predicates_of
from belts.engine.schema.registry import Registry

ORDERS = {
    "asc": ("ASC NULLS LAST", "in ascending order, nulls last"),
    "asc_nulls_first": ("ASC NULLS FIRST", "in ascending order, nulls first"),
    "asc_nulls_last": ("ASC NULLS LAST", "in ascending order, nulls last"),
    "desc": ("DESC NULLS FIRST", "in descending order, nulls first"),
    "desc_nulls_first": ("DESC NULLS FIRST", "in descending order, nulls first"),
    "desc_nulls_last": ("DESC NULLS LAST", "in descending order, nulls last"),
}


class InputTypes(Registry):
    """The input types of one role."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def columns_enum(self, table: Table) -> GraphQLEnumType:
        return self.enum(
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

        return self.input(
            name,
            f'Boolean expression to filter rows from the table "{table.name}". '
            "All fields are combined with a logical 'AND'.",
            fields,
        )

    def comparison(self, of: PgType) -> GraphQLInputObjectType:
        def fields() -> dict[str, GraphQLInputField]:
            value, text = self.value(of), GraphQLString
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

        return self.input(
            of.comparison,
            f'Boolean expression to compare columns of type "{of.scalar}". '
            "All fields are combined with logical 'AND'.",
            fields,
        )

    def _cast(self, of: PgType) -> GraphQLInputObjectType:
        return self.input(
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
                columns = self.enum(
                    f"{table.graphql}_select_column_{stem}_{name}_arguments_columns",
                    f'select "{stem}_{name}_arguments_columns" columns of table "{table.name}"',
                    dict.fromkeys(predicate.columns, "column name"),
                )
                arguments: GraphQLEnumType | GraphQLInputObjectType = columns
                if predicate.arguments > 1:
                    arguments = self.input(
                        f"{stem}_{name}_arguments",
                        None,
                        lambda: {axis: GraphQLInputField(GraphQLNonNull(columns)) for axis in "XY"},
                    )
                found["arguments"] = GraphQLInputField(GraphQLNonNull(arguments))
                return found

            return self.input(f"{stem}_{name}", None, fields)

        return self.input(
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

        return self.input(
            f"{table.graphql}_order_by",
            f'Ordering options when selecting data from "{table.name}".',
            fields,
        )

    def _direction(self) -> GraphQLEnumType:
        return self.enum(
            "order_by", "column ordering options", {name: meaning for name, (_, meaning) in ORDERS.items()}
        )

    def aggregate_order_by(self, table: Table) -> GraphQLInputObjectType:
        def one(function: str, columns: Mapping[str, Column]) -> GraphQLInputObjectType:
            return self.input(
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

        return self.input(
            f"{table.graphql}_aggregate_order_by",
            f'order by aggregate values of table "{table.name}"',
            fields,
        )

    def cursor(self, table: Table) -> GraphQLInputObjectType:
        value = self.input(
            f"{table.graphql}_stream_cursor_value_input",
            "Initial value of the column from where the streaming should start",
            lambda: {
                name: GraphQLInputField(self.value(column.type), description=column.comment)
                for name, column in table.columns.items()
            },
        )
        ordering = self.enum(
            "cursor_ordering",
            "ordering argument of a cursor",
            {"ASC": "ascending ordering of the cursor", "DESC": "descending ordering of the cursor"},
        )
        return self.input(
            f"{table.graphql}_stream_cursor_input",
            f'Streaming cursor of the table "{table.graphql}"',
            lambda: {
                "initial_value": GraphQLInputField(
                    GraphQLNonNull(value), description="Stream column input with initial value"
                ),
                "ordering": GraphQLInputField(ordering, description="cursor ordering"),
            },
        )
