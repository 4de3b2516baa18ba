"""Whose answer comes through the alias: a name proves nothing where the belt has a seal."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from belts import seal
from gate.alias.confirm.by_heights import by_heights
from gate.alias.confirm.seen import failed, passed, untold
from gate.alias.order.dial import Wire
from gate.alias.order.wanted import Wanted
from gate.alias.sight import Sight, UnprovedError
from gate.alias.unmoved import Unmoved
from gate.ledger import Result
from gate.seals import Seals, seals_of
from gate.secret import Address, Secret
from tests.identities import SEED
from tests.live.gate.alias.test_writer import Belt, Stage, stage

pytestmark = pytest.mark.live
__all__ = ["stage"]

KEYS = {"blue": "the key of blue", "green": "the key of green"}


def seals(belt: Belt) -> Seals:
    found = seals_of(belt.declared, Secret(KEYS[belt.name]))
    assert found is not None
    return found


class Engine:
    """A belt that seals what it answers, as itself, and in whatever way a test spoils it."""

    def __init__(self, seals: Seals | None, heights: dict[int, int]) -> None:
        self.seals = seals
        self.heights = heights
        self.kept: tuple[bytes, str] | None = None
        self.caching = self.altering = False

    def answer(self, question: dict[str, Any], challenged: str) -> tuple[bytes, str]:
        if self.caching and self.kept is not None:
            return self.kept
        chains = [
            {
                "chain_id": chain,
                "start_block": 0,
                "end_block": None,
                "block_height": height,
                "latest_processed_block": height,
                "num_events_processed": 1,
                "timestamp_caught_up_to_head_or_endblock": None,
            }
            for chain, height in self.heights.items()
        ]
        asked = "chain_metadata" in question["query"]
        data = {"chain_metadata": chains} if asked else {"__typename": "query_root"}
        body = json.dumps({"data": data}).encode()
        given = ""
        if self.seals is not None and challenged:
            given = seal.seal(self.seals.secret.reveal(), challenged, self.seals.place, body)
        self.kept = body, given
        return (body.replace(b"}", b" }") if self.altering else body), given

    @contextmanager
    def running(self) -> Iterator[str]:
        engine = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body, given = engine.answer(question, self.headers.get(seal.CHALLENGE, ""))
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                if given:
                    self.send_header(seal.SEAL, given)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()


def wanted(stage: Stage, belt: Belt, graphql: str) -> Wanted:
    """The belt as its stack declares it: judged at `graphql`, dialled where the stage says."""
    dial = stage.gateway.dials[belt.name]
    host = stage.gateway.url.parts.netloc
    address = Address(f"http://{graphql}/v1/graphql")
    wire = Wire(belt=belt.name, graphql=address, dial=dial, seals=seals(belt), host=host)
    return Wanted(belt=belt.name, dial=dial, declared=belt.declared, probe=belt, wire=wire)


async def promote(stage: Stage, graphql: str) -> Any:
    stage.certify(stage.green, stage.blue)
    with stage.ledger() as ledger:
        async with stage.writer(ledger, stage.blue) as writer:
            return await writer.move(wanted(stage, stage.green, graphql))


@pytest.fixture
def green(stage: Stage) -> Iterator[Engine]:
    """Green seals, and the gateway would dial it."""
    engine = Engine(seals(stage.green), stage.green.heights)
    with engine.running() as dial:
        stage.gateway.dials["green"] = dial
        yield engine


async def test_a_belt_that_seals(stage: Stage, green: Engine) -> None:
    """Every answer through the alias carries its seal."""
    await stage.promote(stage.blue)
    moved = await promote(stage, stage.gateway.dials["green"])
    assert moved.kind == "promoted"
    assert moved.look is not None
    assert moved.look.outcome.words == "passed"


async def test_the_dial_of_another_belt(stage: Stage, green: Engine) -> None:
    """What was judged answers at its URL, and another belt where the gateway would dial: nothing moves."""
    await stage.promote(stage.blue)
    before, judged = stage.traces(), stage.gateway.dials["green"]
    other = Engine(seals(stage.blue), stage.blue.heights)
    with other.running() as dial:
        stage.gateway.dials["green"] = dial
        with pytest.raises(UnprovedError, match="the seal of another belt"):
            await promote(stage, judged)
        other.seals = None
        with pytest.raises(UnprovedError, match="an answer without a seal"):
            await promote(stage, judged)
    with pytest.raises(UnprovedError, match="no answer"):
        await promote(stage, judged)
    assert stage.traces() == before


async def test_the_dial_of_a_stale_process(stage: Stage, green: Engine) -> None:
    """An engine with the belt's own key that still reads the database before it was seeded again."""
    await stage.promote(stage.blue)
    before = stage.traces()
    system, database, _ = seals(stage.green).place
    green.seals = Seals(secret=Secret(KEYS["green"]), place=(system, database, "0"))
    with pytest.raises(UnprovedError, match="the seal of another belt"):
        await promote(stage, stage.gateway.dials["green"])
    assert stage.traces() == before


@pytest.mark.parametrize("how", ["caching", "altering"])
async def test_something_between(
    stage: Stage, green: Engine, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Asked by itself the belt answers; through the alias come old or changed answers: it is put back."""
    await stage.promote(stage.blue)
    served = stage.served
    tied = Wire.tied

    async def then(wire: Wire) -> Seals | None:
        found = await tied(wire)
        setattr(green, how, True)
        return found

    monkeypatch.setattr(Wire, "tied", then)
    with pytest.raises(Unmoved, match=r"put back(.|\n)*the seal of another belt, or of another question"):
        await promote(stage, stage.gateway.dials["green"])
    assert stage.served == served
    assert stage.booked[-1] == ("promotion", "green", Result.UNDONE)


async def test_a_belt_without_a_seal(stage: Stage, green: Engine) -> None:
    """Its heights or its rows tell it: those of its database, and not those of the belt before it."""
    green.seals = None
    await stage.promote(stage.blue)
    stage.again.rows = untold("it holds the same rows")
    moved = await promote(stage, stage.gateway.dials["green"])
    assert "the same heights, so nothing tells" in str(moved.look)
    assert "the same rows" in str(moved.look)
    await stage.move(stage.blue, stage.green)
    stage.again.rows = passed()
    moved = await promote(stage, stage.gateway.dials["green"])
    assert moved.look is not None
    assert moved.look.outcome.words == "passed"
    await stage.move(stage.blue, stage.green)
    stage.again.rows = untold("it holds the same rows")
    stage.green.heights |= {1: 150}
    green.heights = stage.green.heights
    moved = await promote(stage, stage.gateway.dials["green"])
    assert moved.look is not None
    assert moved.look.outcome.words == "passed"


async def test_another_belt_without_a_seal(stage: Stage, green: Engine) -> None:
    """The heights through the alias are not those of the database that was judged: it is put back."""
    green.seals = None
    await stage.promote(stage.blue)
    green.heights = {1: 90, 10: 200}
    with pytest.raises(
        Unmoved, match=r"put back\n.*\n.*seen:     the alias does not answer as green: it shows 1"
    ):
        await promote(stage, stage.gateway.dials["green"])
    assert stage.booked[-1] == ("promotion", "green", Result.UNDONE)


async def test_rows_of_another_belt_without_a_seal(stage: Stage, green: Engine) -> None:
    """Its heights are the candidate's, and its rows are not: it is put back."""
    green.seals = None
    await stage.promote(stage.blue)
    stage.again.rows = failed("3 of 20 drawn rows are not as its database holds them")
    with pytest.raises(Unmoved, match=r"put back\n.*\n.*seen:     3 of 20 drawn rows"):
        await promote(stage, stage.gateway.dials["green"])
    assert stage.booked[-1] == ("promotion", "green", Result.UNDONE)


async def test_the_belt_shows_a_chain_for_the_first_time(stage: Stage, green: Engine) -> None:
    """A chain that is committed between two readings refutes nothing."""
    green.seals = None
    seen = iter(({1: 100, 10: 200}, {1: 100, 10: 200, 7: 1}))
    green.heights = {1: 100, 10: 200, 7: 1}

    async def probe() -> Sight:
        return Sight(seed=SEED, heights=next(seen))

    url = Address(f"http://{stage.gateway.dials['green']}/v1/graphql")
    told = await by_heights(url, "green", probe, None)
    assert told.outcome.words == "passed"
