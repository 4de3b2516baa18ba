"""`python -m bench.hostile.honest PORT SECONDS FILE`: honest clients, at a fixed rate of requests.

A request is due at its moment: if the one before it was late, it is late too, and that counts. Each client
has an address of its own, and keeps its connections.
"""

import asyncio
import itertools
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import uvloop

from bench.engine.kinds import KINDS

RATE = 200
CLIENTS = 20
NETWORK = "127.1.0"
PATIENCE_S = 30.0


@dataclass(kw_only=True, slots=True)
class Asked:
    """What honest clients saw: the seconds of each answer, and descriptions of failures."""

    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """The seconds within which this share of all answers arrived."""
        found = sorted(self.seconds)
        return found[min(len(found) - 1, int(share * len(found)))] if found else 0.0


class Client:
    """One client: an address, and idle connections."""

    def __init__(self, port: int, number: int) -> None:
        self.port = port
        self.address = f"{NETWORK}.{number}"
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, body: bytes) -> str:
        """Asks; returns an empty text, or what is wrong with the answer."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                status, answer = await self._exchange(body)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            return f"no answer: {type(error).__name__}"
        right = status == 200 and answer.startswith(b'{"data":')
        return "" if right else f"{status}: {answer[:200].decode(errors='replace')}"

    async def _exchange(self, body: bytes) -> tuple[int, bytes]:
        reader, writer = self.free.pop() if self.free else await self._open()
        try:
            writer.write(request(body))
            head = await reader.readuntil(b"\r\n\r\n")
            answer = await reader.readexactly(length(head))
        except BaseException:
            writer.close()
            raise
        self.free.append((reader, writer))
        return int(head.split(b" ", 2)[1]), answer

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(self.address, 0), limit=4 * 2**20
        )


def request(body: bytes) -> bytes:
    """A request in wire format."""
    head = f"host: belt\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return f"POST /v1/graphql HTTP/1.1\r\n{head}\r\n\r\n".encode() + body


def length(head: bytes) -> int:
    """The length of the body after this head."""
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return 0


async def ask(port: int, seconds: float) -> Asked:
    """Asks for this long."""
    asked, chance = Asked(), random.Random(7)
    clients = itertools.cycle([Client(port, number) for number in range(1, CLIENTS + 1)])
    tasks: set[asyncio.Task[None]] = set()
    began = time.monotonic()

    async def one(client: Client, body: bytes, due: float) -> None:
        wrong = await client.ask(body)
        asked.seconds.append(time.monotonic() - due)
        if wrong:
            asked.failed.append(f"{due - began:.1f} s: {wrong}")

    for number in range(int(RATE * seconds)):
        due = began + number / RATE
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        kind = KINDS[number % len(KINDS)]
        body = kind.body(kind.engine, kind.format % chance.randint(0, kind.most)).encode()
        task = asyncio.create_task(one(next(clients), body, due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    while tasks:
        await asyncio.wait(tasks)
    return asked


def main(port: str, seconds: str, file: str) -> int:
    """Asks, and writes the results to a file."""
    Path(file).write_text(json.dumps(asdict(uvloop.run(ask(int(port), float(seconds))))))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
