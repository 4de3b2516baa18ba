"""The heads of chains, as their RPC tells them: a belt's own word about a chain is no measure of the belt."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import httpx

from gate.beacon.ask import ask
from gate.beacon.unseen import Unseen
from gate.secret import Address

WHOM = "the chain's RPC"
QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,13}")
"""As JSON-RPC writes a number, and none that a consumer's JSON could not hold."""

Heads = Mapping[int, int | Unseen]


class Chains:
    """Asks one provider for each chain, and believes none before it has said that it is of that chain."""

    def __init__(self, providers: Mapping[int, Address], http: httpx.AsyncClient) -> None:
        self._providers = providers
        self._http = http
        self._proved: set[int] = set()

    async def heads(self) -> Heads:
        """The newest block of each chain, or why it is not known."""
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
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": []}
        answer = await ask(self._http, self._providers[chain].reveal(), question, WHOM)
        return answer if isinstance(answer, Unseen) else _quantity(answer)


def _quantity(answer: Any) -> int | Unseen:
    """A number as JSON-RPC writes it."""
    result = answer.get("result") if isinstance(answer, dict) else None
    if isinstance(result, str) and QUANTITY.fullmatch(result):
        return int(result, 16)
    return Unseen(f"{WHOM} answers without a number")
