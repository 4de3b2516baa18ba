"""Checks quickly whether a role's schema knows everything in a request.

A request of this gate is long and plain, and the library takes a second for every ten entities: it builds a
tree of the text and walks it once per rule. Here the words of the text are read once against the schema. What
this check accepts, the library accepts; everything else is left to the library.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_required_argument,
    is_required_input_field,
)

from belts.refusal import Caught

WORD = re.compile(r'"(?:[^"\\\n]|\\.)*"|[_A-Za-z]\w*|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.{3}|[^\s,]')
WHOLE = re.compile(r"-?(0|[1-9]\d*)")
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
NAME = re.compile(r"[_A-Za-z]\w*")
LARGEST = 2**31
ENOUGH = {"String": ("s",), "ID": ("s", "i"), "Int": ("i",), "Float": ("i", "f"), "Boolean": ("b",)}
"""The literals that each built-in scalar accepts: text, integer, other number, boolean."""


class UnknownError(Caught):
    """Something that is unknown, or not supported here."""


def known(schema: GraphQLSchema, query: str) -> bool:
    """True if everything in a request is known to the schema and supported here."""
    try:
        Reading(schema=schema, words=WORD.findall(query)).document()
    except (UnknownError, IndexError):
        return False
    return True


@dataclass(kw_only=True, slots=True)
class Reading:
    """The words of a request, and the current position."""

    schema: GraphQLSchema
    words: list[str]
    place: int = 0
    variables: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """The type of each variable, and whether it has a default."""
    fragments: dict[str, str] = field(default_factory=dict)
    spread: dict[str, str] = field(default_factory=dict)

    def document(self) -> None:
        """One query, and fragments beside it."""
        self._take("query")
        if NAME.fullmatch(self._next):
            self.place += 1
        if self._is("("):
            while not self._is(")"):
                self._variable()
        root = self.schema.query_type
        if root is None:
            raise UnknownError
        self._selection(root)
        while self.place < len(self.words):
            self._fragment()
        if any(self.fragments.get(name) != kind for name, kind in self.spread.items()):
            raise UnknownError

    @property
    def _next(self) -> str:
        return self.words[self.place]

    def _is(self, word: str) -> bool:
        """True if this word comes next, which is then consumed."""
        found = self._next == word
        self.place += found
        return found

    def _take(self, word: str) -> None:
        if not self._is(word):
            raise UnknownError

    def _name(self) -> str:
        word = self._next
        if not NAME.fullmatch(word):
            raise UnknownError
        self.place += 1
        return word

    def _variable(self) -> None:
        self._take("$")
        name = self._name()
        self._take(":")
        kind = ""
        while self._next in {"[", "]", "!"} or (NAME.fullmatch(self._next) and kind.lstrip("[") == ""):
            kind += self._next
            self.place += 1
        of = self.schema.get_type(kind.strip("[]!"))
        if of is None or name in self.variables:
            raise UnknownError
        given = self._is("=")
        if given:
            # Only the simplest kinds of values are supported here.
            if kind.rstrip("!") != of.name or self._next in {"$", "[", "{", "null"}:
                raise UnknownError
            self._value(of)  # type: ignore[arg-type]
        self.variables[name] = (kind, given)

    def _fragment(self) -> None:
        self._take("fragment")
        name = self._name()
        self._take("on")
        of = self.schema.get_type(self._name())
        if not is_object_type(of) or name in self.fragments:
            raise UnknownError
        self.fragments[name] = of.name
        self._selection(of)

    def _selection(self, kind: GraphQLObjectType) -> None:
        self._take("{")
        while not self._is("}"):
            if self._is("..."):
                self._spread(kind)
            else:
                self._field(kind)

    def _spread(self, kind: GraphQLObjectType) -> None:
        """A named or inline fragment, only of exactly the enclosing type."""
        if self._is("on"):
            if self._name() != kind.name:
                raise UnknownError
        elif NAME.fullmatch(self._next):
            name = self._name()
            if self.spread.setdefault(name, kind.name) != kind.name:
                raise UnknownError
            self._directives()
            return
        self._directives()
        self._selection(kind)

    def _field(self, kind: GraphQLObjectType) -> None:
        name = self._name()
        if self._is(":"):
            name = self._name()
        if name == "__typename":
            self._directives()
            return
        if name not in kind.fields:
            raise UnknownError
        found = kind.fields[name]
        self._arguments(found.args)
        self._directives()
        if self.place < len(self.words) and self._next == "{":
            of = get_named_type(found.type)
            if not is_object_type(of):
                raise UnknownError
            self._selection(of)

    def _directives(self) -> None:
        while self.place < len(self.words) and self._is("@"):
            found = self.schema.get_directive(self._name())
            if found is None:
                raise UnknownError
            self._arguments(found.args)

    def _arguments(self, offered: Mapping[str, GraphQLArgument]) -> None:
        opened = self.place < len(self.words) and self._is("(")
        given = self._values(offered, ")") if opened else set()
        if any(is_required_argument(one) and name not in given for name, one in offered.items()):
            raise UnknownError

    def _value(self, kind: GraphQLInputType) -> None:  # noqa: PLR0912 - one for each kind of value
        if self._is("$"):
            self._given(str(kind))
            return
        if is_non_null_type(kind):
            if self._next == "null":
                raise UnknownError
            kind = kind.of_type
        if self._is("null"):
            return
        if is_list_type(kind):
            if not self._is("["):
                self._value(kind.of_type)
                return
            while not self._is("]"):
                self._value(kind.of_type)
        elif is_input_object_type(kind):
            self._object(kind.fields)
        elif is_enum_type(kind):
            if self._name() not in kind.values:
                raise UnknownError
        elif (scalar := get_named_type(kind).name) in ENOUGH:
            if _literal(self._next) not in ENOUGH[scalar]:
                raise UnknownError
            self.place += 1
        else:
            self._anything()

    def _anything(self) -> None:
        """A value of a scalar whose form only the server knows."""
        if self._is("["):
            while not self._is("]"):
                self._anything()
        elif self._is("{"):
            while not self._is("}"):
                self._name()
                self._take(":")
                self._anything()
        elif self._next.startswith('"') or self._next in {"true", "false"} or NUMBER.fullmatch(self._next):
            self.place += 1
        else:
            raise UnknownError

    def _object(self, offered: Mapping[str, GraphQLInputField]) -> None:
        self._take("{")
        given = self._values(offered, "}")
        if any(is_required_input_field(one) and name not in given for name, one in offered.items()):
            raise UnknownError

    def _values(self, offered: Mapping[str, GraphQLArgument | GraphQLInputField], end: str) -> set[str]:
        """Reads names with values up to the end; returns the names."""
        given = set()
        while not self._is(end):
            name = self._name()
            self._take(":")
            if name not in offered:
                raise UnknownError
            given.add(name)
            self._value(offered[name].type)
        return given

    def _given(self, kind: str) -> None:
        """A variable of the expected type, or of its non-null form."""
        of, by_itself = self.variables.get(self._name(), ("", False))
        if of.removesuffix("!") != kind.removesuffix("!"):
            raise UnknownError
        if kind.endswith("!") and not (of.endswith("!") or by_itself):
            raise UnknownError


def _literal(word: str) -> str:
    """The kind of a literal: text, integer, other number or boolean; empty for anything else."""
    if word.startswith('"'):
        return "s"
    if word in {"true", "false"}:
        return "b"
    if WHOLE.fullmatch(word):
        return "i" if -LARGEST <= int(word) < LARGEST else ""
    return "f" if NUMBER.fullmatch(word) else ""
