"""A provider that keeps to its own limits and refuses in its own words; a strange question fails the test."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import httpx
import orjson

from gate.endpoints import Belt, Endpoints
from gate.policy.chains import ExpectedChain
from gate.policy.model import Mode, Policy
from gate.policy.providers import Providers
from gate.probes.world import World
from gate.secret import Address

CONTRACT = "0x" + "c0" * 20
TOPIC = "0x" + "70" * 32
URL = "https://eth.provider.test/v2/a-long-secret-key"


@dataclass(frozen=True, kw_only=True)
class Words:
    """How a provider refuses: its status, its code, its words, and what stands under `data`."""

    name: str
    message: str
    code: int | None = -32000
    status: int = 200
    data: Any = None

    def reply(self, number: object) -> httpx.Response:
        return httpx.Response(self.status, json=self.error(number))

    def error(self, number: object) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        return {"jsonrpc": "2.0", "id": number, "error": error | ({"data": self.data} if self.data else {})}


TOO_MUCH = Words(name="Infura", code=-32005, message="query returned more than 10000 results")
NO_BATCH = Words(name="any", code=-32600, message="Batch requests are not allowed", status=500)


@dataclass(kw_only=True)
class Strict:
    """Logs by block and index, and what is too much: blocks of a range, logs of an answer, a batch."""

    places: Iterable[tuple[int, int]] = ()
    chain: int = 1
    most_blocks: int = 10**9
    most_logs: int = 10**9
    most_batch: int = 10**9
    refusal: Words = TOO_MUCH
    batch_refusal: Words | Callable[[httpx.Request], httpx.Response] = NO_BATCH
    asked: list[tuple[float, Any]] = field(default_factory=list)
    answered_logs: int = 0

    def handle(self, request: httpx.Request) -> httpx.Response:
        document = orjson.loads(request.content)
        self.asked.append((monotonic(), document))
        if isinstance(document, dict):
            return self._one(document)
        if len(document) > self.most_batch:
            refuse = self.batch_refusal
            return refuse.reply(None) if isinstance(refuse, Words) else refuse(request)
        return httpx.Response(200, json=[orjson.loads(self._one(one).content) for one in document])

    def methods(self) -> list[str]:
        """What was asked, one by one or in batches."""
        flat = [one for _, asked in self.asked for one in (asked if isinstance(asked, list) else [asked])]
        return [one["method"] for one in flat]

    def _one(self, asked: dict[str, Any]) -> httpx.Response:
        assert asked["jsonrpc"] == "2.0", asked
        answer = getattr(self, asked["method"])(asked["id"], *asked["params"])
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": asked["id"], "result": answer})

    def eth_chainId(self, _: object) -> str:  # noqa: N802 - the method's own name
        return hex(self.chain)

    def eth_blockNumber(self, _: object) -> str:  # noqa: N802
        return hex(1000)

    def eth_getLogs(self, number: object, asked: dict[str, Any]) -> Any:  # noqa: N802
        assert set(asked) == {"address", "topics", "fromBlock", "toBlock"}, asked
        assert (asked["address"], asked["topics"]) == (CONTRACT, [[TOPIC]])
        first, last = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
        assert first <= last, asked
        found = [place for place in self.places if first <= place[0] <= last]
        if last - first + 1 > self.most_blocks or len(found) > self.most_logs:
            return self.refusal.reply(number)
        self.answered_logs += len(found)
        return [log(*place) for place in found]

    def eth_getBlockReceipts(self, _: object, block: str) -> Any:  # noqa: N802
        found = [log(*place) for place in self.places if place[0] == int(block, 16)]
        return [{"logs": [*found, log(int(block, 16), 10**6) | {"address": "0x" + "ee" * 20}]}]


def log(block: int, index: int) -> dict[str, Any]:
    """A log as a provider gives it."""
    return {
        "blockNumber": hex(block),
        "blockHash": f"0x{block:064x}",
        "logIndex": hex(index),
        "transactionHash": f"0x{block * 1000 + index:064x}",
        "address": CONTRACT,
        "topics": [TOPIC],
        "data": "0x",
        "removed": False,
    }


def world(
    strict: Callable[[httpx.Request], httpx.Response],
    *,
    seconds: float = 60.0,
    providers: Providers | None = None,
    url: str = URL,
) -> World:
    """A run that asks one provider; where no rate is named it is asked as fast as it answers."""
    chain = ExpectedChain(id=1, rpc=(Address(url),), indexed_from=())
    rates = providers or Providers(rate=1_000_000)
    return World(
        endpoints=Endpoints(serving=None, candidate=Belt(graphql=Address("http://belt.test"))),
        policy=Policy(version=1, digest="", mode=Mode.PARITY, chains=(chain,), providers=rates),
        http=httpx.AsyncClient(transport=httpx.MockTransport(strict)),
        seed=1,
        began=datetime.now(UTC),
        ends=monotonic() + seconds,
    )
