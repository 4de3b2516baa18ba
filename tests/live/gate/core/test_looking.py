"""The probes against small real servers: what is seen, and how what cannot be seen is told."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from gate.endpoints import Belt, Endpoints, Side
from gate.looking import connected
from gate.observations import Answers, Heights, MetricsSeen, Progress, Unobserved
from gate.observations.unobserved import Cause
from gate.policy.chains import ExpectedChain
from gate.policy.model import Policy
from gate.probes import heights, metrics
from gate.probes import http as exchange
from gate.probes.graphql import answers, chains, schema
from gate.probes.heads import head
from gate.probes.world import World
from gate.secret import Address, Secret
from tests.conftest import Ports
from tests.live import plain
from tests.live.gate.relay import Question, Reply, Twist, as_json, relay
from tests.unit.gate.core.builders import chain, introspection, policy

pytestmark = pytest.mark.live

NOWHERE = "http://127.0.0.1:9/v1/graphql"
Serve = Callable[[Twist], str]


@pytest.fixture
def serve(ports: Ports) -> Iterator[Serve]:
    """Starts a server that answers as it is told."""
    with ExitStack() as stack:
        yield lambda twist: stack.enter_context(relay(ports.one(), NOWHERE, twist))


def always(reply: Reply) -> Twist:
    return lambda _question, _upstream: reply


def world(
    http: httpx.AsyncClient, *, seconds: float = 5.0, measure: Policy | None = None, **doors: Any
) -> World:
    belt = Belt(**({"graphql": Address(NOWHERE)} | doors))
    return World(
        endpoints=Endpoints(serving=belt, candidate=belt, alias=belt.graphql),
        policy=measure or policy(),
        http=http,
        seed=1,
        began=datetime.now(UTC),
        ends=time.monotonic() + seconds,
    )


async def answered(url: str, *, secret: str | None = None, seconds: float = 5.0) -> Answers:
    async with plain.async_client(trust_env=False) as http:
        admin = Secret(secret) if secret else None
        looks = world(http, graphql=Address(url), admin_secret=admin, seconds=seconds)
        found = await answers.look(looks, Side.CANDIDATE)
        assert isinstance(found, Answers)
        return found


DATA = as_json({"data": {"__typename": "query_root"}})


async def test_a_plain_answer(serve: Serve) -> None:
    """Data and nothing else is an answer, to each role."""
    found = await answered(serve(always(DATA)), secret="right")
    assert isinstance(found.public, float)
    assert isinstance(found.admin, float)


def deny(question: Question, _: Callable[[], Reply]) -> Reply:
    """As Hasura does: status 200, and a code."""
    if question.headers.get("x-hasura-admin-secret") == "right":
        return DATA
    return as_json(
        {"errors": [{"message": 'invalid "x-hasura-admin-secret"', "extensions": {"code": "access-denied"}}]}
    )


@pytest.mark.parametrize(
    ("twist", "cause", "said"),
    [
        (deny, Cause.DENIED, "answers with errors: invalid"),
        (always(Reply(status=401)), Cause.DENIED, "denies access with status 401"),
        (
            always(Reply(status=302, headers={"location": "https://a.test/x"})),
            Cause.BAD_ANSWER,
            "302 to https://a.test",
        ),
        (
            always(Reply(status=308, headers={"location": "/elsewhere"})),
            Cause.BAD_ANSWER,
            "redirects with status 308",
        ),
        (
            always(Reply(status=302, headers={"location": "http://a.test:99999/x"})),
            Cause.BAD_ANSWER,
            "redirects with status 302",
        ),
        (always(Reply(status=404)), Cause.BAD_ANSWER, "answers with status 404"),
        (always(Reply(status=502)), Cause.UNREACHABLE, "has nothing behind it"),
        (
            always(Reply(headers={"content-type": "text/html"}, body=b"<html>")),
            Cause.BAD_ANSWER,
            "text/html, not with JSON",
        ),
        (always(Reply()), Cause.BAD_ANSWER, "not with JSON"),
        (always(as_json([])), Cause.BAD_ANSWER, "JSON that is not GraphQL"),
        (always(as_json({})), Cause.BAD_ANSWER, "answers without data"),
        (always(as_json({"data": None})), Cause.BAD_ANSWER, "answers without data"),
        (
            always(as_json({"data": {"a": 1}, "errors": [{"message": "half"}]})),
            Cause.BAD_ANSWER,
            "errors: half",
        ),
        (always(as_json({"data": {"a": 1}, "errors": ["odd"]})), Cause.BAD_ANSWER, "errors: odd"),
    ],
)
async def test_a_bad_answer(serve: Serve, twist: Twist, cause: Cause, said: str) -> None:
    """Each has its cause and its words, and is never half an answer."""
    found = (await answered(serve(twist))).public
    assert isinstance(found, Unobserved)
    assert found.cause is cause
    assert said in found.reason


async def test_nobody_there() -> None:
    """A port on which nothing listens is unreachable."""
    found = (await answered(NOWHERE)).public
    assert isinstance(found, Unobserved)
    assert found.cause is Cause.UNREACHABLE


@pytest.mark.parametrize(
    ("patience", "left", "cause"), [(0.5, 20.0, Cause.TIMEOUT), (15.0, 0.5, Cause.DEADLINE)]
)
async def test_nobody_answers(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, patience: float, left: float, cause: Cause
) -> None:
    """An endpoint that hangs is given up in time, and is not to blame where there was none left."""
    monkeypatch.setattr(exchange, "EXCHANGE_SECONDS", patience)
    found = (await answered(serve(always(Reply(silent=True))), seconds=left)).public
    assert isinstance(found, Unobserved)
    assert found.cause is cause


async def test_an_answer_that_takes_its_time(serve: Serve) -> None:
    """What is slow, and within the patience of the gate, is an answer: by the gate's own connections."""

    def twist(_: Question, __: Callable[[], Reply]) -> Reply:
        time.sleep(6)
        return as_json({"data": {"__typename": "query_root"}})

    async with connected() as http:
        found = await answers.look(world(http, graphql=Address(serve(twist)), seconds=20), Side.CANDIDATE)
    assert not isinstance(found, Unobserved)
    assert isinstance(found.public, float)
    assert found.public >= 6


ROW = {
    "chain_id": 1, "start_block": 5, "end_block": None, "block_height": "90", "latest_processed_block": 80,
    "num_events_processed": 7.0, "timestamp_caught_up_to_head_or_endblock": "2030-01-01T00:00:00.123+00:00",
}  # fmt: skip


async def read(url: str) -> Progress | Unobserved:
    async with plain.async_client(trust_env=False) as http:
        return await chains.look(world(http, graphql=Address(url)), Side.SERVING)


async def test_chains(serve: Serve) -> None:
    """Numbers come as numbers or texts; a height below the start is none."""
    behind = ROW | {
        "chain_id": 2,
        "latest_processed_block": 4,
        "timestamp_caught_up_to_head_or_endblock": None,
    }
    found = await read(serve(always(as_json({"data": {"chain_metadata": [ROW, behind]}}))))
    assert isinstance(found, Progress)
    one, two = found.chains
    assert (one.height, one.events) == (80, 7)
    assert (two.height, two.caught_up_at) == (None, None)
    assert len(found.mark) == 1


@pytest.mark.parametrize(
    "rows",
    [
        None,
        [{}],
        [ROW | {"chain_id": True}],
        [ROW | {"start_block": "x"}],
        [ROW, ROW],
        [ROW | {"end_block": [1]}],
    ],
    ids=["nothing", "empty", "bool", "text", "twice", "list"],
)
async def test_chains_that_are_none(serve: Serve, rows: object) -> None:
    """Whatever does not look like Envio's chain table is a bad answer as a whole."""
    found = await read(serve(always(as_json({"data": {"chain_metadata": rows}}))))
    assert isinstance(found, Unobserved)
    assert found.cause is Cause.BAD_ANSWER


class Lists:
    """An endpoint whose list has rows, a limit, and perhaps a writer."""

    def __init__(self, *, rows: int, limit: int | None, grows: bool = False) -> None:
        self.rows, self.limit, self.grows = rows, limit, grows

    def twist(self, question: Question, _: Callable[[], Reply]) -> Reply:
        query = question.json["query"]
        if "__schema" in query:
            return as_json({"data": dict(introspection())})
        if not query.startswith("query Limit { rows: Transfer("):
            return as_json({"data": {"rows": []}})
        asked = {
            name: int(query.split(f"{name}: ")[1].split(",")[0].split(")")[0]) for name in ("limit", "offset")
        }
        given = max(0, min(self.rows - asked["offset"], asked["limit"], self.limit or asked["limit"]))
        self.rows += self.grows
        return as_json({"data": {"rows": [{"id": str(number)} for number in range(given)]}})


@pytest.mark.parametrize(
    ("lists", "given", "cut"),
    [
        (Lists(rows=1500, limit=1000), 1000, True),
        (Lists(rows=1000, limit=1000), 1000, False),
        (Lists(rows=1001, limit=1000), 1000, True),
        (Lists(rows=20_000, limit=None), 10_001, False),
        (Lists(rows=0, limit=1000), 0, False),
        (Lists(rows=50, limit=None, grows=True), 52, False),
    ],
    ids=["cut", "at-the-limit", "one-beyond", "no-limit", "empty", "growing"],
)
async def test_row_limits(serve: Serve, lists: Lists, given: int, cut: bool) -> None:
    """A limit is seen where rows are held back, and only there."""
    async with plain.async_client(trust_env=False) as http:
        found = await schema.look_at_limits(world(http, graphql=Address(serve(lists.twist))), Side.CANDIDATE)
    assert not isinstance(found, Unobserved)
    limit = found.of("Transfer")
    assert not isinstance(limit, Unobserved)
    assert limit is not None
    assert (limit.given, limit.cut) == (given, cut)


@pytest.mark.parametrize("answer", [{"data": {"__schema": {}}}, {"data": {}}, {"data": {"__schema": None}}])
async def test_an_introspection_that_is_none(serve: Serve, answer: dict[str, Any]) -> None:
    """What does not describe a schema is a bad answer."""
    async with plain.async_client(trust_env=False) as http:
        found = await schema.look(
            world(http, graphql=Address(serve(always(as_json(answer))))), Side.CANDIDATE
        )
    assert not isinstance(found, Unobserved)
    assert isinstance(found.public, Unobserved)
    assert found.public.cause is Cause.BAD_ANSWER


METRICS = b"""# TYPE envio_info gauge
envio_info{version="3.0.0-alpha.17"} 1
# TYPE belts_heap_limit_bytes gauge
belts_heap_limit_bytes 536870912
# TYPE belts_reseed_flag gauge
belts_reseed_flag 0
"""
RUNTIME = b"# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1900000000\n"


async def measured(url: str) -> MetricsSeen | Unobserved:
    async with plain.async_client(trust_env=False) as http:
        looks = world(http, metrics=Address(url))
        return await metrics.look(looks, Side.CANDIDATE)


async def test_metrics(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the endpoint and the one beside it show."""

    def twist(question: Question, _: Callable[[], Reply]) -> Reply:
        return Reply(body=RUNTIME if question.path.endswith("/runtime") else METRICS)

    monkeypatch.setattr(metrics, "BETWEEN_LOOKS_SECONDS", 0.05)
    found = await measured(serve(twist))
    assert isinstance(found, MetricsSeen)
    assert (found.version, found.heap_limit_mb, found.reseeds) == ("3.0.0-alpha.17", 512, False)
    assert found.started == found.started_before == datetime.fromtimestamp(1_900_000_000, UTC)


@pytest.mark.parametrize("body", [b"", b"<html>Log in</html>", b"\xff\xfe"])
async def test_metrics_that_are_none(serve: Serve, body: bytes) -> None:
    """A page that holds no metric shows nothing."""
    found = await measured(serve(always(Reply(body=body))))
    assert isinstance(found, Unobserved)
    assert found.cause is Cause.BAD_ANSWER


def node(chain_id: int, block: int) -> Twist:
    def twist(question: Question, _: Callable[[], Reply]) -> Reply:
        result = {"eth_chainId": hex(chain_id), "eth_blockNumber": hex(block)}[question.json["method"]]
        return as_json({"jsonrpc": "2.0", "id": 1, "result": result})

    return twist


async def headed(*urls: str) -> int | Unobserved:
    async with plain.async_client(trust_env=False) as http:
        return await head(world(http), chain(1, rpc=tuple(map(Address, urls))))


async def test_the_highest_head(serve: Serve) -> None:
    """A provider that lags, is down, or serves another chain does not lower the head."""
    urls = [serve(node(1, 90)), serve(node(1, 100)), serve(node(10, 999)), "http://127.0.0.1:9"]
    assert await headed(*urls) == 100


async def test_no_head(serve: Serve) -> None:
    """Without a single good provider there is no head, and the reason is the first one's."""
    found = await headed(serve(node(10, 999)))
    assert isinstance(found, Unobserved)
    assert "is a provider of chain 10, not of 1" in found.reason
    odd = await headed(serve(always(as_json({"jsonrpc": "2.0", "id": 1, "error": {"code": 1}}))))
    assert isinstance(odd, Unobserved)
    assert odd.cause is Cause.BAD_ANSWER


async def watched(url: str, *heads_of_chain: int | Unobserved, seconds: float = 8.0) -> Heights | Unobserved:
    """One chain, whose head goes on with each look."""
    told = iter((*heads_of_chain, *[heads_of_chain[-1]] * 100))

    async def heads(_: World, __: ExpectedChain) -> int | Unobserved:
        return next(told)

    async with plain.async_client(trust_env=False) as http:
        looks = world(http, graphql=Address(url), seconds=seconds, measure=policy(chains=(chain(1),)))
        return await heights.look(looks, heads)


def heights_of(*replies: int | Reply) -> Twist:
    """A belt that is at one height after the other, and at the last one for good."""
    left = iter(replies)
    last = replies[-1]

    def twist(_: Question, __: Callable[[], Reply]) -> Reply:
        now = next(left, last)
        row = ROW | {"latest_processed_block": now}
        return now if isinstance(now, Reply) else as_json({"data": {"chain_metadata": [row]}})

    return twist


async def test_a_watch(serve: Serve) -> None:
    """It ends as soon as the candidate is where it has to be; the serving belt is read once, before it."""
    found = await watched(serve(heights_of(80, 78, 79, 81)), 81)
    assert isinstance(found, Heights)
    [only] = found.chains
    assert (only.target, only.first.candidate, only.last.candidate) == (80, 78, 81)


async def test_a_watch_that_is_disturbed(serve: Serve) -> None:
    """One answer that fails in the midst of it does not end it."""
    found = await watched(serve(heights_of(80, 79, Reply(status=500), 81)), 81)
    assert isinstance(found, Heights)
    assert found.chains[0].last.candidate == 81


BUSY = Unobserved(reason="429", cause=Cause.UNREACHABLE)


@pytest.mark.parametrize("heads_of_chain", [(BUSY, 81, 81), (80, BUSY, 81)])
async def test_a_head_that_is_not_told_once(serve: Serve, heads_of_chain: tuple[int | Unobserved]) -> None:
    """A provider that was busy is asked again, whether it was before or in the midst of the watch."""
    found = await watched(serve(heights_of(80, 79, 80, 81)), *heads_of_chain)
    assert isinstance(found, Heights)
    assert found.chains[0].last.head == 81


@pytest.mark.parametrize(("cause", "least"), [(Cause.UNREACHABLE, 2.0), (Cause.DENIED, 0.0)])
async def test_a_head_that_is_never_told(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, cause: Cause, least: float
) -> None:
    """Nobody waits to the deadline for a provider that never answered, nor at all for one that refuses."""
    monkeypatch.setattr(heights, "BUSY_SECONDS", 2.0)
    found = await watched(serve(heights_of(80)), Unobserved(reason="no", cause=cause), seconds=60)
    assert isinstance(found, Heights)
    assert least <= found.chains[0].seconds < least + 20


async def test_a_watch_in_vain(serve: Serve) -> None:
    """At the deadline what was seen is told; a candidate that never moved is seen not to have."""
    found = await watched(serve(heights_of(80, 80, 80)), 80, 81, 82, seconds=4)
    assert isinstance(found, Heights)
    [only] = found.chains
    assert (only.head_moved, only.candidate_moved) == (True, False)
    assert only.seconds >= 1


async def test_a_watch_of_nothing(serve: Serve) -> None:
    """Where a belt never answers, nothing was seen."""
    found = await watched(serve(always(Reply(status=500))), 80, seconds=4)
    assert isinstance(found, Unobserved)


def heights_of_chains(chains: int, *, near: Callable[[int, int], bool]) -> Twist:
    """A belt on several chains: in each answer each is at the head, or far behind it."""
    looks = itertools.count()

    def twist(_: Question, __: Callable[[], Reply]) -> Reply:
        look = next(looks)
        rows = [
            ROW
            | {
                "chain_id": number,
                "start_block": 0,
                "latest_processed_block": 1000 + look if near(number, look) else 500 + look,
            }
            for number in range(1, chains + 1)
        ]
        return as_json({"data": {"chain_metadata": rows}})

    return twist


async def many(url: str, chains: int, seconds: float) -> Heights:
    looks = itertools.count()

    async def heads(_: World, __: ExpectedChain) -> int | Unobserved:
        return 1000 + next(looks) // chains

    async with plain.async_client(trust_env=False) as http:
        says = policy(chains=tuple(chain(number) for number in range(1, chains + 1)))
        found = await heights.look(world(http, graphql=Address(url), seconds=seconds, measure=says), heads)
    assert isinstance(found, Heights)
    return found


async def test_chains_that_are_never_all_near(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of fifty is at the head in some looks, and in none all of them are: each is judged by its own."""
    monkeypatch.setattr(heights, "BETWEEN_LOOKS_SECONDS", 0.05)
    url = serve(heights_of_chains(50, near=lambda number, look: look == 0 or look % 5 == number % 5))
    found = await many(url, 50, seconds=20)
    assert all(watch.lag is not None and watch.lag <= 20 for watch in found.chains)


async def test_a_chain_that_was_near_long_ago(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look counts for a while and not for ever: a chain that fell behind since is behind."""
    monkeypatch.setattr(heights, "BETWEEN_LOOKS_SECONDS", 0.05)
    monkeypatch.setattr(heights, "FRESH_SECONDS", 0.5)
    url = serve(heights_of_chains(2, near=lambda number, look: number == 1 and look < 4))
    found = await many(url, 2, seconds=5)
    assert [watch.lag is not None and watch.lag > 20 for watch in found.chains] == [True, True]
