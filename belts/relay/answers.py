"""How a provider's answer is understood: JSON-RPC puts errors in the body, whatever the status."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from belts.provider.wordings import NOT_YET, Meaning, meaning_of

TOO_MANY = 429
PASSING = frozenset({502, 503, 504})
"""The statuses of a gateway that does not reach the provider behind it."""


class Outcome(StrEnum):
    """How a question ended, as the metrics count it."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """A JSON-RPC error, such as a range that is too large."""
    BUSY = "busy"
    FAILED = "failed"
    """A status of failure without a JSON-RPC error."""
    UNREACHED = "unreached"
    CUT = "cut"
    """The answer broke off."""
    HELD = "held"
    """The budget had no turn for it within the longest wait."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """The indexer's question: the number of calls, and the id of a single one."""

    calls: int = 1
    id: Any = None

    @classmethod
    def of(cls, body: bytes) -> "Question":
        """Parses a question; an unreadable one is passed on as one call, for the provider to refuse."""
        told = _parsed(body)
        if isinstance(told, list):
            return cls(calls=max(1, len(told)))
        return cls(id=told.get("id")) if isinstance(told, dict) else cls()


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the indexer receives, and how it is counted."""

    status: int
    body: bytes
    outcome: Outcome


def understood(question: Question, status: int, body: bytes) -> Answer:
    """The answer in a form that JSON-RPC clients understand: its words and codes stay unchanged.

    An error with a status of failure is returned with 200, because clients ignore the body of other statuses;
    429 stays, which they know. A redirect counts as a failure and is not followed.
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
    """The answer to a question that had no turn: like that of a provider with a rate limit."""
    error = {"code": TOO_MANY, "message": "rate limit: the budget of this belt is spent, try again later"}
    body = json.dumps({"jsonrpc": "2.0", "id": question.id, "error": error}).encode()
    return Answer(status=TOO_MANY, body=body, outcome=Outcome.HELD)


def _errors(told: Any) -> list[Mapping[str, Any]]:
    """Every JSON-RPC error in an answer."""
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
