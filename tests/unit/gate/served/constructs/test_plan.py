"""The questions are ones that the role may ask, of every form, and their answers those of SQL."""

import re

import pytest
from graphql import build_schema, lexicographic_sort_schema, parse, print_schema, validate

from gate.probes.served.constructs.batch import CASES, WEIGHT, alone, batches, request_of
from tests.unit.gate.served.constructs.build import TYPES, plan, rows, schema

WIDE = {**TYPES, **{f"c{n}": "int4" for n in range(200)}}
EVERY = {
    "order_by desc",
    "order_by asc_nulls_first",
    "order_by desc_nulls_last",
    "order_by desc, asc",
    "limit",
    "offset",
    "limit and offset",
    "distinct_on",
    "distinct_on with limit and offset",
    "distinct_on without order_by",
    *("_eq", "_neq", "_gt", "_gte", "_lt", "_lte", "_in", "_nin", "_in of nothing", "_is_null"),
    *("_in, in other letters", "_eq of the empty text", "_like", "_ilike", "_like, in other letters"),
    *("_similar", "_regex", "_iregex", "_nlike", "_nilike", "_nsimilar", "_nregex", "_niregex"),
    *("_and", "_or", "_not", "_and, _or and _not", "_or of nothing", "conditions side by side"),
    "two operators on one field",
    *("a relationship that leads to a row", "a relationship that leads nowhere"),
    *("aggregates", "aggregates with limit and offset", "aggregates of nothing", "aggregates with nodes"),
    *("aggregates with distinct_on", "count of values", "count of different values"),
    *("a path into JSON", "_has_key", "_contains of JSON", "_contains of a list"),
    *("_by_pk with variables", "_by_pk of no row"),
    *("aliases of one field", "aliases that are names of other fields", "__typename"),
    *("@include of true, @skip of false", "@include of false", "@skip of true"),
    *("fragments", "a fragment with a directive"),
    *("a value as a variable", "order_by, limit and offset as variables"),
}


@pytest.mark.parametrize("seed", range(20))
def test_every_form(seed: int) -> None:
    """All of them, whatever was drawn; and each shows that it is heeded, by these rows."""
    made = plan(seed=seed)
    assert {case.construct for case in made.cases} >= EVERY
    assert not {*made.blunt} & (EVERY - {"_and of nothing", "_nin of nothing"})


@pytest.mark.parametrize(("key", "types"), [(("id",), TYPES), (("id", "chain"), TYPES), (("id",), WIDE)])
def test_what_may_be_asked(key: tuple[str, ...], types: dict[str, str]) -> None:
    """Every question is one of the role's schema: alone, and beside all others in one request."""
    offered, held = schema(key, types), rows(**{name: range(6) for name in types if name not in TYPES})
    for seed in range(10):
        made = plan(held, key=key, types=types, seed=seed)
        for batch in batches([(made, case) for case in made.cases]):
            request = request_of(batch)
            assert validate(offered, parse(request.query)) == []
            declared = set(re.findall(r"\$(\w+):", request.query))
            given = {name for name in declared if not re.search(rf"\${name}: \w+ =", request.query)}
            assert given == request.variables.keys()
        for case in made.cases:
            text = alone((made, case)).partition(" with {")[0]
            assert validate(offered, parse(text)) == [], text


LESS = r"\n +(_like|_is_null|asc_nulls_first|desc_nulls_last|distinct_on|{})(: .*)?(?=\n)"


@pytest.mark.parametrize("more", ["_or|_not", "_in|_neq", "_gt|_contains"])
def test_what_is_not_offered(more: str) -> None:
    """A role without aggregates, an engine without an operator, a direction, an argument: not asked."""
    text = print_schema(lexicographic_sort_schema(schema(aggregates=False)))
    text = re.sub(r'\n *""".*?"""', "", text, flags=re.DOTALL)
    text = re.sub(r"distinct_on: \[\w+!\], ", "", re.sub(LESS.format(more), "", text))
    offered = build_schema(text)
    assert "_by_pk" in text
    made = plan(offered=offered)
    assert len(made.cases) > 30
    for case in made.cases:
        question = alone((made, case)).partition(" with {")[0]
        assert validate(offered, parse(question)) == [], question


def test_requests_have_a_bound() -> None:
    """All questions, each once, no more of them in one request than engines take."""
    made = plan()
    every = [(made, case) for _ in range(9) for case in made.cases]
    found = list(batches(every))
    assert [one for batch in found for one in batch] == every
    assert len(found) > 1
    for batch in found:
        assert len(batch) <= CASES
        assert sum(case.weight for _, case in batch) <= WEIGHT
