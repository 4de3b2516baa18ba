"""What a provider's answer comes to: JSON-RPC says it in the body, whatever the status."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from belts.provider.wordings import NOT_YET, Meaning, meaning_of

TOO_MANY = 429
PASSING = frozenset({502, 503, 504})
"""What a gateway before a provider says of a provider that it does not reach."""


class Outcome(StrEnum):
    """How a question ended, as the metrics count it."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """With an error of JSON-RPC, such as a range that is too large."""
    BUSY = "busy"
    FAILED = "failed"
    """With a status, and nothing that JSON-RPC would say."""
    UNREACHED = "unreached"
    CUT = "cut"
    """In the middle of the answer."""
    HELD = "held"
    """It had no turn in the budget for as long as anybody would wait."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What the indexer asks: how many calls, and under which id where it is one alone."""

    calls: int = 1
    id: Any = None

    @classmethod
    def of(cls, body: bytes) -> "Question":
        """What cannot be read is passed on as one call: to refuse it is the provider's business."""
        told = _parsed(body)
        if isinstance(told, list):
            return cls(calls=max(1, len(told)))
        return cls(id=told.get("id")) if isinstance(told, dict) else cls()


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the indexer is told, and how it is counted."""

    status: int
    body: bytes
    outcome: Outcome


def understood(question: Question, status: int, body: bytes) -> Answer:
    """The answer, as clients of JSON-RPC understand it: its words and codes are never touched.

    An error that came with a status of failure is given with 200, for clients look no further than at such a
    status; 429 stays, which they know. A redirection is a failure: it is not followed.
    """
    told = _parsed(body)
    errors = _errors(told)
    busy = status == TOO_MANY or any(_is_busy(error) for error in errors)
    if status < 300:
        outcome = Outcome.BUSY if busy else Outcome.REFUSED if errors else Outcome.ANSWERED
        return Answer(status=status, body=body, outcome=outcome)
    if status < 400 or not errors or status == TOO_MANY:
        return Answer(status=status, body=body, outcome=Outcome.BUSY if busy else Outcome.FAILED)
    if isinstance(told, dict) and "id" not in told:
        body = json.dumps({"jsonrpc": "2.0", "id": question.id} | told).encode()
    return Answer(status=200, body=body, outcome=Outcome.BUSY if busy else Outcome.REFUSED)


def held(question: Question) -> Answer:
    """What the indexer is told of a question that had no turn: as by a provider that is asked too often."""
    error = {"code": TOO_MANY, "message": "rate limit: the budget of this belt is spent, try again later"}
    body = json.dumps({"jsonrpc": "2.0", "id": question.id, "error": error}).encode()
    return Answer(status=TOO_MANY, body=body, outcome=Outcome.HELD)


def _errors(told: Any) -> list[Mapping[str, Any]]:
    """Every error in it that JSON-RPC would write so."""
    each = told if isinstance(told, list) else [told]
    found = (one.get("error") for one in each if isinstance(one, dict))
    return [error for error in found if isinstance(error, dict) and ("message" in error or "code" in error)]


def _is_busy(error: Mapping[str, Any]) -> bool:
    code = error.get("code")
    words = str(error.get("message") or "")
    if any(word in words.lower() for word in NOT_YET):
        return False
    return meaning_of(code if isinstance(code, int) else None, words) is Meaning.BUSY


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
