"""`python -m bench.hostile.clients PORT FILE NICE [KIND …]`: thirty hostile clients, until they are killed.

Each has an address of its own and does the one thing that it is for as fast as it can, on several
connections at a time, and begins again when it is thrown out. Kinds that are named are all that there are.

They stand back behind everything else on the machine, as if they ran on machines of their own. What they
send is counted apart from what comes back: an attack that had no processor is not one that was held off. The
file has what they noted a second ago: they may get too little of a processor to say it in the end.
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
"""How far they stand back: beside one that does not, they get a seventieth of a processor."""
NOTES_S = 1.0
SENT = "sent"
"""What is counted of each request, message or connection when it is on its way."""
GONE = (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError, WebSocketException)
PATIENCE_S = 60.0
SLOW = 'transfer_aggregate(where: {memo: {_iregex: "(a|b|c|d)*%d(x|y)*z"}}) { aggregate { count } }'
LARGE = "{ account(limit: 1000) { key name balance transfers(limit: 1000) { key n amount block memo } } }"


@dataclass(kw_only=True)
class Hostile:
    """One client: where it asks, from which address, and what it has noted of the answers."""

    port: int
    address: str
    noted: Counter[str]

    def sent(self) -> None:
        """One more is on its way."""
        self.noted[SENT] += 1

    async def open(self, *, window: int = 0) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection; with a window, one that takes no more than that."""
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
        """One request on a connection of its own, read to its end and thrown away."""
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
        """A WebSocket."""
        return connect(
            f"ws://127.0.0.1:{self.port}/v1/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
            local_addr=(self.address, 0),
            compression=None,
            open_timeout=PATIENCE_S,
        )


def _outcome(status: int, answer: bytes) -> str:
    """Whether it was answered, in part where it is a batch, or refused, and how."""
    if status != 200:
        return f"refused ({status})"
    return "refused" if answer.startswith(b'{"errors"') else "answered"


async def dear_requests(one: Hostile, chance: random.Random) -> None:
    """The dearest requests that there are, one after the other."""
    bodies = list(hostile().values())
    chance.shuffle(bodies)
    for body in bodies:
        await one.exchange(body)


async def slow_statements(one: Hostile, chance: random.Random) -> None:
    """Statements that read everything, each another one."""
    text = "{" + SLOW % chance.randrange(10**9) + "}"
    await one.exchange(json.dumps({"query": text}).encode())


async def slow_operations(one: Hostile, chance: random.Random) -> None:
    """A socket with fifty operations at a time, half of them subscriptions, none of them the same."""
    kinds = itertools.islice(itertools.cycle(("query", "subscription")), 50)
    texts = (f"{kind} {{{SLOW % chance.randrange(10**9)}}}" for kind in kinds)
    await _operations(one, (json.dumps({"query": text}) for text in texts))


async def many_subscriptions(one: Hostile, chance: random.Random) -> None:
    """A socket with a thousand quick subscriptions, none of them the same."""
    asked = 'subscription {{ account_by_pk(key: "a{}") {{ name }} }}'
    texts = (asked.format(chance.randrange(10**9)) for _ in range(1_000))
    await _operations(one, (json.dumps({"query": text}) for text in texts))


async def _operations(one: Hostile, payloads: Iterable[str]) -> None:
    """All of them on one socket, and then what comes back for a while."""
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
    """A socket that asks for nothing, and says so as often as it can."""
    async with one.socket() as wire:
        await wire.send('{"type":"connection_init"}')
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await wire.send('{"type":"ping"}')
                one.sent()
                await asyncio.sleep(chance.random() / 50)


async def slow_readers(one: Hostile, chance: random.Random) -> None:
    """The largest answer that there is, asked for and not read."""
    _, writer = await one.open(window=4_096)
    try:
        # Nobody reads what comes, so the stream takes in no more than its limit.
        query = LARGE.replace("key", f"k{chance.randrange(9)}: key", 1)
        writer.write(request(json.dumps({"query": query}).encode()))
        await writer.drain()
        one.sent()
        await asyncio.sleep(PATIENCE_S / 2)
    finally:
        writer.transport.abort()


async def large_values(one: Hostile, chance: random.Random) -> None:
    """A stream whose one variable is used in thousands of places, and is large."""
    used = "{name: {_eq: $v}} " * 4_500
    query = (
        "subscription($v: String) { account_stream"
        f'(batch_size: 1, cursor: {{initial_value: {{key: ""}}}}, where: {{_or: [{used}]}}) {{ key }} }}'
    )
    await _operations(one, [json.dumps({"query": query, "variables": {"v": _junk(chance, 850_000)}})])


async def large_subscriptions(one: Hostile, chance: random.Random) -> None:
    """A socket with fifty subscriptions, each of which was asked for by a megabyte."""
    query = "subscription($v: String) { account(limit: 1, where: {name: {_eq: $v}}) { key } }"
    asked = ({"query": query, "variables": {"v": _junk(chance, 1_000_000)}} for _ in range(50))
    await _operations(one, map(json.dumps, asked))


def _junk(chance: random.Random, size: int) -> str:
    return str(chance.randrange(10**9)).rjust(size, "x")


async def large_messages(one: Hostile, _: random.Random) -> None:
    """A socket that says one thing only, and each time in a megabyte that is slow to read."""
    message = '{"type":"ping","payload":[' + "{}," * 340_000 + "1.1234567890123456]}"
    async with one.socket() as wire:
        await wire.send('{"type":"connection_init"}')
        while True:
            await wire.send(message)
            one.sent()


async def half_sent_bodies(one: Hostile, chance: random.Random) -> None:
    """A large body of which the end never comes."""
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
    """A connection on which half a request is said."""
    _, writer = await one.open()
    try:
        writer.write(b"POST /v1/graphql HTTP/1.1\r\nhost: belt\r\ncontent-length: 900000\r\n\r\n{")
        one.sent()
        await asyncio.sleep(20 + chance.random() * 20)
    finally:
        writer.transport.abort()


async def cheap_requests(one: Hostile, _: random.Random) -> None:
    """As many small requests as go through."""
    await one.exchange(b'{"query":"{ account_by_pk(key: \\"a000001\\") { name } }"}')


async def health(one: Hostile, _: random.Random) -> None:
    """The health of the belt, again and again."""
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
    """What is done, by how many clients, on how many connections of each."""

    doing: Doing
    clients: int
    connections: int
    least: float
    """What all of them have to have sent in a second: fewer are no attack. They are as many as come through
    where hardly a processor is left for them, and where what they ask for is held off."""

    @property
    def name(self) -> str:
        """What is done, as it is written about."""
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
"""What takes memory by its size: each is looked at alone as well, as it comes to most by itself."""


def named(what: Doing) -> str:
    """What is done, as it is written about."""
    return what.__name__.replace("_", " ")


async def attack(port: int, file: Path, only: Sequence[str] = ()) -> None:
    """Until it is cancelled; what is sent and what comes back, by kind, is in the file."""
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
    """Whole, whenever its reader looks."""
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
