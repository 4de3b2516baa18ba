"""A selection over a table as SQL that Postgres shapes to JSON: rows, one row, aggregates, nodes."""

from collections.abc import Iterable

from graphql import GraphQLSchema, SelectionSetNode

from belts.engine.errors import invalid, too_deep
from belts.engine.metadata.tracked import Shape
from belts.engine.plan.aggregate import AggregatePlanner
from belts.engine.plan.arguments import Arguments
from belts.engine.plan.budget import Cost
from belts.engine.plan.fields import Fields, typename
from belts.engine.plan.nodes import Given
from belts.engine.plan.ordering import Sort
from belts.engine.plan.paging import cursor_bind, json_path
from belts.engine.plan.selection import Selected, Selector
from belts.engine.plan.where import WherePlanner
from belts.engine.plan.window import Conditions, Window, WindowPlanner, plain
from belts.engine.postgres.shaping import ANSWER, CURSOR, Pair, array_of, object_of, row_of
from belts.engine.postgres.sql import Statement, ident
from belts.engine.postgres.types import PgType, builtin
from belts.engine.schema.model import Model, Relationship, Table, key_arguments
from belts.engine.settings import Limits


class SelectPlanner:
    """Writes the selections of one root field into one statement."""

    def __init__(
        self,
        *,
        model: Model,
        schema: GraphQLSchema,
        selector: Selector,
        limits: Limits,
        stringify: bool,
    ) -> None:
        self.model = model
        self.limits = limits
        self.stringify = stringify
        self.statement = Statement()
        self.where = WherePlanner(model, self.statement, selector.budget, most_depth=limits.depth)
        self.fields = Fields(schema, selector)
        self.windows = WindowPlanner(model, self.statement, self.where)
        self.aggregates = AggregatePlanner(
            fields=self.fields,
            windows=self.windows,
            statement=self.statement,
            pairs=self._pairs,
            number=self._number,
        )
        self.depth = 0

    # Root fields.

    def rows(self, table: Table, field: Selected, arguments: Arguments, path: str) -> str:
        """`T`: the rows as a JSON array."""
        return self._list(table, field.sets, arguments, path, lambda _alias: [])

    def by_key(self, table: Table, field: Selected, arguments: Arguments, path: str) -> str:
        """`T_by_pk`: the row as a JSON object, or null."""

        def matching(alias: str) -> list[str]:
            found: list[str] = []
            for name, column in key_arguments(table).items():
                leaf = arguments[name]
                if leaf is None or isinstance(leaf, str | list | dict):
                    raise invalid(
                        f"unexpected null value for type '{column.type.scalar}'", f"{path}.args.{name}"
                    )
                value = self.where.value(column.type, leaf, column.type.cast)
                found.append(f"{alias}.{ident(column.name)} = {value}")
            return found

        return self._one(table, field.sets, path, matching, tail="")

    def aggregate(self, table: Table, field: Selected, arguments: Arguments, path: str) -> str:
        """`T_aggregate`: aggregates and nodes as one JSON object."""
        return self.aggregates.plan(table, field.sets, arguments, path, lambda _alias: [])

    def stream(
        self, table: Table, field: Selected, arguments: Arguments, path: str, *, column: str, ascending: bool
    ) -> str:
        """`T_stream`: a batch of rows after the session's cursor, and the batch's last cursor."""
        of = table.columns[column]
        alias = self.statement.alias()
        cursor = f"{alias}.{ident(of.name)}"
        sign, direction = (">", "ASC NULLS LAST") if ascending else ("<", "DESC NULLS LAST")
        conditions = [
            f"{cursor} {sign} {self.where.param(cursor_bind, of.type.cast)}",
            *self.where.permitted(table, alias),
        ]
        where = arguments.get("where")
        if isinstance(where, dict):
            conditions.append(self.where.condition(where, table, alias, f"{path}.args.where"))
        needed: dict[str, None] = {of.name: None}
        pairs = self._pairs(table, field.sets, path, alias, needed)
        window = Window(
            alias=alias,
            conditions=tuple(conditions),
            sorts=(Sort(cursor, direction, of.name),),
            limit=self.windows.limit(table, arguments, "batch_size"),
        )
        rows = window.sql(table, plain(alias, needed))
        last = f"((array_agg({cursor}))[count(*)])::text"
        rows_of = f"coalesce(json_agg({row_of(pairs)}), '[]'::json)"
        return f"SELECT {rows_of} AS {ANSWER}, {last} AS {CURSOR} FROM ({rows}) AS {alias}"

    # The parts of a selection.

    def _list(
        self,
        table: Table,
        sets: Iterable[SelectionSetNode],
        arguments: Arguments,
        path: str,
        joined: Conditions,
    ) -> str:
        window = self.windows.window(table, arguments, path, joined, permission=True)
        needed: dict[str, None] = {}
        nested = self.statement.aliases
        pairs = self._pairs(table, sets, path, window.alias, needed)
        if window.cuts and self.statement.aliases > nested:
            # Relationships are followed only for the remaining rows.
            base = window.sql(table, plain(window.alias, needed))
            return array_of(pairs, lambda output: f"SELECT {output} FROM ({base}) AS {window.alias}")
        return array_of(pairs, lambda output: window.sql(table, output))

    def _one(
        self,
        table: Table,
        sets: Iterable[SelectionSetNode],
        path: str,
        joined: Conditions,
        *,
        tail: str,
    ) -> str:
        alias = self.statement.alias()
        conditions = [*joined(alias), *self.where.permitted(table, alias)]
        pairs = self._pairs(table, sets, path, alias, {})
        return object_of(
            pairs,
            lambda output: (
                f"SELECT {output} FROM {ident(*table.name)} AS {alias} WHERE {' AND '.join(conditions)}{tail}"
            ),
        )

    def _pairs(
        self,
        table: Table,
        sets: Iterable[SelectionSetNode],
        path: str,
        alias: str,
        needed: dict[str, None],
    ) -> list[Pair]:
        """The content of a row's object; adds the columns that it depends on to `needed`."""
        inside = f"{path}.selectionSet"
        self.depth += 1
        if self.depth > self.limits.depth:
            raise too_deep(self.limits.depth, inside)
        pairs: list[Pair] = []
        for field in self.fields.of(sets, table.graphql, inside).values():
            at = f"{inside}.{field.name}"
            self.where.wrote(field.key)
            if field.name == "__typename":
                pairs.append(Pair(field.key, typename(table.graphql)))
            elif field.name in table.columns:
                needed[table.columns[field.name].name] = None
                pairs.append(Pair(field.key, self._column(table, field, at, alias)))
            else:
                relationship = table.relationships.get(field.name)
                aggregated = relationship is None
                if relationship is None:
                    relationship = table.relationships[field.name.removesuffix("_aggregate")]
                needed.update(dict.fromkeys(ours for ours, _ in relationship.mapping))
                pairs.append(
                    Pair(
                        field.key, self._related(table, relationship, field, at, alias, aggregated=aggregated)
                    )
                )
        self.depth -= 1
        return pairs

    def _related(
        self,
        table: Table,
        relationship: Relationship,
        field: Selected,
        path: str,
        outer: str,
        *,
        aggregated: bool,
    ) -> str:
        remote = self.model.tables[relationship.remote]
        arguments = self.fields.arguments(field, table.graphql, path)

        def joined(inner: str) -> list[str]:
            return self.where.joined(relationship, outer, inner)

        if aggregated:
            return self.aggregates.plan(remote, field.sets, arguments, path, joined)
        if relationship.shape is Shape.OBJECT:
            return self._one(remote, field.sets, path, joined, tail=" LIMIT 1")
        return self._list(remote, field.sets, arguments, path, joined)

    def _column(self, table: Table, field: Selected, path: str, alias: str) -> str:
        column = table.columns[field.name]
        value = f"{alias}.{ident(column.name)}"
        arguments = self.fields.arguments(field, table.graphql, path)
        steps = arguments.get("path")
        if steps is not None and not isinstance(steps, str | list | dict):
            if isinstance(steps, Given):
                self.where.budget.spend(Cost.VALUES, len(str(steps.value)))
            bind = json_path(steps)
            if bind is not None:
                value = f"{value} #> {self.where.param(bind, builtin('text', array=True).cast)}"
        return self._number(value, column.type)

    def _number(self, value: str, of: PgType) -> str:
        stringified = self.stringify and of.stringified and not of.array
        return self.where.wrote(f"({value})::text" if stringified else value)
