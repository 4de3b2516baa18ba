"""A real chain with known logs, providers in front of it that misbehave, and a candidate that indexed it."""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gate.endpoints import Belt as Doors
from gate.endpoints import Endpoints
from gate.evidence import Store
from gate.observations.truth import ContractSeen, Truth, WindowSeen
from gate.policy.chains import ExpectedChain, Finality, Receipts
from gate.policy.groundtruth import Golden, GroundTruth, Windows
from gate.policy.model import Mode, Policy
from gate.policy.proof import Extent
from gate.policy.signature import event_signature
from gate.probes.truth.look import look
from gate.probes.world import World
from gate.seal import Seal
from gate.secret import Address, Secret
from tests.live import plain
from tests.live.gate.content.belt import Belt
from tests.live.gate.relay import Question, Reply, as_json

EVENT = event_signature("Paid(uint256 amount)")
ENTITY = '"chain_id" INTEGER NOT NULL, "block" INTEGER NOT NULL, "amount" NUMERIC NOT NULL'


@dataclass(frozen=True, kw_only=True, slots=True)
class Anvil:
    """A real chain, and a contract on it that logs `Paid(7)` whenever it is called."""

    url: str
    chain: int
    contract: str
    sender: str

    def ask(self, method: str, *params: object) -> Any:
        """One question, answered."""
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = plain.post(self.url, json=question, trust_env=False).json()
        assert "error" not in answer, answer
        return answer["result"]

    def send(self, transaction: Mapping[str, str]) -> dict[str, Any]:
        """A block with one transaction; what comes back is its receipt."""
        sent = self.ask("eth_sendTransaction", transaction)
        self.mine(1)
        receipt: dict[str, Any] | None = self.ask("eth_getTransactionReceipt", sent)
        assert receipt is not None, f"{sent} is not in block {self.height}"
        return receipt

    def pay(self, **fields: str) -> None:
        """A block with one log."""
        self.send({"from": self.sender, "to": self.contract, **fields})

    def mine(self, blocks: int) -> None:
        """Blocks of what was sent: all of it in the first."""
        self.ask("anvil_mine", hex(blocks))

    @property
    def height(self) -> int:
        """The last block."""
        return int(self.ask("eth_blockNumber"), 16)


def deploy(url: str, chain: int) -> Anvil:
    """Puts the contract on a chain: it logs the 32 bytes of the number 7 under the event's topic."""
    anvil = Anvil(url=url, chain=chain, contract="", sender="")
    sender = anvil.ask("eth_accounts")[0]
    runtime = bytes.fromhex(f"6007 6000 52 7f{EVENT.topic0[2:]} 6020 6000 a1 00")
    code = bytes.fromhex(f"60{len(runtime):02x}600c60003960{len(runtime):02x}6000f3") + runtime
    receipt = anvil.send({"from": sender, "data": "0x" + code.hex()})
    return replace(anvil, contract=receipt["contractAddress"], sender=sender)


def index(belt: Belt, anvil: Anvil, *, start: int = 0) -> None:
    """Fills a candidate's database as an indexer of the contract does."""
    belt.seed(anvil.chain, progress=anvil.height, start=start)
    belt.entity("Payment", ENTITY)
    asked = {"address": anvil.contract, "fromBlock": "0x0", "toBlock": "latest"}
    for log in anvil.ask("eth_getLogs", asked):
        block, number = int(log["blockNumber"], 16), int(log["logIndex"], 16)
        belt.fill("Payment", (f"{anvil.chain}_{block}_{number}", anvil.chain, block, int(log["data"], 16)))
        belt.execute(
            "INSERT INTO raw_events VALUES (%s, 0, 'Paid', 'Till', %s, %s, %s, %s, 0, '{}', '{}', '{}')",
            (anvil.chain, block, number, anvil.contract, log["blockHash"]),
        )


def promise(anvil: Anvil, *goldens: tuple[str, int], **fields: Any) -> GroundTruth:
    """What the policy says of the contract."""
    standard = GroundTruth(
        chain=anvil.chain,
        contract=anvil.contract,
        event=EVENT,
        entity="Payment",
        goldens=tuple(Golden(transaction=transaction, log_index=index) for transaction, index in goldens),
        windows=Windows(count=2, blocks=1000),
        columns=(("amount", "amount"),),
    )
    return replace(standard, **fields)


@asynccontextmanager
async def world(
    belt: Belt,
    truths: Iterable[GroundTruth],
    rpc: Iterable[str],
    *,
    own: Iterable[str] = (),
    receipts: Receipts = Receipts.STANDARD,
    seconds: float = 20.0,
    cache: Path | None = None,
    finality: Finality = Finality.DEPTH,
    proof: Extent = Extent.SAMPLING,
    one_node: bool = False,
    depth: int = 0,
) -> AsyncIterator[World]:
    """What a probe is given, about one chain."""
    truths = tuple(truths)
    chain = ExpectedChain(
        id=truths[0].chain,
        rpc=tuple(map(Address, rpc)),
        indexed_from=tuple(map(Address, own)),
        reorg_depth=depth,
        finality=finality,
        receipts=receipts,
        one_node=one_node,
    )
    policy = Policy(version=1, digest="", mode=Mode.PARITY, chains=(chain,), ground_truth=truths, proof=proof)
    candidate = Doors(graphql=Address("http://127.0.0.1:9/v1/graphql"), database=Secret(belt.dsn))
    async with plain.async_client(trust_env=False) as http:
        yield World(
            endpoints=Endpoints(serving=None, candidate=candidate),
            policy=policy,
            http=http,
            seed=42,
            began=datetime.now(UTC),
            ends=time.monotonic() + seconds,
            cache=Store(directory=cache, seal=Seal(b"only for a test")) if cache else None,
        )


async def seen(belt: Belt, truth: GroundTruth, *rpc: str, **fields: Any) -> ContractSeen:
    """What the probe sees of one contract."""
    async with world(belt, [truth], rpc, **fields) as given:
        found = await look(given)
    assert isinstance(found, Truth), found
    [chain] = found.chains
    [contract] = chain.contracts
    return contract


def window(contract: ContractSeen) -> WindowSeen:
    """The one window that a young chain has."""
    assert isinstance(contract.windows, tuple), contract.windows
    [found] = contract.windows
    return found


Twist = Callable[[Question, Callable[[], Reply]], Reply]
Change = Callable[[str, list[Any], Any], Any]


def changing(change: Change) -> Twist:
    """A provider that changes results: `change` gets the method, its parameters and the honest result."""

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        asked, reply = question.json, upstream()
        single = isinstance(asked, dict)
        answers = [reply.json] if single else reply.json
        params = {one["id"]: one for one in ([asked] if single else asked)}
        for answer in answers:
            one = params[answer["id"]]
            if "result" in answer:
                answer["result"] = change(one["method"], one["params"], answer["result"])
        return as_json(answers[0] if single else answers)

    return twist


def refusing(method: str, error: dict[str, object], *, when: Callable[[Any], bool] = lambda _: True) -> Twist:
    """A provider that refuses one method, for the questions that `when` picks."""

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        asked = question.json
        if isinstance(asked, dict) and asked["method"] == method and when(asked["params"]):
            return as_json({"jsonrpc": "2.0", "id": asked["id"], "error": error})
        return upstream()

    return twist
