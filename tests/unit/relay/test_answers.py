"""What a provider says is passed on as JSON-RPC, in its own words; it is understood only to be counted."""

import json
from typing import Any

import pytest

from belts.relay.answers import Outcome, Question, understood

RANGE = {
    "code": -32005,
    "message": "query returned more than 10000 results. Try with this block range [0x1, 0x2].",
}
BUSY = {"code": -32005, "message": "Your app has exceeded its compute units per second capacity"}


def error(told: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"error": told} | more).encode()


@pytest.mark.parametrize("status", [400, 403, 413, 500, 503])
def test_an_error_that_came_with_a_status(status: int) -> None:
    """Clients would see the status and no words, and could not ask for a smaller range."""
    body = error(RANGE, jsonrpc="2.0", id=7)
    answer = understood(Question(id=7), status, body)
    assert (answer.status, answer.body, answer.outcome) == (200, body, Outcome.REFUSED)


def test_an_error_without_an_id() -> None:
    """It is given the question's, for a client takes it for nobody's otherwise."""
    answer = understood(Question(id=7), 400, error(RANGE))
    assert json.loads(answer.body) == {"jsonrpc": "2.0", "id": 7, "error": RANGE}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, error(RANGE, id=1)),
        (200, b'{"result": "0x1"}'),
        (429, error(BUSY, id=1)),
        (429, b"slow down"),
        (500, b"<html>"),
        (403, b'{"message": "forbidden"}'),
        (401, b""),
        (302, b""),
    ],
)
def test_what_is_passed_on_as_it_is(status: int, body: bytes) -> None:
    """Status and body."""
    answer = understood(Question(id=1), status, body)
    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"result": []}', Outcome.ANSWERED),
        (200, b"[]", Outcome.ANSWERED),
        (200, error(RANGE), Outcome.REFUSED),
        (200, error(BUSY), Outcome.BUSY),
        (200, json.dumps([{"result": 1}, {"error": BUSY}]).encode(), Outcome.BUSY),
        (400, error(BUSY), Outcome.BUSY),
        (429, b"", Outcome.BUSY),
        (502, b"<html>", Outcome.FAILED),
        (307, b"", Outcome.FAILED),
        (200, error({"code": -32000, "message": "header not found"}), Outcome.REFUSED),
        (200, b'{"error": null, "result": 1}', Outcome.ANSWERED),
    ],
)
def test_how_it_is_counted(status: int, body: bytes, outcome: Outcome) -> None:
    """A provider's wording for its rate is no refusal of what was asked."""
    assert understood(Question(), status, body).outcome is outcome


@pytest.mark.parametrize(
    ("body", "calls"),
    [(b'{"id": 1}', 1), (b'[{"id": 1}, {"id": 2}]', 2), (b"[]", 1), (b"nonsense", 1), (b"\xff", 1)],
)
def test_a_batch_is_counted_by_call(body: bytes, calls: int) -> None:
    """What cannot be read is one call."""
    assert Question.of(body).calls == calls
