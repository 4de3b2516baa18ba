"""Makes all questions about one entity from its rows, the role's schema, and a random draw."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from graphql import (
    FieldsOnCorrectTypeRule,
    KnownArgumentNamesRule,
    KnownTypeNamesRule,
    ProvidedRequiredArgumentsRule,
    ValuesOfCorrectTypeRule,
    VariablesInAllowedPositionRule,
    parse,
    validate,
)

from gate.probes.served.constructs import (
    comparing,
    documents,
    joining,
    matching,
    ordering,
    relating,
    totals,
    wording,
)
from gate.probes.served.constructs.batch import request_of
from gate.probes.served.constructs.case import Case, value_of
from gate.probes.served.constructs.drawing import Drawn
from gate.probes.served.constructs.known import known
from gate.probes.served.constructs.offer import Offer
from gate.probes.served.constructs.planned import Plan
from gate.probes.served.constructs.sample import Place, Sample
from gate.probes.served.constructs.subject import Subject
from gate.probes.served.shape import Shape

COLUMNS = 16
"""Columns asked about in one run besides the key; if there are more, they are drawn."""
BEHIND = 4
"""Columns of the rows behind relationships."""
RULES = (
    FieldsOnCorrectTypeRule,
    KnownArgumentNamesRule,
    KnownTypeNamesRule,
    ProvidedRequiredArgumentsRule,
    ValuesOfCorrectTypeRule,
    VariablesInAllowedPositionRule,
)
KINDS = (ordering, comparing, joining, matching, relating, totals, documents, wording)


def places_of(shape: Shape, draw: random.Random) -> tuple[Place, ...]:
    """The key, some columns, and the same of rows behind relationships to one row."""
    rest = [scalar for scalar in shape.scalars if scalar not in shape.key]
    if len(rest) > COLUMNS:
        chosen = draw.sample(rest, COLUMNS)
        rest = [scalar for scalar in rest if scalar in chosen]
    own = [Place(scalar=scalar) for scalar in (*shape.key, *rest)]
    ways = [way for way in shape.ways if not way.many]
    behind = [Place(scalar=way.key[0], way=way) for way in ways]
    more = [Place(scalar=one, way=way) for way in ways for one in way.scalars if one not in way.key]
    few = draw.sample(more, min(BEHIND, len(more)))
    return (*own, *draw.sample(behind, min(BEHIND, len(behind))), *few)


def plan_of(drawn: Drawn, sample: Sample, offer: Offer, draw: random.Random) -> Plan | None:
    """All questions; `None` if the role cannot query rows by their keys, or they are gone."""
    taken = offer.arguments()
    if not sample.entries or not taken.keys() >= {"where", "order_by"}:
        return None
    base = _base(sample, offer)
    if base is None:
        return None
    subject = Subject(sample=sample, offer=offer, draw=draw)
    every = Plan(
        drawn=drawn,
        type=f"{str(taken['where'].type).removesuffix('!')}!",
        base=base,
        cases=tuple(_cases(subject)),
        rows=len(sample.entries),
    )
    cases = tuple(_offered(every, offer))
    sharp = {case.construct for case in cases if not subject.blunt(case)}
    blunt = dict.fromkeys(case.construct for case in cases if case.construct not in sharp)
    return replace(every, cases=cases, blunt=tuple(blunt))


def _offered(plan: Plan, offer: Offer) -> Iterator[Case]:
    """The questions that the role's schema knows, usually checked all at once, else one by one."""
    every = [(plan, case) for case in plan.cases]
    whole = _known(every, offer)
    yield from (case for one, case in every if whole or _known([(one, case)], offer))


def _known(asked: Sequence[tuple[Plan, Case]], offer: Offer) -> bool:
    query = request_of(asked).query
    return known(offer.schema, query) or not validate(offer.schema, parse(query, no_location=True), RULES)


def _cases(subject: Subject) -> Iterator[Case]:
    for kind in KINDS:
        yield from kind.cases(subject)


def _base(sample: Sample, offer: Offer) -> Any | None:
    """The filter for the rows by their keys."""
    key: Sequence[Any] = sample.shape.key
    kinds = {scalar.field: offer.conditions(scalar.field) for scalar in key}
    if len(key) == 1 and "_in" in kinds[key[0].field]:
        field = key[0].field
        kind = kinds[field]["_in"]
        return {field: {"_in": [value_of(kind, entry.texts[field] or "") for entry in sample.entries]}}
    if "_or" not in offer.conditions() or not all("_eq" in kind for kind in kinds.values()):
        return None
    return {
        "_or": [
            {field: {"_eq": value_of(kind["_eq"], entry.texts[field] or "")} for field, kind in kinds.items()}
            for entry in sample.entries
        ]
    }
