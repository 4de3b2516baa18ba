"""Passes one question on, and its answer back: whole, or visibly cut.

The answer is what the provider said. A large answer is streamed; if it breaks off, so does the indexer's,
because an answer that only seems whole would mean missing rows.
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
"""Answers up to this size are checked for an error before they are passed on: no error is larger."""
MOST_OF_FAILURE = 1 << 20
PAUSES_S = (0.2, 1.0)
"""The pauses before a question that reached no server is repeated."""
PAUSE_S = 1.0
"""How long to leave a provider alone after a rate limit error that does not say how long."""
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
"""Headers of the connection to the relay, not of the question."""
FIRST_FAILURE = 300
"""Redirects are not followed: they would lead to a server that no config names."""


class Cut(Caught):
    """An answer broke off: the indexer's connection is closed, so that it does not seem whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """One question in progress: its upstream, its start, and whether it is the last attempt."""

    upstream: Upstream
    question: Question
    began: float
    last: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Passing:
    """Passes questions on, for all upstreams."""

    client: httpx.AsyncClient
    turns: Turns
    counters: Counters
    pauses_s: tuple[float, ...] = PAUSES_S

    async def answer(self, upstream: Upstream, body: bytes, headers: Mapping[str, str]) -> Response:
        """The answer to a question, which is repeated a few times if it reaches no server.

        Headers from the config are passed to the provider: some expect their key there.
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
        """One attempt; returns None if the question is to be repeated."""
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
        """Passes a failure on with its words and retry time; returns None if it is to be repeated."""
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
    """The first `most` bytes or a little more; everything if that is less."""
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
