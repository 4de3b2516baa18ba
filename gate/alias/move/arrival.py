"""Waits until a gateway answers from one belt alone, on fresh connections and on those open since before."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import httpx

from belts import seal
from belts.refusal import Caught, Refusal
from gate.agent import HEADERS
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

    @property
    def words(self) -> str:
        """As the ledger keeps it."""
        return f"{amount(self.asked, 'answer')}, {self.elsewhere} of them from elsewhere"


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayConnections:
    """A gateway with connections to it that stay open: what was opened before a move is asked after it."""

    url: Address
    held: tuple[httpx.AsyncClient, ...]

    async def leads_to(self, belt: str, within: timedelta, seals: Seals | None = None) -> Arrival:
        """Asks on held and on fresh connections until each answers from `belt`, several times in a row.

        The name on an answer is what the gateway believes. Where the belt has `seals`, each answer has to
        carry one that fits its own question: a name alone is then no arrival.
        """
        asked = elsewhere = in_a_row = 0
        seen: tuple[str, ...] = ()
        try:
            async with asyncio.timeout(within.total_seconds()):
                while in_a_row < IN_A_ROW:
                    answers = await self._ask(seals)
                    asked += len(answers)
                    wrong = tuple(answer for answer in answers if answer != belt)
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
            fresh = [await stack.enter_async_context(client) for client in _clients()]
            return await asyncio.gather(
                *(_answer(client, self.url, seals) for client in (*self.held, *fresh))
            )


@asynccontextmanager
async def opened(url: Address, connections: int = 2) -> AsyncIterator[GatewayConnections]:
    """Opens connections of either protocol to the gateway and keeps them open."""
    async with AsyncExitStack() as stack:
        held = [await stack.enter_async_context(client) for _ in range(connections) for client in _clients()]
        # A gateway that answers nothing yet (its first alias) still holds the connection open.
        await asyncio.gather(*(_answer(client, url) for client in held))
        yield GatewayConnections(url=url, held=tuple(held))


def _clients() -> tuple[httpx.AsyncClient, ...]:
    """A client of one connection for each protocol that consumers speak."""
    one, kinds = httpx.Limits(max_connections=1), ({"http2": False}, {"http1": False, "http2": True})
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


async def _answer(client: httpx.AsyncClient, url: Address, seals: Seals | None = None) -> str:
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
    named = response.headers.get("x-belt") or "a belt without a name"
    if seals is not None and (found := seals.on(response, challenged)) is not Sealed.FITS:
        return f"{found.value}, under the name {named}"
    return named
