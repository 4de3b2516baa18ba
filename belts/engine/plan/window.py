"""Which rows of a table a field selects, as a SELECT."""

from collections.abc import Callable
from dataclasses import dataclass

from belts.engine.plan.arguments import Arguments
from belts.engine.plan.nodes import Given, Leaf
from belts.engine.plan.ordering import OrderPlanner, Sort, distinct
from belts.engine.plan.paging import read_limit, read_offset
from belts.engine.plan.where import WherePlanner
from belts.engine.postgres.sql import Session, Statement, Variables, constant, ident
from belts.engine.postgres.types import BIGINT
from belts.engine.schema.model import Model, Table

Conditions = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which rows of a table a field selects: conditions, order, limit, offset, distinct."""

    alias: str
    conditions: tuple[str, ...]
    sorts: tuple[Sort, ...] = ()
    distinct: tuple[str, ...] = ()
    limit: str | None = None
    offset: str | None = None

    @property
    def cuts(self) -> bool:
        """Whether matching rows may be left out."""
        return bool(self.distinct or self.limit or self.offset)

    def sql(self, table: Table, output: str) -> str:
        """The SELECT of these rows with this output list."""
        on = f"DISTINCT ON ({', '.join(self.distinct)}) " if self.distinct else ""
        text = f"SELECT {on}{output} FROM {ident(*table.name)} AS {self.alias}"
        if self.conditions:
            text += f" WHERE {' AND '.join(self.conditions)}"
        if self.sorts:
            text += f" ORDER BY {', '.join(sort.sql for sort in self.sorts)}"
        if self.limit is not None:
            text += f" LIMIT {self.limit}"
        if self.offset is not None:
            text += f" OFFSET {self.offset}"
        return text


class WindowPlanner:
    """Reads the arguments that choose rows into one statement."""

    def __init__(self, model: Model, statement: Statement, where: WherePlanner) -> None:
        self.statement = statement
        self.where = where
        self.order = OrderPlanner(model, where)

    def window(
        self, table: Table, arguments: Arguments, path: str, joined: Conditions, *, permission: bool
    ) -> Window:
        alias = self.statement.alias()
        conditions = [*joined(alias), *self.where.permitted(table, alias)]
        where = arguments.get("where")
        if isinstance(where, dict):
            conditions.append(self.where.condition(where, table, alias, f"{path}.args.where"))
        order = arguments.get("order_by")
        sorts = self.order.sorts(order, table, alias) if isinstance(order, list) else []
        columns = arguments.get("distinct_on")
        distinct_on: list[str] = []
        if isinstance(columns, list) and columns:
            names = [str(name) for name in columns]
            sorts = distinct(names, sorts, table, alias, f"{path}.args")
            distinct_on = [
                self.where.wrote(f"{alias}.{ident(table.columns[name].name)}")
                for name in dict.fromkeys(names)
            ]
        return Window(
            alias=alias,
            conditions=tuple(conditions),
            sorts=tuple(sorts),
            distinct=tuple(distinct_on),
            limit=self.limit(table, arguments, "limit", permission=permission),
            offset=self._whole(arguments.get("offset"), read_offset),
        )

    def limit(self, table: Table, arguments: Arguments, name: str, *, permission: bool = True) -> str | None:
        asked = self._whole(arguments.get(name), read_limit)
        allowed = table.limit if permission else None
        if asked is None or allowed is None:
            return asked if allowed is None else str(allowed)
        return f"least({asked}, {allowed})"

    def _whole(self, leaf: object, read: Callable[[Leaf, Variables], str]) -> str | None:
        if leaf is None or isinstance(leaf, str | list | dict):
            return None
        if isinstance(leaf, Given):
            return self.where.param(constant(read(leaf, {})), BIGINT.cast)

        def bind(variables: Variables, _session: Session) -> str:
            return read(leaf, variables)  # type: ignore[arg-type]

        return self.where.param(bind, BIGINT.cast)


def plain(alias: str, columns: dict[str, None]) -> str:
    """The output list of the columns that the surrounding query needs."""
    return ", ".join(f"{alias}.{ident(name)}" for name in columns) or "1 AS one"
