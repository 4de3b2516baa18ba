"""Waits until a gateway answers from one belt alone, on fresh connections and on those open since before."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TypeAlias

import httpx

from belts import seal
from belts.refusal import Caught, Refusal
from gate.agent import HEADERS
from gate.alias.move.atomicity import Atomicity
from gate.amounts import amount
from gate.connections import client_options
from gate.exchange import NONE, Answer, post
from gate.observations.dial import Sealed
from gate.seals import Seals
from gate.secret import Address

QUESTION = {"query": "{ __typename }"}
IN_A_ROW = 3
PAUSE = 0.02
PATIENCE = timedelta(seconds=2)
"""How long one question may take before it counts as unanswered."""
UNNAMED = "a belt without a name"
"""An answer that neither a seal nor a name tells the belt of."""


Spoken: TypeAlias = tuple[Mapping[str, bool], ...]
OURS: Spoken = ({"http2": False}, {"http1": False, "http2": True})


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreign:
    """Of an alias that is no gateway of ours: what each belt seals its answers with, where it does.

    No gateway of ours puts a name on an answer there, so the seal says whose it is. `writer` is the digest of
    what moves the alias.
    """

    writer: str
    known: Mapping[str, Seals]

    def names(self, belt: str) -> frozenset[str]:
        """What an answer of this belt may be called; of one that seals nothing, also nothing."""
        return frozenset({belt} if belt in self.known else {belt, UNNAMED})


class NobodyThereError(Refusal):
    """No gateway answers at all, so nobody would notice a move."""


class NotArrivedError(Caught):
    """The gateway did not answer from the expected belt in time: what it should have, and what it did."""

    def __init__(self, *, expected: str, seen: str) -> None:
        """Keep both for whoever says what follows from it."""
        self.expected, self.seen = expected, seen
        super().__init__(f"expected {expected}; seen: {seen}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """How often the gateway was asked until all answers came from the belt, and how often in vain."""

    asked: int
    elsewhere: int
    atomicity: Atomicity | None = None
    """How consumers saw the move; None where the alias is a gateway of ours, which moves at once."""

    @property
    def words(self) -> str:
        """As the ledger keeps it."""
        told = f"{amount(self.asked, 'answer')}, {self.elsewhere} of them from elsewhere"
        return told if self.atomicity is None else f"{told}; {self.atomicity.words}"


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayConnections:
    """A gateway with connections to it that stay open: what was opened before a move is asked after it."""

    url: Address
    held: tuple[httpx.AsyncClient, ...]
    foreign: Foreign | None = None

    async def leads_to(self, belt: str, within: timedelta, seals: Seals | None = None) -> Arrival:
        """Asks on held and on fresh connections until each answers from `belt`, several times in a row.

        The name on an answer is what the gateway believes. Where the belt has `seals`, each answer has to
        carry one that fits its own question: a name alone is then no arrival.
        """
        asked = elsewhere = in_a_row = 0
        seen: tuple[str, ...] = ()
        right = {belt} if self.foreign is None else self.foreign.names(belt)
        try:
            async with asyncio.timeout(within.total_seconds()):
                while in_a_row < IN_A_ROW:
                    answers = await self._ask(seals)
                    asked += len(answers)
                    wrong = tuple(answer for answer in answers if answer not in right)
                    elsewhere += len(wrong)
                    in_a_row = 0 if wrong else in_a_row + 1
                    seen = wrong or seen
                    await asyncio.sleep(PAUSE)
        except TimeoutError:
            raise NotArrivedError(
                expected=f"{self.url} to answer from {belt} on every connection "
                f"within {within.total_seconds():g} s",
                seen=", ".join(sorted(set(seen))) or "no answer at all",
            ) from None
        return Arrival(asked=asked, elsewhere=elsewhere)

    async def stands(self) -> None:
        """Raises `NobodyThereError` where no gateway answers; a belt that is dead behind it is no matter."""
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(_clients()[0])
            try:
                await _asked(client, self.url)
            except httpx.HTTPError as error:
                raise NobodyThereError(
                    "the alias stays where it is",
                    expected=f"a gateway at {self.url}",
                    seen=f"no answer ({type(error).__name__})",
                    now="bring it up with `pulumi up` on its stack, then move the alias",
                ) from None

    async def _ask(self, seals: Seals | None) -> list[str]:
        async with AsyncExitStack() as stack:
            fresh = [await stack.enter_async_context(client) for client in self.clients()]
            return await asyncio.gather(*(self.answer(client, seals) for client in (*self.held, *fresh)))

    def clients(self) -> tuple[httpx.AsyncClient, ...]:
        """New clients of one connection, one for each protocol that is spoken there."""
        return _clients() if self.foreign is None else _clients(_spoken(self.url))

    async def answer(self, client: httpx.AsyncClient, seals: Seals | None = None) -> str:
        """The belt that one answer is of, or words for an answer that is none."""
        return await _answer(client, self.url, seals, self.foreign)


@asynccontextmanager
async def opened(
    url: Address, connections: int = 2, foreign: Foreign | None = None
) -> AsyncIterator[GatewayConnections]:
    """Opens connections of either protocol to the gateway and keeps them open."""
    spoken = OURS if foreign is None else _spoken(url)
    async with AsyncExitStack() as stack:
        held = [
            await stack.enter_async_context(client) for _ in range(connections) for client in _clients(spoken)
        ]
        # A gateway that answers nothing yet (its first alias) still holds the connection open.
        await asyncio.gather(*(_answer(client, url) for client in held))
        yield GatewayConnections(url=url, held=tuple(held), foreign=foreign)


def _spoken(url: Address) -> Spoken:
    """Of what is not ours nobody knows whether it speaks HTTP/2; where it is encrypted, it says so itself."""
    return ({"http2": False}, {"http2": True}) if url.parts.scheme == "https" else ({"http2": False},)


def _clients(kinds: Spoken = OURS) -> tuple[httpx.AsyncClient, ...]:
    """A client of one connection for each protocol that consumers speak."""
    one = httpx.Limits(max_connections=1)
    return tuple(
        httpx.AsyncClient(
            **client_options(_trusted, limits=one, **kind), timeout=PATIENCE.total_seconds(), headers=HEADERS
        )
        for kind in kinds
    )


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that the machine trusts, as consumers on it do."""
    return ssl.create_default_context()


async def _asked(client: httpx.AsyncClient, url: Address, headers: Mapping[str, str] = NONE) -> Answer:
    return await post(client, url.reveal(), QUESTION, headers=headers, seconds=PATIENCE.total_seconds())


async def _answer(
    client: httpx.AsyncClient, url: Address, seals: Seals | None = None, foreign: Foreign | None = None
) -> str:
    """The belt that one answer names, or words for an answer that is none."""
    challenged = seal.challenge() if seals is None else seals.challenge()
    try:
        response = await _asked(client, url, {seal.CHALLENGE: challenged})
        if not response.ok:
            return f"status {response.status}"
        document = json.loads(response.body)
        if not isinstance(document, dict) or "data" not in document:
            return "an answer without data"
    except (httpx.HTTPError, ValueError) as error:
        return f"no answer ({type(error).__name__})"
    named = response.headers.get("x-belt") or UNNAMED
    if foreign is not None:
        return _sealed(foreign, response, challenged, named)
    if seals is not None and (found := seals.on(response, challenged)) is not Sealed.FITS:
        return f"{found.value}, under the name {named}"
    return named


def _sealed(foreign: Foreign, response: Answer, challenged: str, named: str) -> str:
    """Whose seal it is; a name counts only for a belt that seals nothing."""
    for belt, seals in foreign.known.items():
        if seals.on(response, challenged) is Sealed.FITS:
            return belt
    return f"no seal of it, under the name {named}" if named in foreign.known else named
