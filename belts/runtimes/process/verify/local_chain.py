"""The indexed chains, asked and changed over RPC: they are our own, and local."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

from belts.envio.verify.sample_project import POINTS
from belts.runtimes.process.verify.waiting import Unseen

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
MOVE = "0x1e7807f2"
"""`churn(uint256,uint256,uint256)` of the contract."""
MOVES_AT_ONCE, HOLDERS, GAS = 3, 20, hex(5_000_000)
ANSWER_S = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """One log of the contract: who gave what to whom, and where."""

    block: int
    log: int
    giver: str
    taker: str
    value: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """One of the chains."""

    id: int
    url: str

    def head(self) -> int:
        return int(self.ask("eth_blockNumber"), 16)

    def moves(self, to: int, *, since: int = 0) -> tuple[Moved, ...]:
        """The logs of all blocks up to one, in order."""
        wanted = {"address": POINTS, "fromBlock": hex(since), "toBlock": hex(to), "topics": [TRANSFER]}
        found = [_moved(log) for log in self.ask("eth_getLogs", wanted)] if to >= since else []
        return tuple(sorted(found, key=lambda each: (each.block, each.log)))

    def move(self, seed: int) -> None:
        """Moves points between holders in the next block; each seed picks other holders."""
        _, sender, *_ = self.ask("eth_accounts")
        data = MOVE + "".join(f"{value:064x}" for value in (seed, MOVES_AT_ONCE, HOLDERS))
        self.ask("eth_sendTransaction", {"from": sender, "to": POINTS, "data": data, "gas": GAS})

    def mark(self) -> str:
        """Takes a snapshot of the chain for `put_back`."""
        return str(self.ask("evm_snapshot"))

    def put_back(self, mark: str) -> None:
        """Undoes every block since the snapshot; other blocks follow in their place."""
        if self.ask("evm_revert", mark) is not True:
            raise Unseen(f"chain {self.id} cannot be put back")

    def forget_what_waits(self) -> None:
        """Drops waiting transactions: those that depend on undone ones would wait forever and block."""
        self.ask("anvil_dropAllTransactions")

    def ask(self, method: str, *parameters: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        question = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})  # noqa: S310 -- a URL of our own
        with urllib.request.urlopen(question, timeout=ANSWER_S) as answer:  # noqa: S310 -- as above
            told = json.load(answer)
        if "result" not in told:
            raise Unseen(f"chain {self.id} does not answer {method}: {told.get('error')}")
        return told["result"]


def _moved(log: dict[str, Any]) -> Moved:
    _, giver, taker = log["topics"]
    return Moved(
        block=int(log["blockNumber"], 16),
        log=int(log["logIndex"], 16),
        giver=f"0x{giver[-40:]}",
        taker=f"0x{taker[-40:]}",
        value=int(log["data"], 16),
    )
