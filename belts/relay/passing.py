"""Passes one question on, and its answer back: whole, or visibly cut.

What comes back is what the provider said. A large answer is passed on as it comes; where it breaks off, so
does what the indexer gets, for an answer that only seems whole would be rows that are missing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace

import httpx
from starlette.responses import Response, StreamingResponse

from belts.provider.routes import Upstream
from belts.refusal import Caught
from belts.relay.answers import PASSING, TOO_MANY, Outcome, Question, held, understood
from belts.relay.counters import Counters
from belts.relay.turns import TooLong, Turns

SMALL = 16 * 1024
"""What is no larger is read for an error before it is passed on: no error is."""
MOST_OF_FAILURE = 1 << 20
PAUSES_S = (0.2, 1.0)
"""Before a question that reached nobody is asked once more."""
PAUSE_S = 1.0
"""For how long a provider that is asked too often is left alone, where it does not say it."""
JSON = "application/json"
UNREACHED = 502
HOPS = frozenset(
    {
        *(
            "host",
            "connection",
            "keep-alive",
            "content-length",
            "transfer-encoding",
            "te",
            "trailer",
            "upgrade",
        ),
        *("accept-encoding", "expect", "proxy-authorization", "proxy-connection"),
    }
)
"""Headers that are of the connection to the relay, and not of the question."""
FIRST_FAILURE = 300
"""A redirection is none that is followed: it would lead to somebody whom nobody named."""


class Cut(Caught):
    """An answer broke off: the connection to the indexer is ended, so that it cannot be taken for whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """One question under way: to whom, what, since when, and whether it is asked no more after this."""

    upstream: Upstream
    question: Question
    began: float
    last: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Passing:
    """Who passes questions on, for all upstreams."""

    client: httpx.AsyncClient
    turns: Turns
    counters: Counters
    pauses_s: tuple[float, ...] = PAUSES_S

    async def answer(self, upstream: Upstream, body: bytes, headers: Mapping[str, str]) -> Response:
        """The answer to a question; one that reaches nobody is asked again a few times.

        What a config says of headers reaches the provider: some take their key so.
        """
        passed = {name: value for name, value in headers.items() if name.lower() not in HOPS}
        question = Question.of(body)
        for pause in (*self.pauses_s, None):
            asked = _Asked(upstream=upstream, question=question, began=time.monotonic(), last=pause is None)
            response = await self._turn(asked, body, passed)
            if response is not None or pause is None:
                break
            self.counters.again(upstream)
            await asyncio.sleep(pause)
        assert response is not None  # noqa: S101 -- the last answer is one, whatever it says
        return response

    async def _turn(self, asked: _Asked, body: bytes, headers: Mapping[str, str]) -> Response | None:
        """None where it is to be asked once more."""
        upstream = asked.upstream
        try:
            await self.turns.take(upstream, asked.question.calls)
        except TooLong:
            late = held(asked.question)
            self._ended(asked, late.outcome)
            later = {"retry-after": str(round(PAUSE_S))}
            return Response(late.body, status_code=late.status, media_type=JSON, headers=later)
        asked = replace(asked, began=time.monotonic())
        sent = self.client.build_request(
            "POST", upstream.url, content=body, headers={"content-type": JSON, **headers}
        )
        try:
            got = await self.client.send(sent, stream=True)
        except httpx.HTTPError as fault:
            return self._unreached(asked, fault)
        passed_on = False
        try:
            if got.status_code >= FIRST_FAILURE:
                return await self._failure(asked, got)
            rest = got.aiter_bytes()
            head = await _up_to(rest, SMALL + 1)
            if len(head) <= SMALL:
                return self._small(asked, got, head)
            passed_on = True
            parts = self._parts(asked, got, head, rest)
            return StreamingResponse(parts, status_code=got.status_code, media_type=_kind(got))
        except httpx.HTTPError as fault:
            return self._unreached(asked, fault)
        finally:
            if not passed_on:
                await got.aclose()

    def _small(self, asked: _Asked, got: httpx.Response, body: bytes) -> Response:
        answer = understood(asked.question, got.status_code, body)
        self._ended(asked, answer.outcome, got)
        return Response(answer.body, status_code=answer.status, media_type=_kind(got))

    async def _failure(self, asked: _Asked, got: httpx.Response) -> Response | None:
        """With its words, and when to come back."""
        body = await _up_to(got.aiter_bytes(), MOST_OF_FAILURE)
        answer = understood(asked.question, got.status_code, body)
        self._ended(asked, answer.outcome, got)
        if answer.outcome is Outcome.FAILED and got.status_code in PASSING and not asked.last:
            return None
        later = got.headers.get("retry-after")
        headers = {"retry-after": later} if later and answer.status == TOO_MANY else {}
        return Response(answer.body, status_code=answer.status, media_type=_kind(got), headers=headers)

    async def _parts(
        self, asked: _Asked, got: httpx.Response, head: bytes, rest: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        outcome = Outcome.CUT
        try:
            yield head
            async for part in rest:
                yield part
            outcome = Outcome.ANSWERED
        except httpx.HTTPError as fault:
            name = asked.upstream.provider
            raise Cut(f"{name} broke off its answer: {type(fault).__name__}") from None
        finally:
            self._ended(asked, outcome)
            await got.aclose()

    def _unreached(self, asked: _Asked, fault: httpx.HTTPError) -> Response | None:
        self._ended(asked, Outcome.UNREACHED)
        if not asked.last:
            return None
        name = asked.upstream.provider
        words = f"the relay of this belt has no answer from {name}: {type(fault).__name__}"
        return Response(words, status_code=UNREACHED, media_type="text/plain")

    def _ended(self, asked: _Asked, outcome: Outcome, got: httpx.Response | None = None) -> None:
        self.counters.ended(asked.upstream, asked.question.calls, outcome, time.monotonic() - asked.began)
        if outcome is Outcome.BUSY and got is not None:
            self.turns.busy(asked.upstream, _pause(got))


async def _up_to(parts: AsyncIterator[bytes], most: int) -> bytes:
    """The beginning, of so many bytes or a little more; all of it where that is less."""
    found = b""
    async for part in parts:
        found += part
        if len(found) >= most:
            break
    return found


def _kind(got: httpx.Response) -> str:
    return str(got.headers.get("content-type", JSON))


def _pause(got: httpx.Response) -> float:
    try:
        return max(PAUSE_S, float(got.headers.get("retry-after", PAUSE_S)))
    except ValueError:  # a date: as long as nothing was said
        return PAUSE_S
