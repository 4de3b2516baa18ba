"""A provider's limits are kept to and its words understood, whatever they are and with whatever status."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.observations.unobserved import Cause
from gate.policy.providers import Providers
from gate.probes.heads import head
from gate.probes.rpc.blocks import finalized
from gate.probes.rpc.logs import Filter, logs, pages
from gate.probes.rpc.provider import Provider, RefusedError, chain_id
from gate.probes.unseen import BusyError, UnseenError
from gate.probes.world import World
from gate.secret import Address
from tests.unit.gate.chain.strict import CONTRACT, TOPIC, URL, Strict, Words, log, world

WANTED = Filter(addresses=(CONTRACT,), topics=((TOPIC,),))

RANGES = [
    Words(
        name="Alchemy",
        status=400,
        code=-32600,
        message="You can make eth_getLogs requests with up to a 500 block range. Based on your parameters,"
        " this block range should work: [0x7e9b85, 0x7e9d78]",
    ),
    Words(
        name="Alchemy, its free plan",
        status=400,
        code=-32600,
        message="Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range.",
    ),
    Words(name="QuickNode", status=413, code=-32614, message="eth_getLogs is limited to a 10,000 range"),
    Words(name="Infura", code=-32602, message="range 1000000 exceeds limit of 10000"),
    Words(
        name="Infura, by results",
        code=-32005,
        message="query returned more than 10000 results. Try with this block range [0xBDE5F8, 0x102DBCC].",
    ),
    Words(name="Ankr", status=400, code=-32600, message="block range is too wide"),
    Words(name="Ankr, TAC", code=-32000, message="maximum [from, to] blocks distance: 10000"),
    Words(name="drpc", status=400, code=35, message="ranges over 10000 blocks are not supported on freetier"),
    Words(
        name="drpc, too slow",
        status=408,
        code=30,
        message="Request timeout on the free tier, please upgrade your tier to the paid one",
    ),
    Words(
        name="Tenderly",
        status=500,
        code=-32602,
        message="invalid params",
        data={"error_id": "4ed94073", "payload": "range 9009594 is bigger than range limit 2000"},
    ),
    Words(name="Erigon", code=-32000, message="query timeout exceeded: request timed out"),
    Words(name="geth", code=-32000, message="query aborted (timeout = 5s)"),
    Words(name="reth", code=-32602, message="query exceeds max block range 100000"),
    Words(
        name="reth, by results",
        code=-32602,
        message="query exceeds max results 20000, retry with the range 1-2",
    ),
    Words(name="Nethermind", code=-32005, message="Too many logs requested. Max logs per response is 20000."),
    Words(name="Avalanche", message="requested too many blocks from 1 to 9000, maximum is set to 2048"),
    Words(name="Optimism", status=500, code=-32020, message="backend response too large"),
    Words(name="Base", status=413, code=-32614, message="Block range is too large"),
    Words(name="Swell", message="block range greater than 100 max"),
    Words(name="Harmony", message="query must be smaller than size 1024"),
    Words(name="1RPC", message="response size should not greater than 10000000 bytes"),
    Words(name="Morph", message="block range is larger than max block range, block range = 5120"),
    Words(name="nobody yet", status=500, code=-32099, message="words that no provider has used before"),
]


def provider(of: World, url: str = URL) -> Provider:
    return Provider(world=of, address=Address(url), chain=1)


@pytest.mark.parametrize("words", RANGES, ids=lambda words: words.name)
async def test_a_range_that_is_refused(words: Words) -> None:
    """Every log comes, once and in order, from a provider that takes 37 blocks at a time."""
    places = [(block, index) for block in range(0, 300, 7) for index in range(2)]
    strict = Strict(places=places, most_blocks=37, refusal=words)
    found = await logs(provider(world(strict.handle)), WANTED, 0, 299)
    assert [one.place for one in found] == places


@settings(max_examples=60, deadline=None)
@given(
    places=st.sets(st.tuples(st.integers(0, 400), st.integers(0, 3)), max_size=80),
    most_blocks=st.integers(1, 500),
    most_logs=st.integers(1, 100),
    span=st.tuples(st.integers(0, 400), st.integers(0, 400)),
    words=st.sampled_from(RANGES),
)
def test_any_limits(
    places: set[tuple[int, int]], most_blocks: int, most_logs: int, span: tuple[int, int], words: Words
) -> None:
    """Whatever the limits, all logs of the range come once and no other; pages leave no block out."""
    first, last = min(span), max(span)
    # One block with more logs than an answer may have is refused as Infura refuses it: by results.
    refusal = words if most_logs >= 4 else RANGES[4]
    strict = Strict(places=sorted(places), most_blocks=most_blocks, most_logs=most_logs, refusal=refusal)

    async def read() -> list[Any]:
        return [page async for page in pages(provider(world(strict.handle)), WANTED, first, last)]

    found = asyncio.run(read())
    got = [one.place for page in found for one in page.logs]
    assert got == sorted(place for place in places if first <= place[0] <= last)
    assert [page.first for page in found] == [first, *(page.last + 1 for page in found[:-1])]
    assert found[-1].last == last


async def test_what_was_learned_is_remembered() -> None:
    """A limit is found out once a run and not once a question, and asked beyond again only now and then."""
    strict = Strict(most_blocks=1000)
    asked = provider(world(strict.handle))
    await logs(asked, WANTED, 0, 50_000)
    await logs(asked, WANTED, 0, 50_000)
    sizes = [
        int(one["params"][0]["toBlock"], 16) - int(one["params"][0]["fromBlock"], 16) + 1
        for _, one in strict.asked
    ]
    refused = [size for size in sizes if size > 1000]
    assert len(refused) <= 8
    assert len(sizes) <= 170


async def test_a_block_with_more_logs_than_are_given_at_once() -> None:
    """Its receipts hold them all."""
    places = [(5, index) for index in range(40)]
    strict = Strict(places=places, most_logs=10)
    found = await logs(provider(world(strict.handle)), WANTED, 0, 9)
    assert [one.place for one in found] == places
    assert "eth_getBlockReceipts" in strict.methods()


@pytest.mark.parametrize("twist", ["twice", "elsewhere", "two hashes"])
async def test_logs_that_contradict_themselves(twist: str) -> None:
    """A log that is given twice, of another block, or under two hashes is no answer."""
    given_logs = {
        "twice": [log(3, 0), log(3, 0)],
        "elsewhere": [log(30, 0)],
        "two hashes": [log(3, 0), log(3, 1) | {"blockHash": "0x" + "ff" * 32}],
    }[twist]

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": 1, "result": given_logs})

    with pytest.raises(UnseenError) as caught:
        await logs(provider(world(handle)), WANTED, 0, 9)
    assert caught.value.unobserved.cause is Cause.BAD_ANSWER


def _drops(_: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("Server disconnected without sending a response.")


def _too_large(_: httpx.Request) -> httpx.Response:
    return httpx.Response(413, text="<html>Request Entity Too Large</html>")


BATCHES: list[Words | Callable[[httpx.Request], httpx.Response]] = [
    Words(name="any", status=500, code=-32603, message="Internal error"),
    Words(
        name="drpc", status=500, code=31, message="Batch of more than 3 requests are not allowed on free tier"
    ),
    Words(name="geth", code=-32600, message="batch too large"),
    Words(name="none", status=400, code=-32600, message="Invalid Request"),
    Words(name="denied", status=403, code=-32600, message="batch requests are not enabled"),
    _drops,  # Erigon
    _too_large,
    lambda _: httpx.Response(500),
]


@pytest.mark.parametrize("refusal", BATCHES)
@pytest.mark.parametrize("most", [1, 3, 20])
async def test_a_batch_that_is_refused(
    refusal: Words | Callable[[httpx.Request], httpx.Response], most: int
) -> None:
    """It is asked again in smaller ones, down to single questions, and so is everything after it."""
    strict = Strict(most_batch=most, batch_refusal=refusal)
    asked = provider(world(strict.handle))
    assert await asked.calls([("eth_chainId", ())] * 60) == ["0x1"] * 60
    refused = [one for _, one in strict.asked if isinstance(one, list) and len(one) > most]
    assert 1 <= len(refused) <= 12


async def test_answers_of_a_batch_that_failed_alone() -> None:
    """What a batch leaves out, or refuses for its size, is asked singly; what it answers is not."""
    calls: list[Any] = []

    def handle(request: httpx.Request) -> httpx.Response:
        document = httpx.Response(200, content=request.content).json()
        calls.append(document)
        if isinstance(document, dict):
            return httpx.Response(200, json={"jsonrpc": "2.0", "id": document["id"], "result": "single"})
        told = [{"jsonrpc": "2.0", "id": one["id"], "result": "batch"} for one in document]
        told[1] = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32003, "message": "response too large"}}
        return httpx.Response(200, json=told[:-1])

    found = await provider(world(handle)).calls([("eth_blockNumber", ())] * 5)
    assert found == ["batch", "single", "batch", "batch", "single"]
    assert len(calls) == 3


async def test_only_what_was_not_answered_is_asked_again() -> None:
    """A batch of which one question came too often is not asked again as a whole."""
    sizes: list[int] = []

    def handle(request: httpx.Request) -> httpx.Response:
        document = httpx.Response(200, content=request.content).json()
        many = document if isinstance(document, list) else [document]
        sizes.append(len(many))
        told = [{"jsonrpc": "2.0", "id": one["id"], "result": "0x1"} for one in many]
        if len(sizes) == 1:
            busy = {"code": 429, "message": "Your app has exceeded its compute units per second capacity."}
            told[3] = {"jsonrpc": "2.0", "id": 3, "error": busy}
        return httpx.Response(200, json=told if isinstance(document, list) else told[0])

    assert await provider(world(handle)).calls([("eth_chainId", ())] * 10) == ["0x1"] * 10
    assert sizes == [10, 1]


async def test_a_wrong_key() -> None:
    """An error of access is not taken for a range that is too much, and says what the provider says."""
    strict = Strict(
        most_blocks=0, refusal=Words(name="any", status=401, code=-32000, message="invalid project id")
    )
    with pytest.raises(UnseenError) as caught:
        await logs(provider(world(strict.handle)), WANTED, 0, 1000)
    assert caught.value.unobserved.cause is Cause.DENIED
    assert "denies access with status 401: invalid project id" in str(caught.value)
    assert len(strict.asked) == 1


async def test_a_key_that_is_echoed() -> None:
    """A provider that names the key in its words does not bring it into the report."""
    strict = Strict(
        refusal=Words(name="any", status=400, message="bad URL /v2/a-long-secret-key"), most_blocks=0
    )
    with pytest.raises(RefusedError) as caught:
        await logs(provider(world(strict.handle)), WANTED, 1, 1)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "words",
    [
        Words(name="Alchemy", status=429, code=429, message="exceeded its compute units per second capacity"),
        Words(name="QuickNode", code=-32012, message="credits limited to 6000/sec"),
        Words(name="Base", status=200, code=-32016, message="over rate limit"),
        Words(name="Chainstack", code=-32005, message="You've exceeded the RPS limit available on your plan"),
        Words(name="drpc", status=500, code=19, message="Temporary internal error. Please retry"),
    ],
    ids=lambda words: words.name,
)
async def test_a_provider_that_is_busy(words: Words) -> None:
    """Too often is waited out, and never taken for too much."""
    told = iter([words.reply(1), words.reply(1)])
    strict = Strict(places=[(3, 0)])
    asked = provider(world(lambda request: next(told, None) or strict.handle(request)))
    assert len(await logs(asked, WANTED, 0, 100)) == 1
    assert len(strict.asked) == 1
    assert asked.span.now == 10_000


async def test_a_budget_is_kept_by_all_together() -> None:
    """Two URLs of one provider share its rate, batches count by their questions, and no second has more."""
    strict = Strict()
    of = world(strict.handle, providers=Providers(rates=(("provider.test", 20),)))
    one, other = provider(of), provider(of, "https://base.provider.test/another-key")
    await asyncio.gather(
        one.calls([("eth_chainId", ())] * 15),
        other.calls([("eth_chainId", ())] * 15),
        *(one.call("eth_blockNumber") for _ in range(5)),
    )
    times = [when for when, asked in strict.asked for _ in (asked if isinstance(asked, list) else [asked])]
    assert len(times) == 35
    # Whatever is asked at once, at most a batch of a second's questions, is paid for before the next.
    assert max(times) - min(times) >= (35 - 20) / 20 - 0.05


async def test_a_budget_that_does_not_suffice() -> None:
    """What a deadline leaves no turn for is not asked, and says why."""
    strict = Strict()
    asked = provider(world(strict.handle, seconds=2, providers=Providers(rate=1)))
    told = await asyncio.gather(*(asked.call("eth_chainId") for _ in range(9)), return_exceptions=True)
    late = [one for one in told if isinstance(one, UnseenError)]
    assert len(late) >= 6
    assert all(one.unobserved.cause is Cause.DEADLINE for one in late)
    assert "may be asked at a rate of 1 a second" in str(late[0])
    assert len(strict.asked) + len(late) == 9


async def test_heads_are_asked_once() -> None:
    """The chain's id and what is final are asked once in a run, whatever the number of claims."""
    strict = Strict()

    def handle(request: httpx.Request) -> httpx.Response:
        if b"finalized" in request.content:
            strict.asked.append((0.0, {"method": "finalized"}))
            header = {
                "number": "0x9",
                "hash": "0x1",
                "parentHash": "0x0",
                "timestamp": "0x1",
                "receiptsRoot": "0x1",
                "logsBloom": "0x0",
            }
            return httpx.Response(200, json={"jsonrpc": "2.0", "id": 1, "result": header})
        return strict.handle(request)

    of = world(handle)
    [chain] = of.policy.chains
    told = await asyncio.gather(*(finalized(of, 1) for _ in range(4)), chain_id(provider(of)))
    assert told == [9, 9, 9, 9, 1]
    assert await head(of, chain) == 1000
    assert sorted(strict.methods()) == ["eth_blockNumber", "eth_chainId", "finalized"]


async def test_a_first_question_that_fails_is_asked_again() -> None:
    """One bad moment at the beginning does not last for the whole run."""
    strict = Strict()
    told = iter([httpx.Response(503)])
    of = world(lambda request: next(told, None) or strict.handle(request))
    [chain] = of.policy.chains
    assert not isinstance(await head(of, chain), int)
    assert await head(of, chain) == 1000


async def test_a_busy_provider_is_slowed_down_for() -> None:
    """It says how long to wait, and it is waited for that long."""
    strict = Strict()
    told = iter([httpx.Response(429, headers={"retry-after": "1"})])
    of = world(lambda request: next(told, None) or strict.handle(request))
    began = asyncio.get_running_loop().time()
    assert await chain_id(provider(of)) == 1
    assert asyncio.get_running_loop().time() - began >= 0.95


async def test_words_that_mean_busy_to_the_end() -> None:
    """A provider that stays busy is named as busy."""
    strict = Strict(most_blocks=0, refusal=Words(name="any", status=429, message="rate limit"))
    with pytest.raises(BusyError) as caught:
        await logs(provider(world(strict.handle, seconds=2)), WANTED, 0, 9)
    assert "asked too often" in str(caught.value)
