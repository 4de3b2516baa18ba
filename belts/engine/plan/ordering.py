"""`order_by` and `distinct_on` as SQL."""

from dataclasses import dataclass
from typing import Any

from belts.engine.errors import invalid, too_deep
from belts.engine.metadata.tracked import Shape
from belts.engine.plan.where import WherePlanner
from belts.engine.postgres.sql import ident
from belts.engine.schema.inputs import ORDERS
from belts.engine.schema.model import Model, Relationship, Table


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of an ordering; `column` is set if it is a plain column of the table."""

    expression: str
    direction: str
    column: str | None = None

    @property
    def sql(self) -> str:
        """The key as written in ORDER BY."""
        return f"{self.expression} {self.direction}"


class OrderPlanner:
    """Writes orderings; relationships become scalar subqueries."""

    def __init__(self, model: Model, where: WherePlanner) -> None:
        self.model = model
        self.where = where

    def sorts(self, nodes: list[dict[str, Any]], table: Table, alias: str) -> list[Sort]:
        """The keys of an `order_by` argument, in order."""
        return [sort for node in nodes for sort in self._keys(node, table, alias, 1)]

    def _keys(self, node: dict[str, Any], table: Table, alias: str, depth: int) -> list[Sort]:
        if depth > self.where.most_depth:
            raise too_deep(self.where.most_depth, "$")
        found: list[Sort] = []
        for name, value in node.items():
            if value is None:
                continue
            if name in table.columns:
                column = table.columns[name].name
                key = self.where.wrote(f"{alias}.{ident(column)}")
                found.append(Sort(key, ORDERS[value][0], column))
            elif name in table.relationships and table.relationships[name].shape is Shape.OBJECT:
                found += self._through(table.relationships[name], value, alias, depth + 1)
            else:
                found += self._aggregate(table.relationships[name.removesuffix("_aggregate")], value, alias)
        return found

    def _through(
        self, relationship: Relationship, node: dict[str, Any], outer: str, depth: int
    ) -> list[Sort]:
        remote = self.model.tables[relationship.remote]
        inner = self.where.statement.alias()
        return [
            Sort(
                self._scalar(relationship, remote, outer, inner, value=sort.expression, tail=" LIMIT 1"),
                sort.direction,
            )
            for sort in self._keys(node, remote, inner, depth)
        ]

    def _aggregate(self, relationship: Relationship, node: dict[str, Any], outer: str) -> list[Sort]:
        remote = self.model.tables[relationship.remote]
        inner = self.where.statement.alias()
        keys: list[tuple[str, str]] = []
        for function, value in node.items():
            if value is None:
                continue
            if function == "count":
                keys.append(("count(*)", value))
                continue
            keys += [
                (f"{function}({inner}.{ident(remote.columns[name].name)})", direction)
                for name, direction in value.items()
                if direction is not None
            ]
        return [
            Sort(self._scalar(relationship, remote, outer, inner, value=expression), ORDERS[direction][0])
            for expression, direction in keys
        ]

    def _scalar(
        self, relationship: Relationship, remote: Table, outer: str, inner: str, *, value: str, tail: str = ""
    ) -> str:
        conditions = self.where.joined(relationship, outer, inner) + self.where.permitted(remote, inner)
        return self.where.wrote(
            f"(SELECT {value} FROM {ident(*remote.name)} AS {inner} WHERE {' AND '.join(conditions)}{tail})"
        )


def distinct(columns: list[str], sorts: list[Sort], table: Table, alias: str, path: str) -> list[Sort]:
    """The ordering that DISTINCT ON needs: its columns first, as Hasura requires of the client."""
    wanted = [table.columns[name].name for name in dict.fromkeys(columns)]
    if not sorts:
        return [Sort(f"{alias}.{ident(name)}", "ASC NULLS LAST", name) for name in wanted]
    leading = {sort.column for sort in sorts[: len(wanted)]}
    if len(sorts) < len(wanted) or leading != set(wanted):
        raise invalid('"distinct_on" columns must match initial "order_by" columns', path)
    return sorts
