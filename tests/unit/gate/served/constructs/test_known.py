"""What is read at a glance is what the library's own rules know: never more."""

import random

import pytest
from graphql import GraphQLError, build_client_schema, introspection_from_schema, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from gate.probes.served.constructs import plan as plans
from gate.probes.served.constructs.batch import request_of
from gate.probes.served.constructs.known import WORD, known
from gate.probes.served.constructs.plan import RULES
from tests.unit.gate.served.constructs.build import plan, schema

SCHEMA = build_client_schema(introspection_from_schema(schema()))
PLANS = [plan(seed=seed) for seed in range(3)]
CASES = [(one, case) for one in PLANS for case in one.cases]


@pytest.mark.parametrize("seed", range(3))
def test_all_questions_at_once(seed: int) -> None:
    """No question of the gate needs the library."""
    made = plan(seed=seed)
    query = request_of([(made, case) for case in made.cases]).query
    assert known(SCHEMA, query)
    assert not validate(SCHEMA, parse(query), RULES)


def test_no_question_waits_for_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes ten times as long, and a belt may have three hundred entities."""

    def asked(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(plans, "validate", asked)
    assert len(plan().cases) == len(PLANS[1].cases)


@given(st.integers(0, len(CASES) - 1), st.randoms(use_true_random=False), st.integers(0, 3))
def test_what_is_wrong_somewhere(number: int, draw: random.Random, changes: int) -> None:
    """Words that are dropped, doubled or taken from elsewhere: what is known so is known to the library."""
    words = WORD.findall(request_of([CASES[number]]).query)
    others = WORD.findall(request_of([draw.choice(CASES)]).query)
    strange = [*others, *words, "null", "1", "99999999999", "1.5", '"x"', "true", "nothing", "asc", "Item"]
    for _ in range(changes):
        place = draw.randrange(len(words))
        match draw.randrange(3):
            case 0:
                words[place] = draw.choice(strange)
            case 1:
                words.insert(place, draw.choice(strange))
            case _:
                del words[place]
    query = " ".join(words)
    if known(SCHEMA, query):
        assert _library(query), query
    elif not changes:
        raise AssertionError(query)


def _library(query: str) -> bool:
    try:
        return not validate(SCHEMA, parse(query), RULES)
    except GraphQLError:
        return False
