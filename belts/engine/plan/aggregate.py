"""`T_aggregate` as SQL: functions over the requested rows, and the rows themselves as nodes."""

from collections.abc import Callable, Iterable

from graphql import SelectionSetNode

from belts.engine.plan.arguments import Arguments
from belts.engine.plan.fields import Fields, typename
from belts.engine.plan.selection import Selected
from belts.engine.plan.where import count_sql, flag_of
from belts.engine.plan.window import Conditions, Window, WindowPlanner, plain
from belts.engine.postgres.shaping import Pair, array_of, row_of
from belts.engine.postgres.sql import Statement, ident
from belts.engine.postgres.types import PgType, aggregate_type
from belts.engine.schema.model import Table, aggregates_of

Pairs = Callable[[Table, Iterable[SelectionSetNode], str, str, dict[str, None]], list[Pair]]


class AggregatePlanner:
    """Writes aggregates into one statement; `pairs` writes a row's object, for nodes."""

    def __init__(
        self,
        *,
        fields: Fields,
        windows: WindowPlanner,
        statement: Statement,
        pairs: Pairs,
        number: Callable[[str, PgType], str],
    ) -> None:
        self.fields = fields
        self.windows = windows
        self.statement = statement
        self.pairs = pairs
        self.number = number

    def plan(
        self,
        table: Table,
        sets: Iterable[SelectionSetNode],
        arguments: Arguments,
        path: str,
        joined: Conditions,
    ) -> str:
        inside = f"{path}.selectionSet"
        window = self.windows.window(table, arguments, path, joined, permission=False)
        fields = self.fields.of(sets, f"{table.graphql}_aggregate", inside)
        needed: dict[str, None] = {}
        pairs: list[Pair] = []
        has_nodes = any(field.name == "nodes" for field in fields.values())
        source = self.statement.alias() if has_nodes else ""
        for field in fields.values():
            at = f"{inside}.{field.name}"
            if field.name == "aggregate":
                pairs.append(Pair(field.key, self._functions(table, field, at, window.alias, needed)))
            elif field.name == "nodes":
                pairs.append(
                    Pair(field.key, self._nodes(table, field, at, window.alias, source=source, needed=needed))
                )
            else:
                pairs.append(Pair(field.key, typename(f"{table.graphql}_aggregate")))
        shaped = row_of(pairs)
        if has_nodes:
            base = window.sql(table, plain(window.alias, needed))
            return f"(WITH {source} AS ({base}) SELECT {shaped} FROM {source} AS {window.alias})"
        if window.cuts:
            base = window.sql(table, plain(window.alias, needed))
            return f"(SELECT {shaped} FROM ({base}) AS {window.alias})"
        unordered = Window(alias=window.alias, conditions=window.conditions)
        return f"({unordered.sql(table, shaped)})"

    def _nodes(
        self, table: Table, field: Selected, path: str, alias: str, *, source: str, needed: dict[str, None]
    ) -> str:
        pairs = self.pairs(table, field.sets, path, alias, needed)
        tail = "" if table.limit is None else f" LIMIT {table.limit}"
        return array_of(pairs, lambda output: f"SELECT {output} FROM {source} AS {alias}{tail}")

    def _functions(
        self, table: Table, field: Selected, path: str, alias: str, needed: dict[str, None]
    ) -> str:
        inside = f"{path}.selectionSet"
        stem = f"{table.graphql}_aggregate_fields"
        functions = aggregates_of(table)
        pairs: list[Pair] = []
        for part in self.fields.of(field.sets, stem, inside).values():
            if part.name == "__typename":
                pairs.append(Pair(part.key, typename(stem)))
            elif part.name == "count":
                pairs.append(Pair(part.key, self._count(table, part, f"{inside}.count", alias, needed)))
            else:
                columns = functions[part.name]
                own = f"{table.graphql}_{part.name}_fields"
                at = f"{inside}.{part.name}.selectionSet"
                inner: list[Pair] = []
                for column in self.fields.of(part.sets, own, at).values():
                    if column.name == "__typename":
                        inner.append(Pair(column.key, typename(own)))
                        continue
                    of = columns[column.name]
                    needed[of.name] = None
                    value = f"{part.name}({alias}.{ident(of.name)})"
                    inner.append(Pair(column.key, self.number(value, aggregate_type(part.name, of.type))))
                pairs.append(Pair(part.key, row_of(inner)))
        return row_of(pairs)

    def _count(self, table: Table, field: Selected, path: str, alias: str, needed: dict[str, None]) -> str:
        arguments = self.fields.arguments(field, f"{table.graphql}_aggregate_fields", path)
        chosen = arguments.get("columns")
        columns = [table.columns[str(name)].name for name in chosen] if isinstance(chosen, list) else []
        needed.update(dict.fromkeys(columns))
        given = arguments.get("distinct")
        distinct_ = given is not None and flag_of(given, f"{path}.args.distinct")
        return self.windows.where.wrote(count_sql(columns, alias, distinct=distinct_))
