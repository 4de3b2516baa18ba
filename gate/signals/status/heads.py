"""Reads the heads of chains by RPC: a belt's own report of a chain is no measure of the belt."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from gate.jsonrpc import quantity, question
from gate.secret import Address
from gate.signals.status.request import ask
from gate.signals.status.unseen import Unseen

WHOM = "the chain's RPC"
LARGEST = 2**53 - 1
"""The largest number that a consumer's JSON represents exactly."""

Heads = Mapping[int, int | Unseen]


class Chains:
    """Asks one provider per chain, after it has confirmed that it serves that chain."""

    def __init__(self, providers: Mapping[int, Address], http: httpx.AsyncClient) -> None:
        self._providers = providers
        self._http = http
        self._proved: set[int] = set()

    async def heads(self) -> Heads:
        """The newest block of each chain, or why it is unknown."""
        told = await asyncio.gather(*(self._head(chain) for chain in self._providers))
        return dict(zip(self._providers, told, strict=True))

    async def _head(self, chain: int) -> int | Unseen:
        if chain not in self._proved:
            told = await self._number(chain, "eth_chainId")
            if isinstance(told, Unseen):
                return told
            if told != chain:
                return Unseen(f"{WHOM} is one of chain {told}")
            self._proved.add(chain)
        return await self._number(chain, "eth_blockNumber")

    async def _number(self, chain: int, method: str) -> int | Unseen:
        answer = await ask(self._http, self._providers[chain].reveal(), question(1, method), WHOM)
        return answer if isinstance(answer, Unseen) else _quantity(answer)


def _quantity(answer: Any) -> int | Unseen:
    """A number in JSON-RPC's format."""
    number = quantity(answer.get("result")) if isinstance(answer, dict) else None
    if number is not None and number <= LARGEST:
        return number
    return Unseen(f"{WHOM} answers without a number")
