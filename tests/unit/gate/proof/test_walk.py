"""The walk through a chain: whatever a provider takes, and wherever it is stopped, it ends with the same."""

import asyncio
import random
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.policy.groundtruth import EventSignature
from gate.policy.providers import Providers
from gate.policy.signature import event_signature
from gate.policy.template import template
from gate.probes import terms
from gate.probes.rpc.provider import Provider
from gate.probes.world import World
from gate.proof.footprint import Asked, Source
from gate.proof.forecast import Forecast
from gate.proof.form import Field, Form, Written
from gate.proof.said import PIECE_LOGS, Piece, Said, add, disjoint
from gate.proof.spans import Span
from gate.proof.store import Folder, Keeping, Nowhere
from gate.proof.sums import NONE, Sums
from gate.proof.walk import AIM_SECONDS, Walk, Walked, Witnesses, cut
from gate.seal import Seal
from tests.deep import examples
from tests.unit.gate.chain.strict import TOO_MUCH, Words, world
from tests.unit.gate.core import builders

EVENT: EventSignature = event_signature("Paid(uint256 amount)")
CONTRACT = "0x" + "c0" * 20
NO_RECEIPTS = Words(name="any", code=-32601, message="the method eth_getBlockReceipts does not exist")


class Killed(BaseException):
    """The end of the process, at whatever it was."""


@dataclass(kw_only=True)
class Chain:
    """A chain with so many logs in some of its blocks, and a provider that gives so many at once."""

    logs: dict[int, int]
    most: int = 10_000
    ranges: list[tuple[int, int]] = field(default_factory=list)
    asked: int = 0
    forgotten: range = range(0)
    others: range = range(0)
    """Blocks with a log of another contract."""
    blooms: bool = True
    awake: bool = True
    """Whether the newest block has a log of another contract."""
    ends_at: int | None = None
    """Its last block, where it has not so many."""
    fork: int = 0
    """What tells its blocks from those of another chain with as many."""
    ends: int | None = None
    """After how many questions the process is killed."""

    def handle(self, request: httpx.Request) -> httpx.Response:
        document: Any = orjson.loads(request.content)
        if isinstance(document, dict):
            return self._one(document)
        return httpx.Response(200, json=[orjson.loads(self._one(one).content) for one in document])

    def _one(self, question: dict[str, Any]) -> httpx.Response:
        if self.ends is not None and self.asked >= self.ends:
            raise Killed
        self.asked += 1
        answer = getattr(self, question["method"])(question["id"], *question["params"])
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": question["id"], "result": answer})

    def eth_getBlockByNumber(self, _: object, block: str, __: bool) -> dict[str, Any] | None:  # noqa: N802
        number = 10_000_000 if block == "latest" else int(block, 16)
        if block != "latest" and self.ends_at is not None and number > self.ends_at:
            return None
        full = self.logs.get(number) or number in self.others or (self.awake and number == 10_000_000)
        return {
            "number": hex(number),
            "hash": f"0x{number + 1 + self.fork:064x}",
            "parentHash": f"0x{number + self.fork:064x}",
            "timestamp": hex(number),
            "receiptsRoot": "0x" + "0" * 64,
            "logsBloom": "0x1" if full and self.blooms else "0x0",
        }

    def eth_getLogs(self, number: object, asked: dict[str, Any]) -> Any:  # noqa: N802
        if "blockHash" in asked:
            first = last = int(asked["blockHash"], 16) - 1 - self.fork
            if first in self.others:
                return [log(first, 99) | {"address": "0x" + "ee" * 20}]
        else:
            first, last = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
            self.ranges.append((first, last))
        if CONTRACT not in asked.get("address", CONTRACT):
            return []
        blocks = [block for block in self.logs if first <= block <= last and block not in self.forgotten]
        if sum(self.logs[block] for block in blocks) > self.most:
            return TOO_MUCH.reply(number)
        return [log(block, index) for block in sorted(blocks) for index in range(self.logs[block])]

    def eth_getBlockReceipts(self, number: object, _: str) -> httpx.Response:  # noqa: N802
        return NO_RECEIPTS.reply(number)


def documents(request: httpx.Request) -> list[dict[str, Any]]:
    """The questions of a request."""
    document: Any = orjson.loads(request.content)
    return document if isinstance(document, list) else [document]


def log(block: int, index: int) -> dict[str, Any]:
    return {
        "blockNumber": hex(block),
        "blockHash": f"0x{block + 1:064x}",
        "logIndex": hex(index),
        "transactionHash": f"0x{block:064x}",
        "address": CONTRACT,
        "topics": [EVENT.topic0],
        "data": f"0x{block * 1000 + index:064x}",
    }


ASKED = Asked(
    source=Source(chain=1, address=CONTRACT, registered_by=None, event=EVENT),
    form=Form(
        chain=1,
        event=EVENT,
        entity="Payment",
        key=Field(column="id", template=template("{blockNumber}_{logIndex}"), written=Written.LOWER),
        fields=(Field(column="amount", template=template("{amount}"), written=Written.NUMBER),),
    ),
    start=0,
)


async def walked(
    chain: Chain,
    height: int,
    *,
    keeping: Keeping | None = None,
    of: World | None = None,
    forecast: Forecast | None = None,
    asked: Sequence[Asked] = (ASKED,),
) -> Walked:
    """One walk from block 0 to a height."""
    of = of or world(chain.handle)
    [expected] = of.policy.chains
    provider = Provider(world=of, address=expected.rpc[0], chain=1)
    walk = Walk(
        chain=1,
        witnesses=Witnesses(providers=(provider,), alone=False, standard=False),
        asked=asked,
        height=height,
        keeping=keeping or Nowhere(),
        forecast=forecast or Forecast(),
        seed=7,
        again_at_most=1,
    )
    return await walk.walk()


def whole(found: Walked) -> Sums:
    """All rows that the chain calls for."""
    return sum_of(found.said[ASKED.key])


def sum_of(records: Iterable[Said]) -> Sums:
    total = NONE
    for one in records:
        total = total.plus(one.rows)
    return total


def test_two_entities_of_one_event() -> None:
    """Each is a proof of its own: of two under one name only the last was looked at, and the other passed."""
    form = ASKED.form
    assert form is not None
    others = [replace(form, entity="Receipt"), replace(form, where=(("kind", "paid"),))]
    keys = {ASKED.key, *(replace(ASKED, form=other).key for other in others)}
    assert len(keys) == 3


async def test_a_range_with_far_too_many_logs() -> None:
    """It is asked for in ever smaller parts, down to one block, until all of them are there."""
    chain = Chain(logs=dict.fromkeys(range(60), 90), most=100)
    found = await walked(chain, 99)
    assert not found.open
    assert whole(found).texts == 60 * 90
    assert min(last - first for first, last in chain.ranges) == 0
    assert len(chain.ranges) < 150


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of a chain is of 2,500 blocks at most: a quiet one is looked at block by block."""
    for module in ("walk", "said"):
        monkeypatch.setattr(f"gate.proof.{module}.MOST_BLOCKS", 2_500)


@pytest.mark.usefixtures("short")
async def test_a_quiet_chain() -> None:
    """Where drawn blocks have no log at all, each block is looked at: blooms alone show that none has."""
    chain = Chain(logs={30: 1, 3_250: 1})
    found = await walked(chain, 3_500)
    assert not found.open
    assert whole(found).texts == 2
    empty = Chain(logs={30: 1})
    assert not (await walked(empty, 3_000)).open
    assert empty.asked > 500, "all blocks above the last range with a log"


@pytest.mark.usefixtures("short")
async def test_a_provider_that_forgets_a_quiet_range() -> None:
    """A bloom says that there is a log, and the provider has none: it does not hold the range."""
    chain = Chain(logs={30: 1, 2_750: 1})
    chain.forgotten = range(2_500, 3_000)
    found = await walked(chain, 2_999)
    [left] = found.open
    assert (left.first, left.last) == (2_500, 2_999)
    assert "does not hold the logs of that range" in left.reason


@pytest.mark.usefixtures("short")
async def test_a_provider_that_forgets_where_blooms_are_empty() -> None:
    """Blooms that are empty where there are logs show nothing: the range is open, until some log is given."""
    chain = Chain(logs={30: 1, 2_750: 1}, blooms=False)
    chain.forgotten = range(2_500, 3_000)
    [left] = (await walked(chain, 2_999)).open
    assert (left.first, left.last) == (2_500, 2_999)
    assert "blooms are empty" in left.reason
    chain.others = range(2_500, 3_000)
    assert not (await walked(chain, 2_999)).open


@pytest.mark.usefixtures("short")
async def test_a_chain_of_which_nothing_is_known_yet() -> None:
    """A quiet range below the first log is looked at again with what that log's block says of blooms."""
    found = await walked(Chain(logs={2_750: 1}, awake=False), 2_999)
    assert not found.open
    assert whole(found).texts == 1
    blind = await walked(Chain(logs={2_750: 1}, blooms=False), 2_999)
    assert [(one.first, one.last) for one in blind.open] == [(0, 2_499)]


@pytest.mark.usefixtures("short")
async def test_blooms_that_an_earlier_walk_has_shown(tmp_path: Path) -> None:
    """What is kept names no block: one of its logs is asked for again, and its block's bloom decides."""
    keeping = Folder(directory=tmp_path, seal=Seal(b"of a test"))
    await walked(Chain(logs={30: 1}), 2_000, keeping=keeping)
    quiet = Chain(logs={30: 1}, awake=False)
    assert not (await walked(quiet, 3_000, keeping=keeping)).open
    blind = Chain(logs={30: 1}, blooms=False)
    assert [one.first for one in (await walked(blind, 3_500, keeping=keeping)).open] == [3_001]
    gone = Chain(logs={30: 1}, most=0)
    assert not (await walked(gone, 3_250, keeping=keeping)).open, "other blooms show what they are worth"


async def test_a_block_over_the_cap() -> None:
    """Nobody gives it: the block from which on nothing is proved is said, with the provider's own words."""
    chain = Chain(logs={5: 3, 40: 101, 60: 2}, most=100)
    found = await walked(chain, 99)
    [left] = found.open
    assert (left.first <= 40, left.last) == (True, 99)
    assert "eth_getBlockReceipts" in left.reason
    assert whole(found).texts <= 3


@dataclass
class Clock:
    """A time that goes by only while somebody waits."""

    now: float = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def test_one_question_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second has more than one, single or in a batch, and the walk comes to its end."""
    clock, when = Clock(), list[float]()
    monkeypatch.setattr(terms, "now", lambda: clock.now)
    monkeypatch.setattr("gate.probes.rpc.exchange.asyncio.sleep", clock.sleep)
    chain = Chain(logs={7: 3}, others=range(50_000, 120_001))

    def handle(request: httpx.Request) -> httpx.Response:
        assert isinstance(orjson.loads(request.content), dict), "a batch is more than one question"
        when.append(clock.now)
        return chain.handle(request)

    of = world(handle, providers=Providers(rate=1), seconds=10_000)
    found = await walked(chain, 120_000, of=of)
    assert len(when) == chain.asked > 20
    assert not found.open
    assert whole(found).texts == 3
    assert min(after - before for before, after in pairwise(when)) >= 0.98


async def test_a_younger_chain_of_the_same_id(tmp_path: Path) -> None:
    """What is kept of blocks that it has not yet stands in nobody's way, and is there when they come."""
    keeping = Folder(directory=tmp_path, seal=Seal(b"of a test"))
    await walked(Chain(logs={7: 3, 150: 1}), 199, keeping=keeping)
    young = Chain(logs={7: 3})
    young.ends_at = 60
    found = await walked(young, 50, keeping=keeping)
    assert not found.open
    assert whole(found).texts == 3
    chain = Chain(logs={7: 3, 150: 1})
    assert whole(await walked(chain, 199, keeping=keeping)).texts == 4
    assert [one for one in chain.ranges if one == (0, 199)] == [(0, 199)], "one that is drawn, and no other"


async def test_an_event_that_nobody_asked_for_on_the_chain_of_today(tmp_path: Path) -> None:
    """Another event was, and its newest block is the chain's: that says nothing of what was kept before."""
    keeping = Folder(directory=tmp_path, seal=Seal(b"of a test"))
    other = replace(ASKED, source=replace(ASKED.source, address="0x" + "ee" * 20))
    before = Chain(logs={7: 3})
    before.fork = 1 << 64
    await walked(before, 199, keeping=keeping, asked=[ASKED, other])
    today = Chain(logs={7: 2})
    assert not (await walked(today, 299, keeping=keeping, asked=[other])).open
    found = await walked(today, 399, keeping=keeping, asked=[ASKED, other])
    assert not found.open
    assert whole(found).texts == 2
    assert not found.disputes
    assert any("is of a fork" in note for note in found.notes)


async def test_a_slow_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for so much at once as it gives in a short time: whoever is stopped has lost no more."""
    monkeypatch.setattr("gate.proof.walk.MOST_BLOCKS", 64)
    chain, now, done = Chain(logs=dict.fromkeys(range(0, 1_000, 5), 1)), [0.0], list[tuple[float, str]]()

    def slow(request: httpx.Request) -> httpx.Response:
        for one in documents(request):
            if one["method"] == "eth_getLogs" and "fromBlock" in one["params"][0]:
                first, last = (int(one["params"][0][key], 16) for key in ("fromBlock", "toBlock"))
                now[0] += 2.0 * (last - first + 1)
        return chain.handle(request)

    def tell(line: str) -> None:
        done.append((now[0], line))

    found = await walked(
        chain, 999, of=world(slow), forecast=Forecast(clock=lambda: now[0], tell=tell, every=0)
    )
    assert not found.open
    assert whole(found).texts == 200
    pauses = [after - before for (before, _), (after, _) in pairwise(done[2:])]
    assert len(pauses) > 40
    assert max(pauses) <= AIM_SECONDS


@dataclass(frozen=True)
class Fragile:
    """A folder whose process dies at one of its writes: before it, after it, or in the middle of the line."""

    folder: Folder
    dice: random.Random
    after: list[int]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.folder, name)

    def add(self, chain: int, key: str, said: Said) -> None:
        self.after[0] -= 1
        if self.after[0] > 0:
            return self.folder.add(chain, key, said)
        how = self.dice.choice(["before", "after", "within"])
        if how != "before":
            self.folder.add(chain, key, said)
        if how == "within":
            [file] = self.folder.directory.glob("1/*.jsonl")
            text = file.read_bytes()
            begin = text.rstrip(b"\n").rfind(b"\n") + 1
            file.write_bytes(text[: self.dice.randint(begin, len(text))])
        raise Killed


@pytest.mark.long
@settings(max_examples=examples(25), deadline=None)
@given(
    logs=st.dictionaries(st.integers(0, 199), st.integers(1, 9), min_size=1, max_size=30),
    kills=st.lists(st.tuples(st.booleans(), st.integers(1, 12)), min_size=1, max_size=4),
    seed=st.integers(0, 2**16),
)
def test_killed_at_any_moment(logs: dict[int, int], kills: list[tuple[bool, int]], seed: int) -> None:
    """Whatever it was at, the run that is let to its end says what an undisturbed one says."""
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr("gate.proof.walk.MOST_BLOCKS", 16)
        patch.setattr("gate.proof.said.MOST_BLOCKS", 48)
        folder = Folder(directory=Path(place), seal=Seal(b"of a test"))
        for asking, moment in kills:
            keeping: Keeping = folder
            if not asking:
                keeping = Fragile(folder, random.Random(seed), [moment])
            chain = Chain(logs=logs, ends=moment * 3 if asking else None)
            with suppress(Killed):
                run(chain, keeping)
        found, undisturbed = run(Chain(logs=logs), folder), run(Chain(logs=logs), Nowhere())
        assert not found.open
        assert not found.disputes
        assert whole(found) == whole(undisturbed)
        kept = folder.read(1, ASKED.key).said
        assert sum_of(disjoint(kept)) == whole(undisturbed)


async def test_what_is_asked_anew_is_small(tmp_path: Path) -> None:
    """A range may be most of a chain: one piece of it is drawn, with no more logs than a piece has."""
    chain = Chain(logs=dict.fromkeys(range(200), 90))
    keeping = Folder(directory=tmp_path, seal=Seal(b"of a test"))
    await walked(chain, 199, keeping=keeping)
    [kept] = keeping.read(1, ASKED.key).said
    assert kept.span == Span(0, 199)
    chain.ranges.clear()
    again = await walked(chain, 199, keeping=keeping)
    assert again.again == 1
    [(first, last)] = chain.ranges
    assert (last - first + 1) * 90 <= PIECE_LOGS
    assert sum_of(again.said[ASKED.key]) == sum_of((kept,))


async def test_an_answer_that_changed_within_a_range(tmp_path: Path) -> None:
    """Whichever piece it is in: once that is drawn, the whole range is no longer believed."""
    chain = Chain(logs=dict.fromkeys(range(200), 90))
    keeping = Folder(directory=tmp_path, seal=Seal(b"of a test"))
    await walked(chain, 199, keeping=keeping)
    [kept] = keeping.read(1, ASKED.key).said
    dice = random.Random("7/1")  # as the walk draws
    [(span, _)] = dice.sample(list(kept.parts), 1)
    chain.logs[span.last] = 89
    found = await walked(chain, 199, keeping=keeping)
    [dispute] = found.disputes
    assert f"in blocks {span.first} to {span.last} of chain 1, or others, and gave" in dispute
    assert sum_of(found.said[ASKED.key]).texts == 200 * 90 - 1, "all of it is asked for anew"


@given(
    logs=st.dictionaries(st.integers(0, 59), st.integers(1, 9), max_size=40),
    pages=st.sets(st.integers(0, 58), max_size=8),
)
def test_pieces_are_all_of_it(logs: dict[int, int], pages: set[int]) -> None:
    """However a range came, its pieces take in every block and log once, and none is too large."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("gate.proof.walk", "gate.proof.said"):
            patch.setattr(f"{module}.PIECE_BLOCKS", 7)
            patch.setattr(f"{module}.PIECE_LOGS", 10)
        seen = [
            builders.log(block=block, log_index=index)
            for block in sorted(logs)
            for index in range(logs[block])
        ]
        pieces = list[Piece]()
        begin = 0
        for end in sorted({*pages, 59}):
            for last, part in cut(Span(begin, end), [one for one in seen if begin <= one.block <= end]):
                add(pieces, 0, Piece(last, Sums(len(part), 0, 0), NONE))
            begin = end + 1
    firsts = [0, *(piece.last + 1 for piece in pieces)]
    assert firsts.pop() == 60
    for first, piece in zip(firsts, pieces, strict=True):
        blocks = range(first, piece.last + 1)
        assert piece.logs.texts == sum(logs.get(block, 0) for block in blocks)
        assert 1 <= len(blocks) <= 7
        assert piece.logs.texts <= max(10, *(logs.get(block, 0) for block in blocks), 0)


def run(chain: Chain, keeping: Keeping) -> Walked:
    """One walk in a loop of its own."""
    return asyncio.run(walked(chain, 199, keeping=keeping))
