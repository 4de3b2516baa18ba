"""Describes the past of a chain: how many events of each kind, and some events that are known by name."""

from collections import defaultdict
from typing import Any

from belts.refusal import Refusal
from examples.chains.contracts import CONTRACTS
from examples.chains.plan import Plan
from examples.chains.rpc import Rpc

WINDOW = 100

# The name of an event in the plan, and the entity that the example indexer makes of it.
PLANNED = {
    ("Points", "Transfer"): "transfers",
    ("Vault", "PriceSet"): "prices",
    ("Vault", "PositionOpened"): "opened",
    ("Vault", "PositionClosed"): "closed",
    ("Badges", "BadgeAwarded"): "awarded",
}
ENTITIES = {
    "Transfer": "Transfer",
    "PriceSet": "Price",
    "PositionOpened": "Position",
    "BadgeAwarded": "Badge",
}
NUMBERED = {"Position", "Badge"}  # their rows are named by the number in the log's second topic


class HistoryFailed(Refusal):
    """The past that was made is not the planned one."""

    def __init__(self, chain: int, *, expected: str, seen: str, log_tail: str = "") -> None:
        super().__init__(
            f"the past of chain {chain} was not made",
            expected=expected,
            seen=seen,
            now="run the same again; nothing is kept of what was not whole",
            log_tail=log_tail,
        )


def describe(rpc: Rpc, wanted: Plan) -> dict[str, Any]:
    """Reads the past back from the chain; it must hold exactly the events of the plan."""
    head = rpc.call("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 -- as JSON-RPC has it
    found = _logs(rpc, last=int(head["number"], 16))
    counts = {event: len(found[event]) for event in PLANNED}
    planned = {event: wanted.count(kind) for event, kind in PLANNED.items()}
    if counts != planned or found.keys() - PLANNED.keys():
        raise HistoryFailed(wanted.chain, expected=f"events as planned, {planned}", seen=f"{counts}")
    return {
        "chain": wanted.chain,
        "seed": wanted.seed,
        "holders": wanted.holders,
        "head": {name: int(head[name], 16) for name in ("number", "timestamp")} | {"hash": head["hash"]},
        "contracts": [
            {
                "name": contract.name,
                "address": contract.address,
                "events": {event: counts[contract.name, event] for event in sorted(contract.topics.values())},
            }
            for contract in CONTRACTS
        ],
        "goldens": [
            _golden(wanted.chain, contract, event, log)
            for (contract, event), logs in sorted(found.items())
            if event in ENTITIES and logs
            for log in (logs[0], logs[len(logs) // 2], logs[-1])
        ],
    }


def _logs(rpc: Rpc, *, last: int) -> dict[tuple[str, str], list[dict[str, Any]]]:
    contracts = {contract.address.lower(): contract for contract in CONTRACTS}
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for start in range(0, last + 1, WINDOW):
        blocks = {"fromBlock": hex(start), "toBlock": hex(min(start + WINDOW - 1, last))}
        for log in rpc.call("eth_getLogs", blocks):
            contract = contracts[log["address"]]
            found[contract.name, contract.topics[log["topics"][0]]].append(log)
    return found


def _golden(chain: int, contract: str, event: str, log: dict[str, Any]) -> dict[str, Any]:
    entity, block, index = ENTITIES[event], int(log["blockNumber"], 16), int(log["logIndex"], 16)
    row = int(log["topics"][1], 16) if entity in NUMBERED else f"{block}-{index}"
    return {
        "contract": contract,
        "event": event,
        "block": block,
        "blockHash": log["blockHash"],
        "transaction": log["transactionHash"],
        "logIndex": index,
        "entity": entity,
        "id": f"{chain}-{row}",
    }
