"""One question: its text, and what the rows say that it is answered with."""

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
"""In the text of a question, the rows that it is about. No value in such a text can hold it."""
KEYWORDS = frozenset({"true", "false", "null"})

Answer = Callable[[Sample], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """A variable of a question; with a `default` and no value it is not given."""

    name: str
    type: str
    value: Any = None
    default: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A root field that uses one construct. `plainly` is what a door answers that passes over the construct.

    `fragments` are definitions beside the operation.
    """

    construct: str
    field: str
    answer: Answer
    plainly: Answer | None = None
    variables: tuple[Variable, ...] = ()
    fragments: tuple[str, ...] = ()

    def numbered(self, number: int, base: str) -> "Case":
        """The same with names of its own, so that it can stand beside others."""
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
        """About how many fields are asked for."""
        text = " ".join((self.field, *self.fragments))
        while (shorter := re.sub(r"\([^()]*\)", "", text)) != text:
            text = shorter
        return len(re.findall(r"\w+", text))


def literal(kind: GraphQLInputType, text: str) -> str | None:
    """A value as it stands in a question; `None` where its type has no way to write it."""
    named = get_named_type(kind)
    if is_enum_type(named):
        return text
    if named.name == "Boolean":
        return "true" if text in {"t", "true"} else "false"
    if named.name in BARE:
        return text if re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text) else None
    return json.dumps(text, ensure_ascii=False)


def value_of(kind: GraphQLInputType, text: str) -> Any:
    """A value as a variable holds it."""
    named = get_named_type(kind)
    if named.name == "Boolean":
        return text in {"t", "true"}
    return json.loads(text) if named.name in BARE else text


def inline(value: Any) -> str:
    """A value of a variable as a literal; what is an enum there is not known here."""
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
    """What is asked for of every row."""
    return " ".join(dict.fromkeys(scalar.field for scalar in scalars))


def everything(sample: Sample) -> Sequence[Entry]:
    """All rows, in the order of their key."""
    return sample.entries
