"""Combines several questions into one request, each under a name of its own."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gate.probes.served.constructs.case import BASE, Case, Variable, inline
from gate.probes.served.constructs.planned import Plan

WEIGHT, CASES = 3_000, 500
"""Fields and questions of one request: engines limit the work of each."""
Asked = tuple[Plan, Case]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """The text of a request and its variables."""

    query: str
    variables: dict[str, Any]


def request_of(asked: Sequence[Asked]) -> Request:
    """A request with all of the questions."""
    plans = list(dict.fromkeys(plan.name for plan, _ in asked))
    bases = {plan.name: plan for plan, _ in asked}
    numbered = [
        case.numbered(number, f"$rows{plans.index(plan.name)}") for number, (plan, case) in enumerate(asked)
    ]
    declared = [
        f"$rows{number}: {bases[name].type}"
        for number, name in enumerate(plans)
        if any(BASE in case.field for plan, case in asked if plan.name == name)
    ]
    values = {
        f"rows{number}": bases[name].base
        for number, name in enumerate(plans)
        if f"$rows{number}: {bases[name].type}" in declared
    }
    for case in numbered:
        declared += [_declared(variable) for variable in case.variables]
        values |= {one.name: one.value for one in case.variables if not one.default}
    head = f"({', '.join(declared)})" if declared else ""
    fields = " ".join(f"q{number}: {case.field}" for number, case in enumerate(numbered))
    fragments = " ".join(text for case in numbered for text in case.fragments)
    return Request(query=f"query Constructs{head} {{ {fields} }} {fragments}".rstrip(), variables=values)


def _declared(variable: Variable) -> str:
    default = f" = {variable.default}" if variable.default else ""
    return f"${variable.name}: {variable.type}{default}"


def alone(asked: Asked) -> str:
    """One question as a person repeats it: the rows inline, followed by its variables."""
    plan, case = asked
    declared = [_declared(variable) for variable in case.variables]
    head = f"query({', '.join(declared)})" if declared else "query"
    field = case.field.replace(BASE, inline(plan.base))
    values = {one.name: one.value for one in case.variables if not one.default}
    text = " ".join((f"{head} {{ q: {field} }}", *case.fragments))
    return f"{text} with {json.dumps(values, ensure_ascii=False)}" if values else text


def together(asked: Sequence[Asked]) -> str:
    """Several questions as a person repeats them; the last one is answered wrongly."""
    bare = [(plan, replace(case, field=case.field.replace(BASE, inline(plan.base)))) for plan, case in asked]
    request = request_of(bare)
    values = json.dumps(request.variables, ensure_ascii=False)
    query = request.query.replace("query Constructs", "query", 1)
    text = f"{query} with {values}" if request.variables else query
    return f"{text}, and look at q{len(asked) - 1}"


def batches(asked: Sequence[Asked]) -> Iterator[list[Asked]]:
    """Splits the questions into requests no larger than engines accept."""
    batch: list[Asked] = []
    weight = 0
    for one in asked:
        more = one[1].weight
        if batch and (weight + more > WEIGHT or len(batch) >= CASES):
            yield batch
            batch, weight = [], 0
        batch.append(one)
        weight += more
    if batch:
        yield batch
