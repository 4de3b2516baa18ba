"""A provider of a synthetic chain: `python -m bench.prove.provider PORT LOGS PER_BLOCK EVERY RATE`.

Every `EVERY`th block has `PER_BLOCK` logs. It returns at most 10,000 blocks and 10,000 logs at once, and
answers at most `RATE` questions per second, as the large providers do.
"""

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from belts.refusal import Caught

CONTRACT = "0x" + "12" * 20
TOPIC = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
MOST = 10_000
BEYOND = 1_000
"""Blocks above the last log, so that it is final."""

NOTHING = "0x" + "0" * 64
HASHED = 1 << 255
"""A block's hash is its number plus this, so that no block has the zero hash."""


def hash_of(block: int) -> str:
    """The hash of a block."""
    return f"0x{HASHED + block:064x}"


class Busy(Caught):
    """More questions than the rate allows."""


class Chain:
    """The chain, and the count of its questions."""

    def __init__(self, logs: int, per_block: int, every: int, rate: float) -> None:
        self.logs, self.per_block, self.every, self.rate = logs, per_block, every, rate
        self.head = logs // per_block * every + BEYOND
        self.asked, self._free, self._lock = 0, rate, threading.Lock()
        self._then = time.monotonic()

    def answer(self, method: str, params: list[Any]) -> Any:
        if method == "bench_asked":
            return self.asked
        with self._lock:
            now = time.monotonic()
            self._free = min(self.rate, self._free + (now - self._then) * self.rate)
            self._then = now
            if self._free < 1:
                raise Busy
            self._free -= 1
            self.asked += 1
        match method:
            case "eth_chainId":
                return "0x1"
            case "eth_blockNumber":
                return hex(self.head)
            case "eth_getCode":
                return "0x00"
            case "eth_getBlockByNumber":
                return self._block(self.head if params[0] in {"latest", "finalized"} else int(params[0], 16))
            case "eth_getLogs":
                return self._logs(params[0])
        raise ValueError(method)

    def _block(self, number: int) -> dict[str, str]:
        bloom = "0x1" if number % self.every == 0 else "0x0"
        return {
            "number": hex(number),
            "hash": hash_of(number),
            "parentHash": hash_of(number - 1) if number else NOTHING,
            "timestamp": hex(number),
            "receiptsRoot": NOTHING,
            "logsBloom": bloom,
        }

    def _logs(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        if "blockHash" in asked:
            first = last = int(asked["blockHash"], 16) - HASHED
        else:
            first, last = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
        if last - first >= MOST:
            raise ValueError(f"block range is too wide: at most {MOST} blocks")
        blocks = range(-(-first // self.every) * self.every, last + 1, self.every)
        if len(blocks) * self.per_block > MOST:
            raise ValueError(f"query returned more than {MOST} results")
        return [self._log(block, index) for block in blocks for index in range(self.per_block)]

    def _log(self, block: int, index: int) -> dict[str, Any]:
        row = block // self.every * self.per_block + index
        return {
            "address": CONTRACT,
            "topics": [TOPIC, f"0x{row % 997:064x}", f"0x{row % 991:064x}"],
            "data": f"0x{row * 7919 * 10**18:064x}",
            "blockNumber": hex(block),
            "blockHash": hash_of(block),
            "transactionHash": hash_of(block),
            "transactionIndex": "0x0",
            "logIndex": hex(index),
            "removed": False,
        }


def serve(port: int, chain: Chain) -> None:
    """Answers until the process is ended."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
            answers = [self._one(each) for each in (asked if isinstance(asked, list) else [asked])]
            body = orjson.dumps(answers if isinstance(asked, list) else answers[0])
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _one(self, question: dict[str, Any]) -> dict[str, Any]:
            found: dict[str, Any] = {"jsonrpc": "2.0", "id": question["id"]}
            try:
                return found | {"result": chain.answer(question["method"], question["params"])}
            except Busy:
                return found | {"error": {"code": 429, "message": "too many requests"}}
            except ValueError as error:
                return found | {"error": {"code": -32005, "message": str(error)}}

        def log_message(self, *_: object) -> None:
            """Logs nothing."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    PORT, LOGS, PER_BLOCK, EVERY, RATE = map(int, sys.argv[1:])
    serve(PORT, Chain(LOGS, PER_BLOCK, EVERY, RATE))
