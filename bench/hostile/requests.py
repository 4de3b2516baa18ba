"""Requests that cost a server more than they cost their sender: each a name and a body. Pure.

Every one is small enough to be read, and valid enough to pass the parser. They are expensive in one of a few
ways: nesting, repetition, aliases, definitions that are used often, growing lists, and slow values.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

Body = bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """The queried table: two of its columns, and a relationship to many rows."""

    table: str = "account"
    key: str = "key"
    other: str = "balance"
    many: str = "transfers"
    remote: str = "transfer"

    @property
    def condition(self) -> str:
        """The name of the table's condition type."""
        return f"{self.table}_bool_exp"


def hostile(subject: Subject | None = None) -> dict[str, Body]:
    """Every request, by name."""
    of = subject or Subject()
    return {name: orjson.dumps(body) for make in KINDS for name, body in make(of)}


def _asked(query: str, **variables: Any) -> dict[str, Any]:
    return {"query": query, "variables": variables} if variables else {"query": query}


Made = Iterator[tuple[str, Any]]


def introspections(_: Subject) -> Made:
    """Small texts whose answers multiply with each list that they pass through."""
    for name, levels, field, inside in (
        ("input fields", 11, "inputFields", "type"),
        ("fields", 6, "fields", "type{ofType{ofType"),
        ("arguments", 4, "fields", "args{type"),
    ):
        opened = f"{field}{{{inside}{{"
        inner = f"{opened * levels}name{'}' * opened.count('{') * levels}"
        yield f"introspection through {name}", _asked(f"{{__schema{{types{{{inner}}}}}}}")
    fragment = f"fragment T on __Type{{{'ofType{' * 9}name{'}' * 9} fields{{args{{type{{name}}}}}}}}"
    yield (
        "introspection by a fragment",
        _asked(f"{{__schema{{types{{fields{{type{{...T}}}}}}}}}} {fragment}"),
    )
    names = " ".join(f"a{n}:types{{fields{{args{{name type{{name}}}}}}}}" for n in range(60))
    yield "introspection under many names", _asked(f"{{__schema{{{names}}}}}")
    roots = " ".join(f"a{n}:__schema{{types{{name fields{{name description}}}}}}" for n in range(60))
    yield "introspection from many roots", _asked(f"{{{roots}}}")


def variables(of: Subject) -> Made:
    """Variables that are defined once and used often."""
    used, condition = " ".join(["$w"] * 4_000), {of.key: {"_eq": "a"}}
    head = f"query($w:{of.condition}!)"
    for word in ("_and", "_or"):
        text = f"{head}{{{of.table}(where:{{{word}:[{used}]}}){{{of.key}}}}}"
        yield f"4,000 uses of one variable in {word}", _asked(text, w=condition)
    dear = {"_or": [condition] * 400}
    text = f"{head}{{{of.table}(where:{{_and:[{' '.join(['$w'] * 400)}]}}){{{of.key}}}}}"
    yield "400 uses of 400 conditions", _asked(text, w=dear)
    names = " ".join(f"a{n}:{of.table}(where:$w,limit:1){{{of.key}}}" for n in range(400))
    yield "one variable under 400 names", _asked(f"{head}{{{names}}}", w=dear)
    listed = " ".join(
        f"a{n}:{of.table}(where:{{{of.key}:{{_in:$k}}}},limit:1){{{of.key}}}" for n in range(400)
    )
    yield "one list under 400 names", _asked(f"query($k:[String!]!){{{listed}}}", k=["a" * 20] * 20_000)
    declared = " ".join(f"$v{n}:Int" for n in range(4_000))
    yield "4,000 variables declared", _asked(f"query({declared}){{{of.table}(limit:1){{{of.key}}}}}")
    unknown = {f"v{n}": n for n in range(40_000)}
    yield "40,000 variables nobody declared", _asked(f"{{{of.table}(limit:1){{{of.key}}}}}", **unknown)


def fragments(of: Subject) -> Made:
    """Fragments that are defined once and spread often."""
    fields = (
        f"{of.key} a:{of.key} b:{of.other} many:{of.many}(limit:1,where:{{_and:[{{}},{{}}]}}){{__typename}}"
    )
    once = f"fragment F on {of.table}{{{fields}}}"
    yield "400 spreads of one fragment", _asked(f"{{{of.table}(limit:1){{{'...F ' * 400}}}}} {once}")
    names = " ".join(f"a{n}:{of.table}(limit:1){{...F}}" for n in range(400))
    yield "one fragment under 400 names", _asked(f"{{{names}}} {once}")
    doubled = " ".join(f"fragment f{n} on {of.table}{{...f{n + 1} ...f{n + 1}}}" for n in range(30))
    yield (
        "fragments that double each other",
        _asked(f"{{{of.table}(limit:1){{...f0}}}} {doubled} fragment f30 on {of.table}{{{of.key}}}"),
    )
    chain = " ".join(f"fragment f{n} on {of.table}{{...f{n + 1}}}" for n in range(3_000))
    yield (
        "a chain of 3,000 fragments",
        _asked(f"{{{of.table}(limit:1){{...f0}}}} {chain} fragment f3000 on {of.table}{{{of.key}}}"),
    )


def merged(of: Subject) -> Made:
    """A repeated field, whose arguments must be compared."""
    dear = f"{of.table}(limit:1,where:{{_or:[{'{}' * 1_000}]}}){{{of.key}}}"
    yield "a field with 1,000 conditions, 40 times", _asked("{" + dear * 40 + "}")
    yield "a field 4,000 times", _asked(f"{{{of.table}(limit:1){{{f'{of.key} ' * 4_000}}}}}")
    same = f"fragment F on query_root{{{of.table}(limit:1,where:{{_or:[{'{}' * 1_000}]}}){{{of.key}}}}}"
    yield "a field with 1,000 conditions, spread 400 times", _asked(f"{{{'...F ' * 400}}} {same}")


def conditions(of: Subject) -> Made:
    """Conditions, orders and columns in growing lists."""
    head = f"query($w:{of.condition}!)"
    text = f"{head}{{{of.table}(where:$w,limit:1){{{of.key}}}}}"
    yield "20,000 empty conditions", _asked(text, w={"_and": [{}] * 20_000})
    yield "10,000 conditions through a relationship", _asked(text, w={"_or": [{of.many: {}}] * 10_000})
    inner: Any = {}
    for _level in range(60):
        inner = {"_or": [inner, {}]}
    yield "a condition nested 60 levels", _asked(text, w=inner)
    leaves: Any = [{of.key: {"_eq": "a"}}] * 10_000
    for _level in range(28):
        leaves = [{"_and": leaves}]
    yield "10,000 conditions below 28 levels", _asked(text, w=leaves[0])
    order = " ".join([f"{{{of.key}:asc}}"] * 5_000)
    yield "5,000 orders", _asked(f"{{{of.table}(limit:1,order_by:[{order}]){{{of.key}}}}}")
    yield (
        "20,000 orders in a variable",
        _asked(
            f"query($o:[{of.table}_order_by!]!){{{of.table}(limit:1,order_by:$o){{{of.key}}}}}",
            o=[{f"{of.many}_aggregate": {"count": "desc"}}] * 20_000,
        ),
    )
    columns = f"{of.key} " * 5_000
    yield "distinct on 5,000 columns", _asked(f"{{{of.table}(limit:1,distinct_on:[{columns}]){{{of.key}}}}}")


def aliases(of: Subject) -> Made:
    """Many aliases of one thing, and long ones."""
    names = " ".join(f"a{n}:{of.key}" for n in range(4_500))
    yield "4,500 names of a column", _asked(f"{{{of.table}(limit:1){{{names}}}}}")
    names = " ".join(f"a{n}:{of.table}(limit:1){{{of.key}}}" for n in range(1_500))
    yield "1,500 roots", _asked(f"{{{names}}}")
    yield "a name of 500,000 letters", _asked(f"{{{of.table}(limit:1){{{'k' * 500_000}:{of.key}}}}}")
    deep = of.key
    for number in range(6):
        deep = " ".join(f"a{number}{n}:{of.many}{{{of.table}{{{deep}}}}}" for n in range(3))
    yield "names that multiply with depth", _asked(f"{{{of.table}(limit:1){{{deep}}}}}")


def texts(of: Subject) -> Made:
    """Texts that are slow to read, before any execution."""
    yield "300,000 comments", _asked("#\n" * 300_000 + f"{{{of.table}{{{of.key}}}}}")
    yield "900,000 commas", _asked("," * 900_000 + f"{{{of.table}{{{of.key}}}}}")
    yield "100,000 words", _asked("{" + "a " * 100_000 + "}")
    yield "100,000 braces", _asked("{" * 100_000)
    yield "a text that ends too soon", _asked("{" + "a{b " * 9_000)
    string = "\\u0041" * 100_000
    yield (
        "a string of 100,000 escapes",
        _asked(f'{{{of.table}(where:{{{of.key}:{{_eq:"{string}"}}}}){{{of.key}}}}}'),
    )
    number = "9" * 500_000
    yield "a number of 500,000 digits", _asked(f"{{{of.table}(limit:{number}){{{of.key}}}}}")
    yield "a JSON path of 200,000 steps", _asked(f'{{{of.table}{{{of.other}(path:"{"a." * 200_000}")}}}}')


def bodies(of: Subject) -> Made:
    """JSON that is slow to parse, and many requests in one."""
    text = f"query($k:[String!]!){{{of.table}(limit:1,where:{{{of.key}:{{_in:$k}}}}){{{of.key}}}}}"
    yield "a list of 150,000 values", _asked(text, k=["a"] * 150_000)
    yield "a list of 150,000 numbers", _asked(text, k=[1] * 150_000 + [12345678901234567890 / 1])
    yield "100 introspections in a batch", [_asked("{__schema{types{fields{args{name}}}}}")] * 100
    names = " ".join(f"a{n}:{of.key}" for n in range(400))
    yield (
        "100 texts in a batch",
        [_asked(f"{{b{n}:{of.table}(limit:1){{{names}}}}}") for n in range(100)],
    )


KINDS: tuple[Callable[[Subject], Made], ...] = (
    introspections,
    variables,
    fragments,
    merged,
    conditions,
    aliases,
    texts,
    bodies,
)
