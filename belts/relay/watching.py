"""Watches the serving belts beside this one every few seconds, and gives way to them."""

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from belts.provider.routes import Routes, Upstream
from belts.relay.counters import Counters
from belts.relay.giving_way import GivingWay
from belts.relay.serving import Unread, neighbours, progress
from belts.relay.turns import TooLong, Turns

EVERY_S = 5.0
HEAD = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}).encode()
HEADERS = {"content-type": "application/json"}


@dataclass(kw_only=True, slots=True)
class Watching:
    """One relay's view of its neighbours; while it cannot see them, its rate stays."""

    root: Path
    belt: str
    routes: Routes
    client: httpx.AsyncClient
    turns: Turns
    counters: Counters
    every_s: float = EVERY_S
    _way: GivingWay = field(default_factory=GivingWay)
    _said: float = 1.0

    async def run(self) -> None:
        """Looks repeatedly until cancelled; reports a failed look and goes on."""
        while True:
            try:
                await self.look()
            except Exception as fault:  # noqa: BLE001 -- whatever it is: questions are passed on all the same
                self._tell(f"it cannot be seen whether a belt beside this one serves: {type(fault).__name__}")
            await asyncio.sleep(self.every_s)

    async def look(self) -> None:
        """Looks once, and sets the resulting rate."""
        lags: dict[tuple[int, int], int] = {}
        ports = neighbours(self.root, self.belt)
        seen = {port: await progress(self.client, port) for port in ports or ()}
        if any(isinstance(found, Unread) for found in seen.values()):
            return
        moving = {port: found for port, found in seen.items() if found and not isinstance(found, Unread)}
        heads = await self._heads(moving) if moving else {}
        for port, found in moving.items():
            lags |= {
                (port, chain): max(0, heads[chain] - at) for chain, at in found.items() if chain in heads
            }
        self._take(1.0 if ports is None else self._way.after(lags))

    def _take(self, share: float) -> None:
        self.turns.allowance.give(share)
        self.counters.rate(self.routes.rate * share)
        if (share < 1.0) != (self._said < 1.0):
            self._tell("gives way: the belt that serves falls behind" if share < 1.0 else "takes up again")
        self._said = share

    async def _heads(self, moving: Mapping[int, Mapping[int, int]]) -> dict[int, int]:
        """The newest block of each shared chain, as reported by this belt's own provider."""
        shared = {chain for found in moving.values() for chain in found}
        first: dict[int, Upstream] = {}
        for one in self.routes.upstreams:
            if one.chain in shared:
                first.setdefault(one.chain, one)
        told = await asyncio.gather(*(self._head(one) for one in first.values()))
        return {chain: head for chain, head in zip(first, told, strict=True) if head is not None}

    async def _head(self, upstream: Upstream) -> int | None:
        try:
            await self.turns.take(upstream, 1)
            told = await self.client.post(upstream.url, content=HEAD, headers=HEADERS)
            return int(told.json()["result"], 16)
        except (TooLong, httpx.HTTPError, ValueError, KeyError, TypeError):
            return None

    def _tell(self, words: str) -> None:
        print(f"{self.belt}: relay: {words}", file=sys.stderr, flush=True)
