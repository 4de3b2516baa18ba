"""An operation's text becomes a plan: one SQL statement per root field, or a constant."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from graphql.language.parser import Parser

from belts.engine.errors import BadRequest, invalid
from belts.engine.plan.arguments import Arguments, Reader
from belts.engine.plan.budget import Budget, Cost
from belts.engine.plan.fields import check_selection_set
from belts.engine.plan.introspect import ROOTS, Introspection
from belts.engine.plan.nodes import Json, Leaf
from belts.engine.plan.paging import cursor_bind
from belts.engine.plan.select import SelectPlanner
from belts.engine.plan.selection import Selected, Selector, check_fragments, check_operation_directives
from belts.engine.plan.variables import Declared, declarations
from belts.engine.plan.where import bind_leaf
from belts.engine.postgres.shaping import ANSWER, CURSOR, capped
from belts.engine.postgres.sql import Bind
from belts.engine.schema.builder import NO_QUERIES
from belts.engine.schema.model import Model, RootKind
from belts.engine.settings import Limits

_PER_TOKEN, _PER_PLAN, _PER_ROOT, _PER_BIND = 300, 1_000, 500, 700
"""Bytes of memory, as measured: parsed and planned forms take many times the size of the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """What a streaming root field needs besides its statement: its start."""

    initial: Bind
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RootPlan:
    """One root field: `label` is its key as JSON with a colon, `constant` its answer if it needs no SQL."""

    label: bytes
    sql: str = ""
    binds: tuple[Bind, ...] = ()
    constant: bytes | None = None
    stream: Stream | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything needed to answer an operation, given its variables."""

    operation: OperationType
    roots: tuple[RootPlan, ...]
    introspects: bool = False
    by_value: bool = False

    @property
    def held(self) -> int:
        """About how many bytes it takes while cached."""
        each = (
            len(root.label) + len(root.sql) + len(root.constant or b"") + _PER_BIND * len(root.binds)
            for root in self.roots
        )
        return _PER_PLAN + sum(_PER_ROOT + size for size in each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A parsed operation that fits a schema, before its variables are known."""

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    definitions: Mapping[str, Declared]
    held: int
    """About how many bytes it takes."""


def read_operation(text: str, name: str | None, schema: GraphQLSchema, budget: Budget) -> Operation:
    """Parses a text and picks its operation."""
    document = _parsed(text, budget)
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(fragments) + len(operations) != len(document.definitions):
        raise _not_graphql()
    node = _picked(operations, name)
    check_operation_directives(node)
    check_fragments(node, fragments)
    return Operation(
        node=node,
        fragments=fragments,
        definitions=declarations(node, schema),
        held=len(text) * 2 + _PER_TOKEN * budget.spent[Cost.TOKENS],
    )


def _parsed(text: str, budget: Budget) -> DocumentNode:
    most = budget.allowance.allowed[Cost.TOKENS]
    # The lexer reads comments, though the grammar and its token count ignore them.
    budget.spend(Cost.TOKENS, text.count("#"))
    parser = Parser(text, no_location=True, max_tokens=most)
    try:
        document = parser.parse_document()
    except GraphQLError as error:
        if parser.token_count > most or "tokens" in error.message:
            budget.spend(Cost.TOKENS, most + 1)
        raise _not_graphql() from None
    budget.spend(Cost.TOKENS, parser.token_count)
    return document


def _not_graphql() -> BadRequest:
    return invalid("not a valid graphql query", "$.query")


def _picked(operations: list[OperationDefinitionNode], name: str | None) -> OperationDefinitionNode:
    anonymous = [node for node in operations if node.name is None]
    if name is not None:
        if anonymous:
            raise invalid(
                "operationName cannot be used when an anonymous operation exists in the document", "$"
            )
        for node in operations:
            if node.name is not None and node.name.value == name:
                return node
        raise invalid(f'no such operation found in the document: "{name}"', "$")
    if len(operations) != 1:
        raise invalid(
            "exactly one operation has to be present in the document when operationName is not specified", "$"
        )
    return operations[0]


def plan_operation(
    operation: Operation,
    variables: Mapping[str, Json],
    *,
    model: Model,
    schema: GraphQLSchema,
    limits: Limits,
    budget: Budget,
    stringify: bool,
) -> Plan:
    """The plan for variables of this shape."""
    return _Planner(
        operation, variables, model=model, schema=schema, limits=limits, budget=budget, stringify=stringify
    ).plan()


class _Planner:
    def __init__(
        self,
        operation: Operation,
        variables: Mapping[str, Json],
        *,
        model: Model,
        schema: GraphQLSchema,
        limits: Limits,
        budget: Budget,
        stringify: bool,
    ) -> None:
        self.operation = operation
        self.variables = variables
        self.model = model
        self.schema = schema
        self.limits = limits
        self.stringify = stringify
        self.budget = budget
        self.reader = Reader(operation.definitions, variables, budget, limits.depth)
        self.selector = Selector(fragments=operation.fragments, reader=self.reader, budget=budget)
        self.introspection = Introspection(schema, self.selector, most_depth=limits.depth)

    def plan(self) -> Plan:
        kind = self.operation.node.operation
        type_ = self.schema.get_root_type(kind)
        if type_ is None:
            raise invalid(f"no {kind.value}s exist", "$")
        fields = self.selector.fields([self.operation.node.selection_set], type_.name, "$.selectionSet")
        if kind is OperationType.SUBSCRIPTION and len(fields) != 1:
            raise invalid("subscriptions must select one top level field", "$")
        return Plan(
            operation=kind,
            roots=tuple(self._root(field, type_.name, kind) for field in fields.values()),
            introspects=any(field.name in ROOTS for field in fields.values()),
            by_value=self.introspection.by_value,
        )

    def _root(self, field: Selected, type_name: str, kind: OperationType) -> RootPlan:
        label = orjson.dumps(field.key) + b":"
        path = f"$.selectionSet.{field.name}"
        if field.name == "__typename":
            return RootPlan(label=label, constant=orjson.dumps(type_name))
        if field.name in ROOTS and kind is OperationType.QUERY:
            return RootPlan(label=label, constant=self.introspection.answer(field))
        if field.name == NO_QUERIES and not self.model.queries and kind is OperationType.QUERY:
            raise invalid("There are no queries available to the current role.", path)
        roots = self.model.queries if kind is OperationType.QUERY else self.model.subscriptions
        root = roots.get(field.name)
        if root is None:
            raise invalid(f"field '{field.name}' not found in type: '{type_name}'", path)
        expected = self.schema.type_map[type_name].fields[field.name]  # type: ignore[attr-defined]
        check_selection_set(field, expected.type, path)
        arguments = self.reader.arguments(field.node.arguments, expected.args, field.name, path)
        table = self.model.tables[root.table]
        planner = SelectPlanner(
            model=self.model,
            schema=self.schema,
            selector=self.selector,
            limits=self.limits,
            stringify=self.stringify,
        )
        written, stream = self.budget.spent[Cost.STATEMENT], None
        match root.kind:
            case RootKind.SELECT:
                sql = f"SELECT {planner.rows(table, field, arguments, path)} AS {ANSWER}"
            case RootKind.BY_PK:
                sql = f"SELECT {planner.by_key(table, field, arguments, path)} AS {ANSWER}"
            case RootKind.AGGREGATE:
                sql = f"SELECT {planner.aggregate(table, field, arguments, path)} AS {ANSWER}"
            case RootKind.STREAM:
                column, ascending, leaf = _cursor(arguments, f"{path}.args.cursor")
                sql = planner.stream(table, field, arguments, path, column=column, ascending=ascending)
                stream = Stream(
                    initial=bind_leaf(table.columns[column].type, leaf),
                    place=planner.statement.binds.index(cursor_bind),
                )
        # Most of it was counted piece by piece before; now the rest.
        self.budget.spend(Cost.STATEMENT, max(0, len(sql) - (self.budget.spent[Cost.STATEMENT] - written)))
        sql = capped(sql, self.limits.answer_bytes, beside=CURSOR if stream else "")
        return RootPlan(label=label, sql=sql, binds=tuple(planner.statement.binds), stream=stream)


def _cursor(arguments: Arguments, path: str) -> tuple[str, bool, Leaf]:
    given = arguments.get("cursor")
    cursors = [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
    columns = [(name, leaf, item) for item in cursors for name, leaf in item["initial_value"].items()]
    if not columns:
        raise invalid("one streaming column field is expected", path)
    if len(columns) > 1:
        raise invalid("multiple column cursors are not supported yet", path)
    name, leaf, item = columns[0]
    if leaf is None:
        raise invalid("the initial value of a cursor cannot be null", f"{path}.initial_value.{name}")
    return name, item.get("ordering") != "DESC", leaf
