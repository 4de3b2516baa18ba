"""A selection over a table as SQL that Postgres shapes to JSON: rows, one row, aggregates, nodes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from graphql import GraphQLObjectType, GraphQLSchema, SelectionSetNode

from belts.engine.errors import invalid, too_deep, unparsable
from belts.engine.inputs import Arguments
from belts.engine.jsonpath import path_steps
from belts.engine.metadata import Shape
from belts.engine.model import Model, Relationship, Table
from belts.engine.nodes import Given, Leaf
from belts.engine.ordering import OrderPlanner, Sort, distinct
from belts.engine.reading import kind
from belts.engine.scalars import encode
from belts.engine.schema import aggregate_type, aggregates_of, key_arguments
from belts.engine.selection import Selected, Selector
from belts.engine.settings import Limits
from belts.engine.shaping import Pair, array_of, object_of, row_of
from belts.engine.sql import Bind, Session, Statement, Variables, constant, ident, literal
from belts.engine.types import BIGINT, PgType, builtin
from belts.engine.where import WherePlanner, bind_leaf, count_sql, flag_of

Conditions = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which rows of a table a field is about: conditions, order, limit, offset, distinct."""

    alias: str
    conditions: tuple[str, ...]
    sorts: tuple[Sort, ...] = ()
    distinct: tuple[str, ...] = ()
    limit: str | None = None
    offset: str | None = None

    @property
    def cuts(self) -> bool:
        """Whether rows that match may be left out."""
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
        self.schema = schema
        self.selector = selector
        self.limits = limits
        self.stringify = stringify
        self.statement = Statement()
        self.where = WherePlanner(model, self.statement, most_depth=limits.depth)
        self.order = OrderPlanner(model, self.where)
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
                value = self.statement.param(bind_leaf(column.type, leaf), column.type.cast)
                found.append(f"{alias}.{ident(column.name)} = {value}")
            return found

        return self._one(table, field.sets, path, matching, tail="")

    def aggregate(self, table: Table, field: Selected, arguments: Arguments, path: str) -> str:
        """`T_aggregate`: aggregates and nodes as one JSON object."""
        return self._aggregate(table, field.sets, arguments, path, lambda _alias: [])

    def stream(
        self, table: Table, field: Selected, arguments: Arguments, path: str, *, column: str, ascending: bool
    ) -> str:
        """`T_stream`: a batch of rows after the session's cursor, and the batch's last cursor."""
        of = table.columns[column]
        alias = self.statement.alias()
        cursor = f"{alias}.{ident(of.name)}"
        sign, direction = (">", "ASC NULLS LAST") if ascending else ("<", "DESC NULLS LAST")
        conditions = [
            f"{cursor} {sign} {self.statement.param(cursor_bind, of.type.cast)}",
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
            limit=self._limit(table, arguments, "batch_size"),
        )
        rows = window.sql(table, _plain(alias, needed))
        last = f"((array_agg({cursor}))[count(*)])::text"
        return f"SELECT coalesce(json_agg({row_of(pairs)}), '[]'::json), {last} FROM ({rows}) AS {alias}"

    # What a selection is made of.

    def _list(
        self,
        table: Table,
        sets: Iterable[SelectionSetNode],
        arguments: Arguments,
        path: str,
        joined: Conditions,
    ) -> str:
        window = self._window(table, arguments, path, joined, permission=True)
        needed: dict[str, None] = {}
        nested = self.statement.aliases
        pairs = self._pairs(table, sets, path, window.alias, needed)
        if window.cuts and self.statement.aliases > nested:
            # Relationships are followed only for the rows that are left.
            base = window.sql(table, _plain(window.alias, needed))
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

    def _aggregate(
        self,
        table: Table,
        sets: Iterable[SelectionSetNode],
        arguments: Arguments,
        path: str,
        joined: Conditions,
    ) -> str:
        inside = f"{path}.selectionSet"
        window = self._window(table, arguments, path, joined, permission=False)
        fields = self._fields(sets, f"{table.graphql}_aggregate", inside)
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
                pairs.append(Pair(field.key, self._typename(f"{table.graphql}_aggregate")))
        shaped = row_of(pairs)
        if has_nodes:
            base = window.sql(table, _plain(window.alias, needed))
            return f"(WITH {source} AS ({base}) SELECT {shaped} FROM {source} AS {window.alias})"
        if window.cuts:
            base = window.sql(table, _plain(window.alias, needed))
            return f"(SELECT {shaped} FROM ({base}) AS {window.alias})"
        unordered = Window(alias=window.alias, conditions=window.conditions)
        return f"({unordered.sql(table, shaped)})"

    def _nodes(
        self, table: Table, field: Selected, path: str, alias: str, *, source: str, needed: dict[str, None]
    ) -> str:
        pairs = self._pairs(table, field.sets, path, alias, needed)
        tail = "" if table.limit is None else f" LIMIT {table.limit}"
        return array_of(pairs, lambda output: f"SELECT {output} FROM {source} AS {alias}{tail}")

    def _functions(
        self, table: Table, field: Selected, path: str, alias: str, needed: dict[str, None]
    ) -> str:
        inside = f"{path}.selectionSet"
        stem = f"{table.graphql}_aggregate_fields"
        functions = aggregates_of(table)
        pairs: list[Pair] = []
        for part in self._fields(field.sets, stem, inside).values():
            if part.name == "__typename":
                pairs.append(Pair(part.key, self._typename(stem)))
            elif part.name == "count":
                pairs.append(Pair(part.key, self._count(table, part, f"{inside}.count", alias, needed)))
            else:
                columns = functions[part.name]
                own = f"{table.graphql}_{part.name}_fields"
                at = f"{inside}.{part.name}.selectionSet"
                inner: list[Pair] = []
                for column in self._fields(part.sets, own, at).values():
                    if column.name == "__typename":
                        inner.append(Pair(column.key, self._typename(own)))
                        continue
                    of = columns[column.name]
                    needed[of.name] = None
                    value = f"{part.name}({alias}.{ident(of.name)})"
                    inner.append(Pair(column.key, self._number(value, aggregate_type(part.name, of.type))))
                pairs.append(Pair(part.key, row_of(inner)))
        return row_of(pairs)

    def _count(self, table: Table, field: Selected, path: str, alias: str, needed: dict[str, None]) -> str:
        arguments = self._read_arguments(field, f"{table.graphql}_aggregate_fields", path)
        chosen = arguments.get("columns")
        columns = [table.columns[str(name)].name for name in chosen] if isinstance(chosen, list) else []
        needed.update(dict.fromkeys(columns))
        given = arguments.get("distinct")
        distinct_ = given is not None and flag_of(given, f"{path}.args.distinct")
        return count_sql(columns, alias, distinct=distinct_)

    def _pairs(
        self,
        table: Table,
        sets: Iterable[SelectionSetNode],
        path: str,
        alias: str,
        needed: dict[str, None],
    ) -> list[Pair]:
        """What a row's object holds; `needed` gains the columns that it leans on."""
        inside = f"{path}.selectionSet"
        self.depth += 1
        if self.depth > self.limits.depth:
            raise too_deep(self.limits.depth, inside)
        pairs: list[Pair] = []
        for field in self._fields(sets, table.graphql, inside).values():
            at = f"{inside}.{field.name}"
            if field.name == "__typename":
                pairs.append(Pair(field.key, self._typename(table.graphql)))
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
        arguments = self._read_arguments(field, table.graphql, path)

        def joined(inner: str) -> list[str]:
            return self.where.joined(relationship, outer, inner)

        if aggregated:
            return self._aggregate(remote, field.sets, arguments, path, joined)
        if relationship.shape is Shape.OBJECT:
            return self._one(remote, field.sets, path, joined, tail=" LIMIT 1")
        return self._list(remote, field.sets, arguments, path, joined)

    def _column(self, table: Table, field: Selected, path: str, alias: str) -> str:
        column = table.columns[field.name]
        value = f"{alias}.{ident(column.name)}"
        arguments = self._read_arguments(field, table.graphql, path)
        steps = arguments.get("path")
        if steps is not None and not isinstance(steps, str | list | dict):
            bind = _json_path(steps)
            if bind is not None:
                value = f"{value} #> {self.statement.param(bind, builtin('text', array=True).cast)}"
        return self._number(value, column.type)

    def _number(self, value: str, of: PgType) -> str:
        return f"({value})::text" if self.stringify and of.stringified and not of.array else value

    def _typename(self, name: str) -> str:
        return f"{literal(name)}::text"

    def _fields(self, sets: Iterable[SelectionSetNode], type_name: str, path: str) -> dict[str, Selected]:
        """The fields of an object type, each known to it and with or without a selection as it must be."""
        type_ = self._type(type_name)
        found = self.selector.fields(sets, type_name, path)
        if not found:
            # An object has at least one field; directives may have taken all of them away.
            return found
        for field in found.values():
            if field.name == "__typename":
                continue
            known = type_.fields.get(field.name)
            if known is None:
                raise invalid(
                    f"field '{field.name}' not found in type: '{type_name}'", f"{path}.{field.name}"
                )
            check_selection_set(field, known.type, f"{path}.{field.name}")
            if field.node.arguments and not known.args:
                name = field.node.arguments[0].name.value
                raise invalid(f"'{field.name}' has no argument named '{name}'", f"{path}.{field.name}")
        return found

    def _type(self, name: str) -> GraphQLObjectType:
        type_ = self.schema.type_map[name]
        if not isinstance(type_, GraphQLObjectType):
            raise TypeError(name)
        return type_

    def _read_arguments(self, field: Selected, type_name: str, path: str) -> Arguments:
        expected = self._type(type_name).fields[field.name].args
        if not expected:
            return {}
        return self.selector.reader.arguments(field.node.arguments, expected, field.name, path)

    # Arguments.

    def _window(
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
            distinct_on = [f"{alias}.{ident(table.columns[name].name)}" for name in names]
        return Window(
            alias=alias,
            conditions=tuple(conditions),
            sorts=tuple(sorts),
            distinct=tuple(distinct_on),
            limit=self._limit(table, arguments, "limit", permission=permission),
            offset=self._whole(arguments.get("offset"), _offset),
        )

    def _limit(self, table: Table, arguments: Arguments, name: str, *, permission: bool = True) -> str | None:
        asked = self._whole(arguments.get(name), _limit)
        allowed = table.limit if permission else None
        if asked is None or allowed is None:
            return asked if allowed is None else str(allowed)
        return f"least({asked}, {allowed})"

    def _whole(self, leaf: object, read: Callable[[Leaf, Variables], str]) -> str | None:
        if leaf is None or isinstance(leaf, str | list | dict):
            return None
        if isinstance(leaf, Given):
            return self.statement.param(constant(read(leaf, {})), BIGINT.cast)

        def bind(variables: Variables, _session: Session) -> str:
            return read(leaf, variables)  # type: ignore[arg-type]

        return self.statement.param(bind, BIGINT.cast)


def check_selection_set(field: Selected, type_: object, path: str) -> None:
    """An object is asked for its fields, a scalar is not."""
    named = type_
    while hasattr(named, "of_type"):
        named = named.of_type
    if isinstance(named, GraphQLObjectType):
        if not field.sets:
            raise invalid(f"missing selection set for '{named.name}'", f"{path}.selectionSet")
    elif field.sets:
        raise invalid("unexpected subselection set for non-object field", path)


def _plain(alias: str, columns: dict[str, None]) -> str:
    return ", ".join(f"{alias}.{ident(name)}" for name in columns) or "1 AS one"


def cursor_bind(_variables: Variables, session: Session) -> str:
    """Where a stream has got to: the session carries it beside its variables."""
    return session["cursor"]


def _limit(leaf: Leaf, variables: Variables) -> str:
    value = leaf.of(variables)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise invalid(
            f"expected a non-negative 32-bit integer for type 'Int', but found {_described(value)}", leaf.path
        )
    return encode(builtin("int4"), value, leaf.path)


def _offset(leaf: Leaf, variables: Variables) -> str:
    value = leaf.of(variables)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) < 20 else 2**63
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(
            "expected a 32-bit integer, or a 64-bit integer represented as a string for type 'Int', "
            f"but found {_described(value)}",
            leaf.path,
        )
    if value < 0:
        raise unparsable("OFFSET must not be negative", leaf.path)
    return encode(BIGINT, value, leaf.path)


def _described(value: object) -> str:
    return "an integer" if isinstance(value, int) and not isinstance(value, bool) else kind(value)


def _json_path(leaf: Leaf) -> Bind | None:
    def read(variables: Variables) -> list[str]:
        value = leaf.of(variables)
        if not isinstance(value, str):
            raise invalid("expected a string for type 'String', but found another value", leaf.path)
        return path_steps(value, leaf.path)

    if isinstance(leaf, Given):
        steps = read({})
        return constant(encode(builtin("text", array=True), steps, leaf.path)) if steps else None

    def bind(variables: Variables, _session: Session) -> str:
        return encode(builtin("text", array=True), read(variables), leaf.path)

    return bind
