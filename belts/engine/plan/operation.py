"""An operation's text becomes a plan: one SQL statement per root field, or a constant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    execute_sync,
    get_named_type,
    parse,
)
from graphql.language import FieldNode

from belts.engine.errors import BadRequest, invalid, too_deep
from belts.engine.plan.arguments import Arguments, Reader
from belts.engine.plan.fields import check_selection_set
from belts.engine.plan.nodes import Json, Leaf
from belts.engine.plan.paging import cursor_bind
from belts.engine.plan.select import SelectPlanner
from belts.engine.plan.selection import Selected, Selector, check_fragments, check_operation_directives
from belts.engine.plan.variables import Declared, declarations
from belts.engine.plan.where import bind_leaf
from belts.engine.postgres.sql import Bind
from belts.engine.schema.builder import NO_QUERIES
from belts.engine.schema.model import Model, RootKind
from belts.engine.settings import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """What a streaming root field needs besides its statement: where it starts."""

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
    """All that is needed to answer an operation, given its variables."""

    operation: OperationType
    roots: tuple[RootPlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A parsed operation that fits a schema, before its variables are known."""

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    definitions: Mapping[str, Declared]


def read_operation(text: str, name: str | None, schema: GraphQLSchema, limits: Limits) -> Operation:
    """Parses a text and picks its operation."""
    document = _parsed(text, limits)
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(fragments) + len(operations) != len(document.definitions):
        raise _not_graphql()
    node = _picked(operations, name)
    check_operation_directives(node)
    check_fragments(node, fragments)
    return Operation(node=node, fragments=fragments, definitions=declarations(node, schema))


def _parsed(text: str, limits: Limits) -> DocumentNode:
    try:
        return parse(text, no_location=True, max_tokens=limits.nodes * 20)
    except GraphQLError as error:
        if "token limit" in error.message or "tokens" in error.message:
            raise BadRequest(
                f"the query has more than {limits.nodes * 20} tokens", code="node-limit-exceeded"
            ) from None
        raise _not_graphql() from None


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
    stringify: bool,
) -> Plan:
    """The plan for variables of this shape."""
    return _Planner(operation, variables, model, schema, limits, stringify=stringify).plan()


class _Planner:
    def __init__(
        self,
        operation: Operation,
        variables: Mapping[str, Json],
        model: Model,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        stringify: bool,
    ) -> None:
        self.operation = operation
        self.variables = variables
        self.model = model
        self.schema = schema
        self.limits = limits
        self.stringify = stringify
        self.reader = Reader(operation.definitions, variables)
        self.selector = Selector(fragments=operation.fragments, reader=self.reader, limits=limits)

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
        )

    def _root(self, field: Selected, type_name: str, kind: OperationType) -> RootPlan:
        label = orjson.dumps(field.key) + b":"
        path = f"$.selectionSet.{field.name}"
        if field.name == "__typename":
            return RootPlan(label=label, constant=orjson.dumps(type_name))
        if field.name in {"__schema", "__type"} and kind is OperationType.QUERY:
            return RootPlan(label=label, constant=self._introspected(field))
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
        stream = None
        match root.kind:
            case RootKind.SELECT:
                sql = f"SELECT {planner.rows(table, field, arguments, path)}"
            case RootKind.BY_PK:
                sql = f"SELECT {planner.by_key(table, field, arguments, path)}"
            case RootKind.AGGREGATE:
                sql = f"SELECT {planner.aggregate(table, field, arguments, path)}"
            case RootKind.STREAM:
                column, ascending, leaf = _cursor(arguments, f"{path}.args.cursor")
                sql = planner.stream(table, field, arguments, path, column=column, ascending=ascending)
                stream = Stream(
                    initial=bind_leaf(table.columns[column].type, leaf),
                    place=planner.statement.binds.index(cursor_bind),
                )
        return RootPlan(label=label, sql=sql, binds=tuple(planner.statement.binds), stream=stream)

    def _introspected(self, field: Selected) -> bytes:
        """Introspection is graphql-core's own, answered when the plan is made."""
        node = FieldNode(
            name=field.node.name,
            arguments=field.node.arguments,
            selection_set=SelectionSetNode(
                selections=tuple(part for of in field.sets for part in of.selections)
            ),
        )
        of = SchemaMetaFieldDef if field.name == "__schema" else TypeMetaFieldDef
        self._check_introspection(field, of, f"$.selectionSet.{field.name}", 1)
        document = DocumentNode(
            definitions=(
                OperationDefinitionNode(
                    operation=OperationType.QUERY,
                    variable_definitions=self.operation.node.variable_definitions,
                    selection_set=SelectionSetNode(selections=(node,)),
                ),
                *self.operation.fragments.values(),
            )
        )
        result = execute_sync(self.schema, document, variable_values=dict(self.variables))
        if result.errors:
            raise invalid(result.errors[0].message, f"$.selectionSet.{field.name}")
        data: dict[str, Any] = result.data or {}
        return orjson.dumps(data[field.name])

    def _check_introspection(self, field: Selected, of: GraphQLField, path: str, depth: int) -> None:
        """Hasura's refusals, and the limits, for what graphql-core would leave out without a word."""
        if depth > self.limits.depth:
            raise too_deep(self.limits.depth, path)
        check_selection_set(field, of.type, path)
        for argument in field.node.arguments or ():
            if argument.name.value not in of.args:
                raise invalid(f"'{field.name}' has no argument named '{argument.name.value}'", path)
        type_ = get_named_type(of.type)
        if not isinstance(type_, GraphQLObjectType):
            return
        inside = f"{path}.selectionSet"
        for part in self.selector.fields(field.sets, type_.name, inside).values():
            known = type_.fields.get(part.name)
            if known is not None:
                self._check_introspection(part, known, f"{inside}.{part.name}", depth + 1)
            elif part.name != "__typename":
                raise invalid(
                    f"field '{part.name}' not found in type: '{type_.name}'", f"{inside}.{part.name}"
                )


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
