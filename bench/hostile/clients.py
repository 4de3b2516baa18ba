"""`python -m bench.hostile.clients PORT FILE NICE [KIND …]`: thirty hostile clients, until they are killed.

Each has an address of its own and does its one thing as fast as it can, on several connections, starting
again when it is disconnected. If kinds are named, only those run.

They run at the lowest priority, as if on machines of their own. What they send is counted separately from the
results, because an attack that got no processor was not withstood. The file contains their counts of at most
a second ago: they may get too little processor time to write a final one.
"""

import asyncio
import itertools
import json
import os
import random
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from bench.hostile.honest import length, request
from bench.hostile.requests import hostile

NETWORK = "127.2.0"
NICE = 19
"""Their niceness: beside a normal process, they get a seventieth of a processor."""
NOTES_S = 1.0
SENT = "sent"
"""The counter of requests, messages and connections that were sent."""
GONE = (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError, WebSocketException)
PATIENCE_S = 60.0
SLOW = 'transfer_aggregate(where: {memo: {_iregex: "(a|b|c|d)*%d(x|y)*z"}}) { aggregate { count } }'
LARGE = "{ account(limit: 1000) { key name balance transfers(limit: 1000) { key n amount block memo } } }"


@dataclass(kw_only=True)
class Hostile:
    """One client: its target port, its address, and its counts of the results."""

    port: int
    address: str
    noted: Counter[str]

    def sent(self) -> None:
        """Counts one more as sent."""
        self.noted[SENT] += 1

    async def open(self, *, window: int = 0) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Opens a connection; `window` limits its receive buffer."""
        wire = socket.socket()
        wire.setblocking(False)  # noqa: FBT003 -- it takes no keyword
        if window:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        wire.bind((self.address, 0))
        try:
            await asyncio.get_running_loop().sock_connect(wire, ("127.0.0.1", self.port))
        except BaseException:
            wire.close()
            raise
        return await asyncio.open_connection(sock=wire, limit=window or 2**16)

    async def exchange(self, body: bytes) -> None:
        """Sends one request on a connection of its own, and reads and discards the answer."""
        reader, writer = await self.open()
        try:
            writer.write(request(body))
            await writer.drain()
            self.sent()
            head = await reader.readuntil(b"\r\n\r\n")
            answer = await reader.readexactly(length(head))
            self.noted[_outcome(int(head.split(b" ", 2)[1]), answer)] += 1
        finally:
            writer.close()

    def socket(self) -> connect:
        """Opens a WebSocket."""
        return connect(
            f"ws://127.0.0.1:{self.port}/v1/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
            local_addr=(self.address, 0),
            compression=None,
            open_timeout=PATIENCE_S,
        )


def _outcome(status: int, answer: bytes) -> str:
    """Whether it was answered (even in part, for a batch), or refused, and how."""
    if status != 200:
        return f"refused ({status})"
    return "refused" if answer.startswith(b'{"errors"') else "answered"


async def dear_requests(one: Hostile, chance: random.Random) -> None:
    """The most expensive requests, one after the other."""
    bodies = list(hostile().values())
    chance.shuffle(bodies)
    for body in bodies:
        await one.exchange(body)


async def slow_statements(one: Hostile, chance: random.Random) -> None:
    """Statements that read everything, each different."""
    text = "{" + SLOW % chance.randrange(10**9) + "}"
    await one.exchange(json.dumps({"query": text}).encode())


async def slow_operations(one: Hostile, chance: random.Random) -> None:
    """A socket with fifty operations at a time, half of them subscriptions, all different."""
    kinds = itertools.islice(itertools.cycle(("query", "subscription")), 50)
    texts = (f"{kind} {{{SLOW % chance.randrange(10**9)}}}" for kind in kinds)
    await _operations(one, (json.dumps({"query": text}) for text in texts))


async def many_subscriptions(one: Hostile, chance: random.Random) -> None:
    """A socket with a thousand quick subscriptions, all different."""
    asked = 'subscription {{ account_by_pk(key: "a{}") {{ name }} }}'
    texts = (asked.format(chance.randrange(10**9)) for _ in range(1_000))
    await _operations(one, (json.dumps({"query": text}) for text in texts))


async def _operations(one: Hostile, payloads: Iterable[str]) -> None:
    """Sends all operations on one socket, then reads the results for a while."""
    async with one.socket() as wire:
        await wire.send('{"type":"connection_init"}')
        for number, payload in enumerate(payloads):
            await wire.send(f'{{"type":"subscribe","id":"{number}","payload":{payload}}}')
            one.sent()
        async with asyncio.timeout(PATIENCE_S):
            async for said in wire:
                one.noted[_HEARD.get(str(said)[:13], "other messages")] += 1


_HEARD = {'{"type":"next': "answered", '{"type":"erro': "refused"}


async def idle_sockets(one: Hostile, chance: random.Random) -> None:
    """A socket without operations that sends pings as often as it can."""
    async with one.socket() as wire:
        await wire.send('{"type":"connection_init"}')
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await wire.send('{"type":"ping"}')
                one.sent()
                await asyncio.sleep(chance.random() / 50)


async def slow_readers(one: Hostile, chance: random.Random) -> None:
    """Requests the largest possible answer, without reading it."""
    _, writer = await one.open(window=4_096)
    try:
        # The stream is not read, so it buffers no more than its limit.
        query = LARGE.replace("key", f"k{chance.randrange(9)}: key", 1)
        writer.write(request(json.dumps({"query": query}).encode()))
        await writer.drain()
        one.sent()
        await asyncio.sleep(PATIENCE_S / 2)
    finally:
        writer.transport.abort()


async def large_values(one: Hostile, chance: random.Random) -> None:
    """A stream with one large variable that is used in thousands of places."""
    used = "{name: {_eq: $v}} " * 4_500
    query = (
        "subscription($v: String) { account_stream"
        f'(batch_size: 1, cursor: {{initial_value: {{key: ""}}}}, where: {{_or: [{used}]}}) {{ key }} }}'
    )
    await _operations(one, [json.dumps({"query": query, "variables": {"v": _junk(chance, 850_000)}})])


async def large_subscriptions(one: Hostile, chance: random.Random) -> None:
    """A socket with fifty subscriptions, each with a megabyte of text."""
    query = "subscription($v: String) { account(limit: 1, where: {name: {_eq: $v}}) { key } }"
    asked = ({"query": query, "variables": {"v": _junk(chance, 1_000_000)}} for _ in range(50))
    await _operations(one, map(json.dumps, asked))


def _junk(chance: random.Random, size: int) -> str:
    return str(chance.randrange(10**9)).rjust(size, "x")


async def large_messages(one: Hostile, _: random.Random) -> None:
    """A socket that sends pings, each of a megabyte that is slow to parse."""
    message = '{"type":"ping","payload":[' + "{}," * 340_000 + "1.1234567890123456]}"
    async with one.socket() as wire:
        await wire.send('{"type":"connection_init"}')
        while True:
            await wire.send(message)
            one.sent()


async def half_sent_bodies(one: Hostile, chance: random.Random) -> None:
    """A large body whose end is never sent."""
    _, writer = await one.open()
    try:
        writer.write(b"POST /v1/graphql HTTP/1.1\r\nhost: belt\r\ncontent-length: 1048576\r\n\r\n")
        writer.write(b"{" * 1_040_000)
        await writer.drain()
        one.sent()
        await asyncio.sleep(20 + chance.random() * 20)
    finally:
        writer.transport.abort()


async def silent_connections(one: Hostile, chance: random.Random) -> None:
    """A connection with half a request."""
    _, writer = await one.open()
    try:
        writer.write(b"POST /v1/graphql HTTP/1.1\r\nhost: belt\r\ncontent-length: 900000\r\n\r\n{")
        one.sent()
        await asyncio.sleep(20 + chance.random() * 20)
    finally:
        writer.transport.abort()


async def cheap_requests(one: Hostile, _: random.Random) -> None:
    """As many small requests as possible."""
    await one.exchange(b'{"query":"{ account_by_pk(key: \\"a000001\\") { name } }"}')


async def health(one: Hostile, _: random.Random) -> None:
    """The health check, repeatedly."""
    reader, writer = await one.open()
    try:
        for _number in range(200):
            writer.write(b"GET /healthz HTTP/1.1\r\nhost: belt\r\n\r\n")
            one.sent()
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(length(head))
            one.noted[_outcome(int(head.split(b" ", 2)[1]), b"")] += 1
    finally:
        writer.close()


Doing = Callable[[Hostile, random.Random], Awaitable[None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One activity, its number of clients, and the connections of each."""

    doing: Doing
    clients: int
    connections: int
    least: float
    """What all of them together must send per second to count as an attack.

    It is as much as gets through with hardly any processor time, while the requests are held off.
    """

    @property
    def name(self) -> str:
        """The name for reports."""
        return named(self.doing)


WHAT: tuple[Kind, ...] = (
    Kind(doing=dear_requests, clients=6, connections=2, least=0.5),
    Kind(doing=slow_statements, clients=3, connections=8, least=0.5),
    Kind(doing=slow_operations, clients=3, connections=4, least=2),
    Kind(doing=many_subscriptions, clients=3, connections=4, least=40),
    Kind(doing=idle_sockets, clients=2, connections=150, least=100),
    Kind(doing=slow_readers, clients=4, connections=8, least=0.5),
    Kind(doing=large_values, clients=1, connections=4, least=0.05),
    Kind(doing=large_subscriptions, clients=1, connections=4, least=0.5),
    Kind(doing=large_messages, clients=1, connections=8, least=1),
    Kind(doing=half_sent_bodies, clients=1, connections=200, least=4),
    Kind(doing=silent_connections, clients=2, connections=150, least=6),
    Kind(doing=cheap_requests, clients=2, connections=8, least=10),
    Kind(doing=health, clients=1, connections=8, least=5),
)
BY_SIZE: frozenset[Doing] = frozenset({large_values, large_subscriptions, large_messages, half_sent_bodies})
"""Activities that take memory by size: each is also examined alone, where it takes the most."""


def named(what: Doing) -> str:
    """The name for reports."""
    return what.__name__.replace("_", " ")


async def attack(port: int, file: Path, only: Sequence[str] = ()) -> None:
    """Attacks until it is cancelled; the file contains the counts by kind."""
    wanted = [kind for kind in WHAT if not only or kind.name in only]
    noted: dict[str, Counter[str]] = {kind.name: Counter() for kind in wanted}
    numbers = itertools.count(1)
    async with asyncio.TaskGroup() as group:
        for kind in wanted:
            for _ in range(kind.clients):
                number = next(numbers)
                one = Hostile(port=port, address=f"{NETWORK}.{number}", noted=noted[kind.name])
                for each in range(kind.connections):
                    chance = random.Random(number * 1_000 + each)
                    group.create_task(_again(kind.doing, one, chance))
        _write(file, noted)
        print("ready", flush=True)
        while True:
            await asyncio.sleep(NOTES_S)
            _write(file, noted)


def _write(file: Path, noted: Mapping[str, Mapping[str, int]]) -> None:
    """Replaces the file as a whole, since its reader may look at any time."""
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(noted))
    beside.replace(file)


async def _again(what: Doing, one: Hostile, chance: random.Random) -> None:
    while True:
        try:
            await what(one, chance)
        except GONE as error:
            one.noted[f"thrown out ({type(error).__name__})"] += 1
            await asyncio.sleep(0.1)


def main(port: str, file: str, nice: str, *only: str) -> int:
    """Attacks until it is killed."""
    os.nice(int(nice))
    uvloop.run(attack(int(port), Path(file), only))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
