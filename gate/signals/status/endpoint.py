"""Looks at the alias, its belt and the chains, at most once a second for all requests."""

import asyncio
import sys
from datetime import UTC, datetime

import httpx

from gate.alias.store import AliasRefused, Store
from gate.signals.status import answer
from gate.signals.status.answer import Json
from gate.signals.status.belt import Belts
from gate.signals.status.heads import Chains
from gate.signals.status.throttle import Fresh

FRESH_SECONDS = 1.0

Said = tuple[int, Json]


class StatusEndpoint:
    """The status of one gateway."""

    def __init__(self, alias: Store, chains: Chains, belts: Belts) -> None:
        self._alias = alias
        self._chains = chains
        self._belts = belts
        self._fresh: Fresh[Said] = Fresh(self._look, seconds=FRESH_SECONDS)
        self._complaint = ""

    async def say(self) -> Said:
        """The status code and body; after the alias moves, it looks again, however recent the last look."""
        return await self._fresh.get(self._alias.version())

    async def _look(self) -> Said:
        try:
            served = self._alias.read()
        except AliasRefused as refusal:
            self._complain(str(refusal))
            return httpx.codes.SERVICE_UNAVAILABLE, answer.nobody("the alias cannot be read")
        self._complain("")
        if served is None:
            return httpx.codes.SERVICE_UNAVAILABLE, answer.nobody("no belt has been promoted yet")
        committed, heads = await asyncio.gather(
            self._belts.committed(served.serves.dial), self._chains.heads()
        )
        return httpx.codes.OK, answer.serving(served, committed, heads, datetime.now(UTC))

    def _complain(self, words: str) -> None:
        """Logs for the operator what consumers do not see; once, not with every look."""
        if words and words != self._complaint:
            sys.stderr.write(f"{words}\n")
        self._complaint = words
