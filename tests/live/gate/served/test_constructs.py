"""A door that gives every row rightly, and answers one form of question wrongly: each form that we know of.

Between the gate and a real engine stands somebody who rewrites questions, so that the engine answers another
one than was asked; or who alters or keeps answers.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import httpx
import pytest
from _pytest.mark.structures import ParameterSet

from gate.endpoints import Belt as Doors
from gate.outcome import Outcome
from gate.secret import Address
from tests.conftest import Ports
from tests.deep import one_of_each
from tests.live.gate.relay import Question, Reply, Twist, as_exact_json, as_json, relay
from tests.live.gate.served.belt import FORMS, SERVED, STANDARD, Belt, judged, of, policy, said
from tests.live.gate.served.test_faults import done, told
from tests.live.gate.served.test_served import writing

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED
OPERATION = "Constructs"
MIXED = """
UPDATE "Account" SET note = CASE WHEN right(id, 1) IN ('1', '4', '7') THEN ''
  WHEN right(id, 1) IN ('2', '5') THEN '0xAbCdEf' || id WHEN right(id, 1) = '8' THEN 'a%b_c' || id END
"""
PLAIN = """
UPDATE "Account" SET note = CASE WHEN split_part(id, '-', 2)::int % 3 = 0 THEN 'a "note"' END
"""


@pytest.fixture(autouse=True, scope="module")
def _mixed(belt: Belt) -> Iterator[None]:
    """NULL beside the empty text, upper beside lower case, and what is a wildcard in a pattern."""
    with done(belt, MIXED, PLAIN):
        yield


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault, the construct that it is about, and what stands between."""

    name: str
    construct: str
    make: Callable[[Belt], Twist]
    entity: str = ""


@contextmanager
def behind(belt: Belt, ports: Ports, twist: Twist) -> Iterator[Doors]:
    """The belt's door, with somebody between."""
    with relay(ports.one(), f"{belt.engine.url}/v1/graphql", twist) as url:
        yield replace(belt.doors, graphql=Address(url))


def answered(belt: Belt, question: Question, query: str) -> Reply:
    """What the engine answers to another question."""
    body = {**question.json, "query": query}
    names = {name for name in body["variables"] if re.search(rf"\${name}\b", query)}
    body["variables"] = {name: body["variables"][name] for name in names}
    headers = {name: value for name, value in question.headers.items() if name.lower().startswith("x-hasura")}
    answer = httpx.post(f"{belt.engine.url}/v1/graphql", json=body, headers=headers, timeout=30)
    return Reply(headers={"content-type": "application/json"}, body=answer.content)


def rewriting(change: Callable[[str], str]) -> Callable[[Belt], Twist]:
    """The engine is asked something else, only where the question uses the construct."""

    def made(belt: Belt) -> Twist:
        def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
            query = question.json.get("query", "")
            other = change(query) if f"query {OPERATION}" in query else query
            return upstream() if other == query else answered(belt, question, other)

        return twist

    return made


def swap(pattern: str, by: str) -> Callable[[str], str]:
    return lambda query: re.sub(pattern, by, query)


def answering(change: Callable[[Question, dict[str, Any]], dict[str, Any]]) -> Callable[[Belt], Twist]:
    """The answers to questions of all forms are altered."""

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        document = upstream().exact
        if question.json.get("operationName") == OPERATION and isinstance(document.get("data"), dict):
            document["data"] = change(question, document["data"])
        return as_exact_json(document)

    return lambda _: twist


def kept_by(name: Callable[[Question], Any]) -> Callable[[Belt], Twist]:
    """Who answers a question as another one of the same name was answered first."""

    def made(_: Belt) -> Twist:
        kept: dict[Any, Reply] = {}

        def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
            found = name(question)
            if found not in kept:
                kept[found] = upstream()
            return kept[found]

        return twist

    return made


def mixed_up(_: Question, data: dict[str, Any]) -> dict[str, Any]:
    """Each answer under the name of the next question."""
    return dict(zip(data, [*[*data.values()][1:], *[*data.values()][:1]], strict=True)) if data else data


def as_texts(belt: Belt) -> Twist:
    """The greatest number by its text: 9 above 10."""

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        document = upstream().exact
        if question.json.get("operationName") != OPERATION:
            return as_exact_json(document)
        rows = [row for one in question.json["variables"].values() for row in keys_of(one)]
        held = 'SELECT max(value::text) FROM "Transfer" WHERE id = ANY(%s)'
        [[greatest]] = belt.rows.execute(held, (rows,))
        for value in (document.get("data") or {}).values():
            most = ((value or {}).get("aggregate") or {}).get("max") if isinstance(value, dict) else None
            if most and most.get("value") is not None:
                most["value"] = greatest
        return as_exact_json(document)

    return twist


def keys_of(variable: Any) -> list[str]:
    found = variable.get("id", {}).get("_in", []) if isinstance(variable, dict) else []
    return [one for one in found if isinstance(one, str)]


THROUGH = r"\{(from|to|owner): \{\w+: \{[^{}]*\}\}\}"
MANY = r"\{(outgoing|incoming|positions): \{_or: \[(?:[^\[\]]|\[[^\[\]]*\])*\]\}\}"


def rounded(_: Question, data: dict[str, Any]) -> dict[str, Any]:
    for value in data.values():
        total = ((value or {}).get("aggregate") or {}).get("sum") if isinstance(value, dict) else None
        if total and total.get("balance"):
            total["balance"] = f"{int(float(total['balance']))}"
    return data


def unaliased(question: Question, data: dict[str, Any]) -> dict[str, Any]:
    """The fields of two columns, each as the other, put right again."""
    for name, one, other in re.findall(
        r"(q\d+): \w+\([^{}]*?order_by: \[\{id: asc\}\]\) \{ id (\w+): (\w+) ", question.json["query"]
    ):
        for row in data[name]:
            row[one], row[other] = row[other], row[one]
    return data


def found_anyway(_: Question, data: dict[str, Any]) -> dict[str, Any]:
    rows = [value for value in data.values() if isinstance(value, dict) and "id" in value]
    return {name: rows[0] if value is None and rows else value for name, value in data.items()}


FAULTS = (
    Fault(
        name="order_by ignores desc", construct="order_by desc", make=rewriting(swap(r": desc\b", ": asc"))
    ),
    Fault(
        name="NULL always comes last",
        construct="order_by asc_nulls_first",
        make=rewriting(swap(r"asc_nulls_first", "asc")),
    ),
    Fault(
        name="desc puts NULL last",
        construct="order_by desc",
        make=rewriting(swap(r": desc\b", ": desc_nulls_last")),
    ),
    Fault(name="limit is ignored", construct="limit", make=rewriting(swap(r", limit: \d+", ""))),
    Fault(name="offset is ignored", construct="offset", make=rewriting(swap(r", offset: \d+", ""))),
    Fault(
        name="offset is one too many",
        construct="limit and offset",
        make=rewriting(lambda query: re.sub(r"offset: (\d+)", lambda m: f"offset: {int(m[1]) + 1}", query)),
    ),
    Fault(
        name="distinct_on is ignored",
        construct="distinct_on",
        make=rewriting(swap(r", distinct_on: \[[^\]]*\]", "")),
    ),
    Fault(
        name="an order through a relationship is ignored",
        construct="through a relationship",
        make=rewriting(swap(r"\{(from|to|owner): \{\w+: (asc|desc)(_nulls_\w+)?\}\}, ", "")),
    ),
    Fault(
        name="a where through a relationship is ignored",
        construct="asked with _",
        make=rewriting(swap(THROUGH, "{}")),
    ),
    Fault(
        name="a where through a relationship to many is ignored",
        construct="where through a relationship to many",
        make=rewriting(swap(MANY, "{}")),
        entity="Account",
    ),
    Fault(
        name="a number of rows behind a relationship is not heeded",
        construct="where by a number of rows behind a relationship",
        make=rewriting(swap(r"predicate: \{_(gte|lt): \d+\}", "predicate: {_gte: 0}")),
        entity="Account",
    ),
    Fault(
        name="an order by a number of rows behind a relationship is ignored",
        construct="order_by a number of rows behind a relationship",
        make=rewriting(swap(r"\{\w+_aggregate: \{count: (asc|desc)\}\}, ", "")),
        entity="Account",
    ),
    Fault(
        name="an order by a number of rows behind a relationship is turned",
        construct="order_by a number of rows behind a relationship",
        make=rewriting(
            lambda query: re.sub(
                r"(\w+_aggregate: \{count: )(asc|desc)",
                lambda found: found[1] + {"asc": "desc", "desc": "asc"}[found[2]],
                query,
            )
        ),
        entity="Account",
    ),
    Fault(name="_or is taken for _and", construct="_or", make=rewriting(swap(r"\{_or: \[\{", "{_and: [{"))),
    Fault(name="_not is passed over", construct="_not", make=rewriting(swap(r"_not: ", "_and: "))),
    Fault(
        name="_or of nothing is all",
        construct="_or of nothing",
        make=rewriting(swap(r"_or: \[\]", "_and: []")),
    ),
    Fault(name="_gt is taken for _gte", construct="_gt", make=rewriting(swap("_gt:", "_gte:"))),
    Fault(name="_neq is taken for _eq", construct="_neq", make=rewriting(swap("_neq:", "_eq:"))),
    Fault(
        name="_in of nothing is all",
        construct="_in of nothing",
        make=rewriting(swap(r"_in: \[\]", "_nin: []")),
    ),
    Fault(
        name="_is_null asks the contrary",
        construct="_is_null",
        make=rewriting(swap("_is_null: false", "_is_null: true")),
    ),
    Fault(
        name="the empty text is NULL",
        construct="_eq of the empty text",
        make=rewriting(swap(r'\{_eq: ""\}', "{_is_null: true}")),
        entity="Account",
    ),
    Fault(
        name="case does not count in equality",
        construct="_eq, in other letters",
        make=rewriting(swap(r'note: \{_eq: "0', 'note: {_ilike: "0')),
        entity="Account",
    ),
    Fault(
        name="case does not count in _like", construct="_like", make=rewriting(swap(r"_like: ", "_ilike: "))
    ),
    Fault(
        name="a wildcard of _like is taken as it stands",
        construct="_like",
        make=rewriting(lambda query: re.sub(r'_like: "[^"]*"', lambda m: m[0].replace("_%", r"\\_%"), query)),
    ),
    Fault(
        name="a regular expression is read as a pattern",
        construct="_regex",
        make=rewriting(swap(r"_regex: ", "_like: ")),
    ),
    Fault(
        name="aggregates pass over limit and offset",
        construct="aggregates with limit and offset",
        make=rewriting(
            lambda query: re.sub(r"(_aggregate\(where: \$\w+)[^)]*(\) \{ aggregate \{ count)", r"\1\2", query)
        ),
    ),
    Fault(name="max is min", construct="aggregates", make=rewriting(swap(r"\bmax \{", "max: min {"))),
    Fault(name="avg is max", construct="aggregates", make=rewriting(swap(r"\bavg \{", "avg: max {"))),
    Fault(name="max by text", construct="aggregates", make=as_texts, entity="Transfer"),
    Fault(
        name="a sum that lost its digits",
        construct="aggregates",
        make=answering(rounded),
        entity="Account",
    ),
    Fault(
        name="values are counted twice",
        construct="count of different values",
        make=rewriting(swap("distinct: true", "distinct: false")),
    ),
    Fault(
        name="a path into JSON is ignored",
        construct="a path into JSON",
        make=rewriting(swap(r'\(path: "[^"]*"\)', "")),
        entity="Position",
    ),
    Fault(
        name="JSON that contains a part is one that has its key",
        construct="_contains of JSON",
        make=rewriting(swap(r"\{_contains: \$\w+\}", '{_has_key: "on"}')),
        entity="Position",
    ),
    Fault(
        name="a list contains anything",
        construct="_contains of a list",
        make=rewriting(swap(r"\{_contains: \[[^\]]*\]\}", "{_is_null: false}")),
        entity="Position",
    ),
    Fault(
        name="@include is passed over",
        construct="@include of false",
        make=rewriting(swap(r" @(include|skip)\(if: \$\w+\)", "")),
    ),
    Fault(
        name="an alias that is another field's name is passed over",
        construct="aliases that are names of other fields",
        make=answering(unaliased),
    ),
    Fault(
        name="a row that is not there",
        construct="_by_pk of no row",
        make=answering(found_anyway),
    ),
    Fault(
        name="a default of a variable is passed over",
        construct="order_by, limit and offset as variables",
        make=rewriting(swap(r"(\$offset\d+: Int) = \d+", r"\1 = 0")),
    ),
    Fault(name="answers under the names of others", construct="asked with", make=answering(mixed_up)),
)


SHORT = frozenset(
    {
        "order_by ignores desc",
        "offset is ignored",
        "distinct_on is ignored",
        "a where through a relationship is ignored",
        "the empty text is NULL",
        "case does not count in equality",
        "max by text",
        "a path into JSON is ignored",
        "@include is passed over",
        "answers under the names of others",
    }
)
"""One fault of each kind is tried in every run, the others in the deep ones."""


def parameters() -> Iterator[ParameterSet]:
    for fault in FAULTS:
        marks = [] if fault.name in SHORT else [pytest.mark.deep]
        yield pytest.param(fault, marks=marks, id=fault.name.replace(" ", "-"))


@pytest.mark.parametrize("fault", list(parameters()))
async def test_fault(fault: Fault, belt: Belt, ports: Ports) -> None:
    """It is refused, with entity, role, construct, the question, what is held and what was given."""
    with behind(belt, ports, fault.make(belt)) as doors:
        points = of(await judged(doors), SERVED)
    found = [point for point in points if point.outcome is FAILED]
    words = "\n".join(point.observed for point in found)
    assert f"{fault.entity or ''} for public, asked with" in words, words
    assert fault.construct in words, words
    for point in found:
        assert point.advice.startswith("Repeat it: query")
        assert point.expected != point.observed
    assert "as held" in said(points, PASSED)  # the rows are right all the while


async def test_no_fault(belt: Belt, plain: Belt, ports: Ports) -> None:
    """Every form is asked for, in one request a role, and answered as held, whatever is drawn."""
    requests: list[int] = []

    def counted(question: Question, upstream: Callable[[], Reply]) -> Reply:
        if question.json.get("operationName") == OPERATION:
            requests.append(len(question.body))
        return upstream()

    for one in (belt, plain):
        for seed in range(4):
            requests.clear()
            with behind(one, ports, counted) as doors:
                points = of(await judged(doors, seed=seed), SERVED)
            assert not said(points, FAILED) + said(points, UNTOLD)
            assert said(points, PASSED).count("in every form that is offered, answered as held") == 3
            assert len(requests) == 1


@pytest.mark.parametrize("seed", one_of_each(range(3)))
async def test_a_belt_that_moves(belt: Belt, seed: int) -> None:
    """Nothing is wrong where rows change while it is asked."""
    with writing(belt):
        assert not said(of(await judged(belt.doors, seed=seed), SERVED), FAILED)


CACHES = {
    "the operation's name": lambda question: question.json.get("operationName"),
    "the operation's name and variables": lambda question: (
        question.json.get("operationName"),
        str(question.json.get("variables")),
    ),
    "the text without variables": lambda question: question.json.get("query"),
}


@pytest.mark.parametrize("name", list(CACHES))
async def test_answers_that_are_kept_by(name: str, belt: Belt, ports: Ports) -> None:
    """What is kept by less than the whole question is the answer to another one."""
    with behind(belt, ports, kept_by(CACHES[name])(belt)) as doors:
        points = of(await judged(doors), SERVED)
    assert said(points, FAILED) + said(points, UNTOLD)
    assert "as held" not in said(points, PASSED) or said(points, FAILED)


def partner(belt: Belt) -> dict[str, Any]:
    """A role of consumers beside the public one, with fewer columns and without aggregates."""
    transfer = next(each for each in belt.tables() if each["table"]["name"] == "Transfer")
    columns = ["id", "chainId", "value"]
    rights = {"columns": columns, "filter": {}, "limit": 5, "allow_aggregations": False}
    more = {"role": "partner", "permission": rights}
    return {**transfer, "select_permissions": [*transfer["select_permissions"], more]}


async def test_another_role(belt: Belt, ports: Ports) -> None:
    """Each role is asked what it may ask, and a fault of one is told with its name."""
    says = policy(served={"roles": ["partner"]})

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        roles = [value for name, value in question.headers.items() if name.lower() == "x-hasura-role"]
        query = question.json.get("query", "")
        if "partner" not in roles or f"query {OPERATION}" not in query:
            return upstream()
        assert "_aggregate" not in query
        assert "blockNumber" not in query
        return answered(belt, question, re.sub(r", offset: \d+", "", query))

    with told(belt, partner(belt)):
        points = of(await judged(belt.doors, says), SERVED)
        assert not said(points, FAILED) + said(points, UNTOLD)
        assert "Transfer for partner: " in said(points, PASSED)
        with behind(belt, ports, twist) as doors:
            points = of(await judged(doors, says), SERVED)
    assert "Transfer for partner, asked with offset" in said(points, FAILED)
    assert "for public" not in said(points, FAILED)


def refusing(word: str, status: int = 200) -> Twist:
    """Who has no answer to questions with a word."""

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        if word not in question.json.get("query", ""):
            return upstream()
        return as_json({"errors": [{"message": f"{word} is not for you"}]}, status=status)

    return twist


async def test_what_is_refused(belt: Belt, twin: Belt, ports: Ports) -> None:
    """It is a loss where the serving belt answers, nobody's where that refuses it too, and else not told."""
    with behind(belt, ports, refusing("distinct_on")) as doors:
        points = of(await judged(doors, serving=twin.doors), SERVED)
        assert "Transfer for public, asked with distinct_on" in said(points, FAILED)
        assert "the serving belt answers" in said(points, FAILED)
        with behind(twin, ports, refusing("distinct_on")) as today:
            points = of(await judged(doors, serving=today), SERVED)
        assert not said(points, FAILED) + said(points, UNTOLD)
        assert "the serving belt refuses as well: " in said(points, PASSED)
        points = of(await judged(doors), SERVED)
        assert not said(points, FAILED)
        assert "asked with distinct_on" in said(points, UNTOLD)
        assert "no belt serves yet" in said(points, UNTOLD)


async def test_what_is_not_answered(belt: Belt, ports: Ports) -> None:
    """Nothing is held against a door that has no time, and nothing passes."""
    with behind(belt, ports, refusing(f"query {OPERATION}", 503)) as doors:
        points = of(await judged(doors), SERVED)
    assert not said(points, FAILED)
    assert "status 503" in said(points, UNTOLD)
    assert "in every form" not in said(points, PASSED)


async def test_a_sum_in_another_form(belt: Belt, twin: Belt, ports: Ports) -> None:
    """A text today, a number tomorrow: whoever adds it up cannot read it."""

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        document = upstream().exact
        totals = (document.get("data") or {}).get("totals")
        if totals:
            totals["aggregate"]["sum"] = {
                name: float(value) if isinstance(value, str) else value
                for name, value in totals["aggregate"]["sum"].items()
            }
        return as_exact_json(document)

    with behind(belt, ports, twist) as doors:
        points = of(await judged(doors, serving=twin.doors, about=(FORMS,)), FORMS)
    assert "Values of Transfer.sum.value changed from a text to a number." in said(points, FAILED)


@contextmanager
def late(belt: Belt) -> Iterator[None]:
    """A list of which none of the first rows has a profit, as of positions that are still open."""
    rights = {"role": "public", "permission": {"columns": "*", "filter": {}, **STANDARD}}
    belt.rows.execute('CREATE TABLE "Late" (id text PRIMARY KEY, profit numeric)')
    belt.rows.execute(
        """INSERT INTO "Late" SELECT n::text, CASE WHEN n > 190 THEN n END FROM generate_series(1, 200) n"""
    )
    try:
        with told(belt, {"table": {"schema": "public", "name": "Late"}, "select_permissions": [rights]}):
            yield
    finally:
        belt.rows.execute('DROP TABLE "Late"')


async def test_a_number_that_comes_late_in_another_form(belt: Belt, twin: Belt, ports: Ports) -> None:
    """Those who read far enough meet a number where they had a text."""

    def twist(_: Question, upstream: Callable[[], Reply]) -> Reply:
        document = upstream().exact
        lists = [given for given in (document.get("data") or {}).values() if isinstance(given, list)]
        for row in chain.from_iterable(lists):
            if isinstance(row, dict) and isinstance(row.get("profit"), str):
                row["profit"] = float(row["profit"])
        return as_exact_json(document)

    with late(belt), late(twin), behind(belt, ports, twist) as doors:
        points = of(await judged(doors, serving=twin.doors, about=(FORMS,)), FORMS)
    assert "Values of Late.profit changed from a text to a number." in said(points, FAILED)
