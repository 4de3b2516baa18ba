"""One question: its text, and the answer that the rows determine."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLInputType, get_named_type, is_enum_type

from gate.probes.served.constructs.sample import Entry, Sample
from gate.probes.served.shape import Scalar

BARE = frozenset({"Int", "Float"})
BASE = "\0base"
"""Placeholder in a question for the rows that it is about; no value can contain it."""
KEYWORDS = frozenset({"true", "false", "null"})

Answer = Callable[[Sample], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """A variable of a question; with a `default` and no value it is omitted."""

    name: str
    type: str
    value: Any = None
    default: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A root field that uses one construct. `plainly` is the answer of a door that ignores the construct.

    `fragments` are definitions beside the operation.
    """

    construct: str
    field: str
    answer: Answer
    plainly: Answer | None = None
    variables: tuple[Variable, ...] = ()
    fragments: tuple[str, ...] = ()

    def numbered(self, number: int, base: str) -> "Case":
        """The same question with unique names, so that it can be combined with others."""
        names = {f"${one.name}": f"${one.name}{number}" for one in self.variables} | {BASE: base}
        spread = [name for text in self.fragments for name in re.findall(r"^fragment (\w+)", text)]

        def renamed(text: str) -> str:
            for name, own in names.items():
                text = re.sub(re.escape(name) + r"(?!\w)", own, text)
            for name in spread:
                text = re.sub(rf"\b{name}\b", f"{name}{number}", text)
            return text

        return Case(
            construct=self.construct,
            field=renamed(self.field),
            answer=self.answer,
            plainly=self.plainly,
            variables=tuple(
                Variable(name=f"{one.name}{number}", type=one.type, value=one.value, default=one.default)
                for one in self.variables
            ),
            fragments=tuple(map(renamed, self.fragments)),
        )

    @property
    def weight(self) -> int:
        """The approximate number of requested fields."""
        text = " ".join((self.field, *self.fragments))
        while (shorter := re.sub(r"\([^()]*\)", "", text)) != text:
            text = shorter
        return len(re.findall(r"\w+", text))


def literal(kind: GraphQLInputType, text: str) -> str | None:
    """A value as a literal; `None` if its type has none."""
    named = get_named_type(kind)
    if is_enum_type(named):
        return text
    if named.name == "Boolean":
        return "true" if text in {"t", "true"} else "false"
    if named.name in BARE:
        return text if re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text) else None
    return json.dumps(text, ensure_ascii=False)


def value_of(kind: GraphQLInputType, text: str) -> Any:
    """A value in a variable's form."""
    named = get_named_type(kind)
    if named.name == "Boolean":
        return text in {"t", "true"}
    return json.loads(text) if named.name in BARE else text


def inline(value: Any) -> str:
    """A variable's value as a literal; enums cannot be recognised here."""
    match value:
        case Mapping():
            return f"{{{', '.join(f'{name}: {inline(one)}' for name, one in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(inline, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def order_of(key: Sequence[Scalar], direction: str = "asc") -> str:
    """The order of a key, its parts one by one."""
    return ", ".join(f"{{{part.field}: {direction}}}" for part in key)


def fields(scalars: Sequence[Scalar]) -> str:
    """The selection of every row."""
    return " ".join(dict.fromkeys(scalar.field for scalar in scalars))


def everything(sample: Sample) -> Sequence[Entry]:
    """All rows, in the order of their key."""
    return sample.entries
