"""What the process that plans answers comes back as it was, and can be nothing but plain values."""

import pickle
from typing import Any

import orjson
import pytest
from graphql import get_introspection_query

from belts.engine.errors import BadRequest, EngineError, TooLarge
from belts.engine.plan.prepared import Cursor, Part, Prepared
from belts.engine.planner import desk, jobs
from belts.engine.planner.desk import Desk
from belts.engine.planner.jobs import HEAD, Done, Plan, Planned, Read, Told, World, Written
from belts.engine.settings import Limits
from tests.unit.engine import build

STREAM = Prepared(True, (Part(b'"s":', "SELECT 1", ("0", None, "\ud800"), None, Cursor("0", 0)),), 3)
CONSTANT = Prepared(False, (Part(b'"t":', "", (), b'"x"'),))
REFUSED = TooLarge("too much", code="body-limit-exceeded", path="$.a")


def back(done: Done) -> Done:
    return jobs.read_answer(jobs.answered(done)[HEAD:])


def the_desk(**limits: Any) -> Desk:
    world = World(build.metadata(), build.catalog(), Limits(**limits), stringify=False)
    shown = pickle.loads(jobs.framed(world)[HEAD:])
    assert shown == world
    return Desk(shown)


def asked(at: Desk, body: object, since: int = 0) -> Planned:
    answer = at.done(Plan("public", {}, Written(orjson.dumps(body)), since))
    assert isinstance(answer, Planned)
    return answer


@pytest.mark.parametrize(
    "answer", [Told({"type": "ping"}), Planned((STREAM, CONSTANT), 2), Planned((STREAM,))]
)
def test_what_comes_back(answer: Told | Planned) -> None:
    """It is what was sent, with what it took."""
    done = Done(answer, 0.5, leaves=True)
    assert back(done) == done


def test_refusals_that_come_back() -> None:
    """They say the same, and are of the same kind."""
    whole = back(Done(REFUSED, 0.0)).answer
    one = back(Done(Planned((REFUSED,), 1), 0.0)).answer
    assert isinstance(one, Planned)
    for found in (whole, one.items[0]):
        assert isinstance(found, TooLarge)
        assert found.as_graphql() == REFUSED.as_graphql()


def test_all_that_a_schema_says() -> None:
    """A tool may ask for it, be it more than the limit; not for all of it a hundred times."""
    at = the_desk(introspected=10)
    (all_of_it,) = asked(at, {"query": get_introspection_query()}).items
    assert isinstance(all_of_it, Prepared)
    names = "".join(f" n{number}:types{{fields{{args{{name description}}}}}}" for number in range(100))
    refused = at.done(Plan("public", {}, ("{__schema{" + names + "}}", None, {})))
    assert isinstance(refused, EngineError)
    assert refused.code == "introspection-limit-exceeded"


def test_an_answer_that_is_code() -> None:
    """Whatever a client had it send, nothing is called for it."""
    with pytest.raises(pickle.UnpicklingError, match="plain values"):
        jobs.read_answer(pickle.dumps(BadRequest))


def test_a_batch_comes_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit into one answer is prepared when the one before has been taken."""
    monkeypatch.setattr(desk, "AT_ONCE", 1)
    at, queries = (
        the_desk(),
        [{"query": "{ items { id } }"}, {"query": "{ no }"}, {"query": "{ items { name } }"}],
    )
    found: list[Prepared | EngineError] = []
    while len(found) < len(queries):
        planned = asked(at, queries, len(found))
        assert planned.number == len(queries)
        found += planned.items
    assert [isinstance(each, EngineError) for each in found] == [False, True, False]


def test_a_batch_that_is_too_long() -> None:
    """It is refused as a whole."""
    answer = the_desk(batch=1).done(Plan("public", {}, Written(b"[{},{}]")))
    assert isinstance(answer, BadRequest)
    assert answer.code == "batch-limit-exceeded"


def test_a_list_where_one_operation_is_asked_for() -> None:
    """A message on a WebSocket holds no batch."""
    body = orjson.dumps({"payload": [{"query": "{ items { id } }"}]})
    assert isinstance(the_desk().done(Plan("public", {}, Written(body, "payload"))), BadRequest)


def test_what_a_message_carries_stays_behind() -> None:
    """Of a large message only its kind and its name come back."""
    body = orjson.dumps({"type": "subscribe", "id": "1", "payload": {"query": "x" * 100}, "more": [1]})
    assert the_desk().done(Read(body)) == Told({"type": "subscribe", "id": "1"})


def test_a_role_nobody_knows() -> None:
    """It may read nothing, and however many there are, nothing is kept of them."""
    at = the_desk()
    assert at.role("one") is at.role("two")
