"""One exchange with a provider: JSON-RPC at any HTTP status, within the provider's budget."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from belts.provider.wordings import Meaning, meaning_of
from gate.observations.unobserved import Cause
from gate.policy.chains import provider_of
from gate.probes import http, relayed, terms
from gate.probes.unseen import UnseenError
from gate.probes.world import World
from gate.redact import beginning
from gate.secret import Address

AT_ONCE_SECONDS = 0.02  # shorter waits are skipped
LONGEST_PAUSE_SECONDS = 10.0
DENIED = frozenset({401, 402, 403})
LONGEST_WORDS = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A provider's answer, and its size in bytes."""

    document: Any
    size: int


async def exchange(world: World, address: Address, body: object, questions: int) -> Told:
    """Asks within the budget; an error with a message is returned in the form of JSON-RPC."""
    await _turn(world, address, questions)
    answer = await http.post(world, address, body, {}, any_status=True)
    if answer.status == 429:
        world.terms(address).budget.busy(_pause(answer), terms.now())
    if answer.status == 200:
        return Told(document=answer.json(address), size=len(answer.body))
    if answer.status >= 400 and answer.status != 429:
        refusal = _refusal(answer)
        if refusal is not None:
            _demand_access(answer, refusal, address)
            return Told(document=refusal, size=len(answer.body))
    http.demand_ok(answer.status, answer.headers, address)
    raise UnseenError(f"{address} answers with status {answer.status}", Cause.BAD_ANSWER)


async def _turn(world: World, address: Address, questions: int) -> None:
    """Waits until the budget has room for the questions."""
    budget = world.terms(address).budget
    wait = budget.wait(questions, terms.now())
    if wait > world.remaining:
        raise UnseenError(
            f"{address} may be asked at a rate of {budget.rate:g} a second, and its next turn lies beyond the"
            " deadline",
            Cause.DEADLINE,
        )
    if wait > AT_ONCE_SECONDS:
        await asyncio.sleep(wait)
    # A limit on the belt itself, if it has a relay, applies to the gate too.
    while (wait := await relayed.pause(world, provider_of(address), questions)) > 0:
        if wait > world.remaining:
            raise UnseenError(f"{address} is asked by the belt as often as it may be", Cause.DEADLINE)
        await asyncio.sleep(wait)


def _pause(answer: http.Answer) -> float:
    """How long the provider asks to be left alone."""
    try:
        return min(LONGEST_PAUSE_SECONDS, max(0.0, float(answer.headers.get("retry-after", "0"))))
    except ValueError:  # a date: too long to wait
        return 0.0


def _refusal(answer: http.Answer) -> Any:
    """The error, or the list of answers, that came with a failure status; `None` if it has no message.

    Providers send JSON-RPC errors with 400, 413 and 500; gateways in front of them send JSON of their own, or
    a line of text.
    """
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return _of_text(answer)
    if isinstance(document, list):
        return document if all(isinstance(one, dict) for one in document) and document else None
    if not isinstance(document, dict):
        return None
    if document.get("error"):
        return document
    message = document.get("message")
    return {"error": {"code": document.get("code"), "message": message}} if isinstance(message, str) else None


def _of_text(answer: http.Answer) -> Mapping[str, Any] | None:
    """A line of text as an error, if its words are a known message."""
    text = answer.body[:LONGEST_WORDS].decode("utf-8", "replace").strip()
    if not text or "<" in text or meaning_of(None, text) is Meaning.OTHER:
        return None
    return {"error": {"code": None, "message": text}}


def _demand_access(answer: http.Answer, refusal: Any, address: Address) -> None:
    """Raises for a denied key: asking for less, or again, does not help."""
    if answer.status not in DENIED or not isinstance(refusal, dict):
        return
    code, message = words_of(refusal["error"])
    if meaning_of(code, message) is Meaning.OTHER:
        said = beginning(message, address)
        raise UnseenError(f"{address} denies access with status {answer.status}: {said}", Cause.DENIED)


def words_of(error: object) -> tuple[int | None, str]:
    """The code and message of an error; texts under `data` belong to the message."""
    if not isinstance(error, dict):
        return None, str(error or "no result")
    code, data = error.get("code"), " ".join(_texts(error.get("data")))
    message = str(error.get("message") or ("" if data else error))
    return code if isinstance(code, int) else None, f"{message} {data}".strip()


def _texts(data: object) -> list[str]:
    """The texts inside an error's data, where some providers put the reason."""
    if isinstance(data, str):
        return [data]
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return [text for value in inner for text in _texts(value)]
