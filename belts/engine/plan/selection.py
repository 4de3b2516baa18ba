"""Collects a selection's fields: expands fragments, applies directives, merges equal keys, keeps limits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLBoolean,
    GraphQLNonNull,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

from belts.engine.errors import invalid
from belts.engine.metadata.reading import kind
from belts.engine.plan.arguments import Reader
from belts.engine.plan.budget import Budget, Cost
from belts.engine.plan.literals import plain, written
from belts.engine.plan.variables import check_usage, declared


@dataclass(kw_only=True, slots=True)
class Selected:
    """One field of the answer, with the selections of every place that selects it."""

    key: str
    name: str
    node: FieldNode
    sets: list[SelectionSetNode] = field(default_factory=list)
    known: set[int] = field(default_factory=set)

    def add(self, selections: SelectionSetNode | None) -> None:
        """Adds a place's selections; those of a fragment spread repeatedly are added once."""
        if selections is not None and id(selections) not in self.known:
            self.known.add(id(selections))
            self.sets.append(selections)


@dataclass(kw_only=True, slots=True)
class Selector:
    """Collects the selections of one operation and counts them."""

    fragments: Mapping[str, FragmentDefinitionNode]
    reader: Reader
    budget: Budget
    texts: dict[str, str] = field(default_factory=dict)
    arguments: dict[int, str] = field(default_factory=dict)

    def fields(self, sets: Iterable[SelectionSetNode], type_name: str, path: str) -> dict[str, Selected]:
        """The fields selected on an object, by response key, in the order of the text."""
        found: dict[str, Selected] = {}
        opened: set[str] = set()
        for selection_set in sets:
            self._collect(selection_set, type_name, path, found, opened)
        return found

    def _collect(
        self,
        selection_set: SelectionSetNode,
        type_name: str,
        path: str,
        found: dict[str, Selected],
        opened: set[str],
    ) -> None:
        for selection in selection_set.selections:
            self.budget.spend(Cost.NODES)
            if not self._included(selection, path):
                continue
            match selection:
                case FieldNode():
                    self._add(selection, path, found)
                case FragmentSpreadNode():
                    name = selection.name.value
                    fragment = self.fragments[name]
                    # Expanded once per object: its fields are in the answer only once.
                    if fragment.type_condition.name.value == type_name and name not in opened:
                        opened.add(name)
                        self._collect(fragment.selection_set, type_name, path, found, opened)
                case InlineFragmentNode():
                    condition = selection.type_condition
                    if condition is None or condition.name.value == type_name:
                        self._collect(selection.selection_set, type_name, path, found, opened)

    def _add(self, node: FieldNode, path: str, found: dict[str, Selected]) -> None:
        name = node.name.value
        key = node.alias.value if node.alias else name
        known = found.get(key)
        if known is None:
            known = found[key] = Selected(key=key, name=name, node=node)
        elif known.name != name:
            raise invalid(
                f"selection of both '{known.name}' and '{name}' specify the same response name, '{key}'", path
            )
        elif self._arguments(node) is not self._arguments(known.node):
            raise invalid(f"inconsistent arguments between multiple selections of field '{name}'", path)
        known.add(node.selection_set)

    def _arguments(self, node: FieldNode) -> str:
        """A field's arguments as one text, rendered once per place and shared among equal ones."""
        found = self.arguments.get(id(node))
        if found is None:
            parts = sorted(f"{one.name.value}:{written(one.value)}" for one in node.arguments or ())
            text = " ".join(parts)
            found = self.arguments[id(node)] = self.texts.setdefault(text, text)
        return found

    def _included(self, selection: SelectionNode, path: str) -> bool:
        included = True
        used: set[str] = set()
        for directive in selection.directives or ():
            name = directive.name.value
            if name not in {"include", "skip"}:
                place = "a field" if isinstance(selection, FieldNode) else "a fragment"
                raise invalid(_misplaced(name, place), path)
            if name in used:
                raise invalid(f"the following directives are used more than once: ['{name}']", path)
            used.add(name)
            if self._condition(directive, f"{path}.{name}") != (name == "include"):
                included = False
        return included

    def _condition(self, directive: DirectiveNode, path: str) -> bool:
        name = directive.name.value
        given = {argument.name.value: argument.value for argument in directive.arguments or ()}
        for argument in given:
            if argument != "if":
                raise invalid(f"'{name}' has no argument named '{argument}'", path)
        at = f"{path}.args.if"
        value = given.get("if")
        if value is None:
            raise invalid("missing required field 'if'", at)
        if isinstance(value, BooleanValueNode):
            return value.value
        found = plain(value)
        if isinstance(value, VariableNode):
            definition = declared(self.reader.definitions, value.name.value)
            check_usage(definition, GraphQLNonNull(GraphQLBoolean), at, has_default=False)
            found = self.reader.variables.get(value.name.value)
            if isinstance(found, bool):
                return found
        raise invalid(f"expected a boolean for type 'Boolean', but found {kind(found)}", at)


def check_fragments(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> None:
    """Refuses undefined fragments, and fragments that form a cycle."""
    done: set[str] = set()
    # Depth first without recursion: a chain of fragments may be as long as the body allows.
    for start in _spreads(operation.selection_set):
        trail: dict[str, None] = {}
        pending: list[tuple[str, bool]] = [(start, False)]
        while pending:
            name, leaving = pending.pop()
            if leaving:
                trail.popitem()
                done.add(name)
                continue
            if name in done:
                continue
            if name in trail:
                way = list(trail)
                cycle = way[way.index(name) :]
                joined = " and ".join(f'"{part}"' for part in cycle)
                raise invalid(f"the fragment definition(s) {joined} form a cycle", "$.selectionSet")
            if name not in fragments:
                raise invalid(f'reference to undefined fragment "{name}"', "$.selectionSet")
            trail[name] = None
            pending.append((name, True))
            pending.extend((inner, False) for inner in _spreads(fragments[name].selection_set))


def check_operation_directives(operation: OperationDefinitionNode) -> None:
    """Only `@cached` is allowed on a query; it has no effect."""
    for directive in operation.directives or ():
        name = directive.name.value
        if name != "cached" or operation.operation.value != "query":
            raise invalid(_misplaced(name, f"a {operation.operation.value}"), "$")


def _misplaced(name: str, place: str) -> str:
    if name in {"include", "skip", "cached"}:
        return f"directive '{name}' is not allowed on {place}"
    return f"directive '{name}' is not defined in the schema"


def _spreads(selection_set: SelectionSetNode) -> list[str]:
    found: list[str] = []
    pending = [selection_set]
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FragmentSpreadNode):
                found.append(selection.name.value)
            elif isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set:
                pending.append(selection.selection_set)
    return found
