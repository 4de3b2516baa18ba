"""A certified candidate that is changed before the alias moves to it, or right after, on a real Postgres."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from gate.alias.certificate import memory
from gate.alias.confirm import against_certificate as again
from gate.alias.confirm import contradictions, following
from gate.alias.confirm.against_certificate import AgainstCertificate, Candidate
from gate.alias.sight import DatabaseProbe, UnprovedError
from gate.certify import taking
from gate.endpoints import Belt as Doors
from gate.endpoints import Endpoints
from gate.ledger import Certificate
from gate.observations.unobserved import Unobserved
from gate.outcome import Outcome
from gate.policy.model import Policy
from gate.policy.waivers import Acceptance
from gate.probes import sound
from gate.probes.world import World
from gate.secret import Address, Secret
from tests.deep import one_of_each
from tests.identities import of
from tests.live.gate.content.belt import Belt, policy
from tests.live.gate.content.test_own_state import ROWS as FURTHER
from tests.live.gate.content.test_own_state import transfers

pytestmark = pytest.mark.live

PASSED, UNTOLD, FAILED = Outcome.PASSED, Outcome.COULD_NOT_TELL, Outcome.FAILED
ROWS = [row for row in FURTHER if row[2] <= 50]
"""None above the belt's own progress: that would contradict it."""
LATE = 10_000.0
"""So long the rows took to read when they were certified: there is no time for it any more."""


@dataclass
class Server:
    """The belt's GraphQL and the chains' provider in one; both may be taken away."""

    belt: Belt
    head: int = 52
    answers: bool = True
    provider: bool = True
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def answer(self, question: Any, path: str) -> Any:
        if path.startswith("/rpc"):
            return self._of_chain(question, int(path.rpartition("/")[2])) if self.provider else None
        self.asked.append(path)
        if not self.answers:
            return None
        rows = self.belt.execute("SELECT id, start_block, progress_block FROM envio_chains ORDER BY 1")
        chains = [
            {
                "chain_id": chain,
                "start_block": start,
                "end_block": None,
                "block_height": height,
                "latest_processed_block": height,
                "num_events_processed": 0,
                "timestamp_caught_up_to_head_or_endblock": None,
            }
            for chain, start, height in rows
        ]
        return {"data": {"chain_metadata": chains}}

    def _of_chain(self, question: Any, chain: int) -> Any:
        if isinstance(question, list):
            return [self._of_chain(each, chain) for each in question]
        result: Any = hex(chain if question["method"] == "eth_chainId" else self.head)
        if question["method"] == "eth_getBlockByNumber":
            result = {"hash": "0x", "number": question["params"][0], "timestamp": hex(1_700_000_000)}
        return {"jsonrpc": "2.0", "id": question["id"], "result": result}

    @contextmanager
    def running(self) -> Iterator[None]:
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                answer = told.answer(
                    json.loads(self.rfile.read(int(self.headers["Content-Length"]))), self.path
                )
                self.send_response(503 if answer is None else 200)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()


@dataclass(frozen=True, kw_only=True)
class Certified:
    """A belt with 40 certified rows on each of two chains, and what looks at it again."""

    belt: Belt
    server: Server
    again: AgainstCertificate
    certificate: Certificate

    @property
    def late(self) -> Certificate:
        """The same, where there is no time to read all rows again."""
        return replace(self.certificate, state={**self.certificate.state, "seconds": LATE})


@pytest.fixture
async def certified(green: Belt, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(again, "APART_SECONDS", 0.0)
    monkeypatch.setattr(following, "PATIENCE_SECONDS", 0.0)
    transfers(green, *ROWS)
    server = Server(green)
    with server.running():
        yield await certify(green, server)


async def certify(belt: Belt, server: Server, says: Policy | None = None) -> Certified:
    doors = Doors(graphql=Address(f"{server.url}/v1/graphql"), database=Secret(belt.dsn))
    says = says or measured(server)
    taken = await taking.take(
        Endpoints(serving=None, candidate=doors), says, ends=time.monotonic() + 30, begun=asyncio.Event()
    )
    assert not isinstance(taken, Unobserved), taken
    probe = DatabaseProbe(belt="green", url=Secret(belt.dsn))
    sight = await probe()
    candidate = Candidate(belt="green", declared=of(sight.seed), probe=probe, doors=doors)
    return Certified(
        belt=belt,
        server=server,
        again=AgainstCertificate(candidate=candidate, policy=says, deadline=timedelta(seconds=60)),
        certificate=Certificate(
            id=uuid4(),
            mode="parity",
            heights=sight.heights,
            state=json.loads(json.dumps(memory.encode(taken))),
        ),
    )


def measured(server: Server) -> Policy:
    says = policy(1, 10, depth=10)
    chains = tuple(
        replace(chain, rpc=(Address(f"{server.url}/rpc/{chain.id}"),), indexed_from=())
        for chain in says.chains
    )
    blind = Acceptance(part="sound.references", reason="this server shows no schema")
    return replace(says, chains=chains, accepts=(blind,))


CHANGES = {
    "1,691 rows deleted, here 17": "DELETE FROM \"Transfer\" WHERE id LIKE '10-1%'",
    "one row deleted": "DELETE FROM \"Transfer\" WHERE id = '10-3'",
    "one value changed": "UPDATE \"Transfer\" SET value = 8 WHERE id = '10-3'",
    "one key changed": "UPDATE \"Transfer\" SET id = 'x' WHERE id = '10-3'",
    "truncated": 'TRUNCATE "Transfer"',
    "emptied": 'DELETE FROM "Transfer"',
    "written anew with a row less": (
        'CREATE TABLE other AS SELECT * FROM "Transfer" WHERE id <> \'10-3\'; DROP TABLE "Transfer";'
        'ALTER TABLE other RENAME TO "Transfer"; ALTER TABLE "Transfer" ADD PRIMARY KEY (id)'
    ),
    "gone": 'DROP TABLE "Transfer"',
    "a column gone": 'ALTER TABLE "Transfer" DROP COLUMN note',
    "rows under another chain": 'UPDATE "Transfer" SET "chainId" = 10 WHERE id = \'1-3\'',
}


@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize(
    "hurried", one_of_each([False, True], name=lambda hurried: "touched" if hurried else "read again")
)
async def test_a_candidate_that_was_changed(certified: Certified, how: str, *, hurried: bool) -> None:
    """Before and after, and also where only what was touched can be read again: it is seen."""
    certified.belt.execute(CHANGES[how])
    certificate = certified.late if hurried else certified.certificate
    before = await certified.again.before(certificate)
    after = await certified.again.after(certificate)
    assert before.outcome is not PASSED, str(before)
    assert after.outcome is before.outcome, str(after)


EVENT = "INSERT INTO raw_events VALUES (10, 0, 'Transfer', 'Token', 3, 0, '0xaa', '0x', 3, '{}', '{}', '{}')"
CONTRADICTIONS = {
    "a row above the progress": (
        "INSERT INTO \"Transfer\" VALUES ('10-70', 10, 70, 21, NULL)",
        "1 of 101 rows of Transfer is above the belt's own progress",
    ),
    "a row of a chain that it has not": (
        "INSERT INTO \"Transfer\" VALUES ('7-3', 7, 3, 21, NULL)",
        "Transfer",
    ),
    "an event that was never counted": (
        EVENT,
        "chain 10: 0 events were counted, 1 was received",
    ),
    "an event that was counted and is gone": (
        f"{EVENT}; UPDATE envio_chains SET events_processed = 2 WHERE id = 10",
        "chain 10: 2 events were counted, 1 was received",
    ),
}


@pytest.mark.parametrize("how", CONTRADICTIONS)
async def test_a_candidate_that_contradicts_itself(certified: Certified, how: str) -> None:
    """Nothing that was certified has changed, and yet it is refused before, and seen to be wrong after."""
    statement, words = CONTRADICTIONS[how]
    certified.belt.execute(statement)
    before = await certified.again.before(certified.certificate)
    after = await certified.again.after(certified.certificate)
    assert (before.outcome, after.outcome) == (FAILED, FAILED), str(before)
    assert words in str(before)
    assert words in str(after)


async def test_no_time_for_contradictions(certified: Certified, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they cannot be looked for in time, events that nobody touched stand, and touched ones do not."""

    async def slow(*_: Any) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr(contradictions, "alone", slow)
    monkeypatch.setattr(contradictions, "MOST", 0.01)
    told = await certified.again.before(certified.certificate)
    assert told.outcome is PASSED
    assert "its events untouched since the verdict" in str(told)
    certified.belt.execute("TRUNCATE raw_events")
    told = await certified.again.before(certified.certificate)
    assert told.outcome is UNTOLD
    assert "its events were touched since" in str(told)


async def test_contradictions_that_nobody_can_see(certified: Certified) -> None:
    """What the policy accepts undecided stands in no way, here as little as in the verdict."""
    certified.belt.execute("DROP TABLE raw_events")
    certified.belt.execute("CREATE TABLE raw_events (LIKE envio_checkpoints)")
    blind = await certified.again.before(certified.certificate)
    assert blind.outcome is not PASSED
    policy = certified.again.policy
    accepts = [Acceptance(part=f"sound.{part}", reason="it keeps none") for part in ("events", "rows")]
    accepting = replace(certified.again, policy=replace(policy, accepts=(*policy.accepts, *accepts)))
    certificate = (await certify(certified.belt, certified.server)).certificate
    assert (await accepting.before(certificate)).outcome is PASSED


async def test_a_row_that_was_added_below(certified: Certified) -> None:
    """A row that nobody proved, at a height that was."""
    certified.belt.execute("INSERT INTO \"Transfer\" VALUES ('10-3b', 10, 3, 21, NULL)")
    told = await certified.again.before(certified.certificate)
    assert told.outcome is FAILED
    assert "40 rows on chain 10 were certified, 41 are there" in str(told)


@pytest.mark.parametrize("hurried", [False, True])
async def test_a_belt_that_goes_on(certified: Certified, *, hurried: bool) -> None:
    """New blocks bring new rows, and may undo rows that were not final: neither is a change."""
    certified.belt.fill("Transfer", ("10-60", 10, 60, 1, None), ("1-61", 1, 61, 1, None))
    certified.belt.at(61, chain=1)
    certified.belt.at(61, chain=10)
    certified.belt.execute("DELETE FROM \"Transfer\" WHERE id = '10-45'")
    certificate = certified.late if hurried else certified.certificate
    assert (await certified.again.before(certificate)).outcome is PASSED
    assert (await certified.again.after(certificate)).outcome is PASSED


async def test_rows_that_go_on_changing(green: Belt, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a history nobody knows what they were: the next block's rows refute no good belt."""
    transfers(green, *ROWS)
    green.execute("UPDATE \"Transfer\" SET value = value WHERE id = '10-5'")
    server = Server(green)
    with server.running():
        certified = await certify(green, server)
        green.at(51, chain=10)
        green.execute('UPDATE "Transfer" SET "blockNumber" = 51, value = 1 WHERE id = \'10-3\'')
        assert (await certified.again.before(certified.certificate)).outcome is PASSED
        green.execute("DELETE FROM \"Transfer\" WHERE id = '10-4'")
        assert "were deleted" in str(await certified.again.before(certified.certificate))
        green.execute('DROP TABLE "Transfer"')
        assert (await certified.again.before(certified.certificate)).outcome is FAILED


async def test_nothing_was_touched(certified: Certified) -> None:
    """No time to read, and no table touched: that is enough, and is said."""
    told = await certified.again.before(certified.late)
    assert told.outcome is PASSED
    assert str(told).startswith("1 table untouched since the verdict")


async def test_a_certificate_that_remembers_nothing(certified: Certified) -> None:
    """Nothing to compare with is no pass."""
    forgetful = replace(certified.certificate, state=None)
    assert (await certified.again.before(forgetful)).outcome is UNTOLD
    unseen = replace(certified.certificate, state={"version": 1, "unseen": "it was away"})
    assert (await certified.again.before(unseen)).outcome is UNTOLD


async def test_a_belt_that_was_seeded_again(certified: Certified) -> None:
    """Another chain table is another belt; a lower height is not the belt that was certified."""
    certified.belt.at(40, chain=10)
    told = await certified.again.after(certified.certificate)
    assert (told.outcome, "chain 10 at 40, was 50" in str(told)) == (FAILED, True)
    certified.belt.execute(
        "CREATE TABLE fresh (LIKE envio_chains); INSERT INTO fresh SELECT * FROM envio_chains"
    )
    certified.belt.execute("DROP TABLE envio_chains; ALTER TABLE fresh RENAME TO envio_chains")
    assert "seeded again" in str(await certified.again.after(certified.certificate))


async def test_a_belt_whose_code_was_changed_in_place(certified: Certified) -> None:
    """Its rows are what they were, and what writes the next ones is what nobody has judged."""
    certified.belt.execute("CREATE SCHEMA belts; CREATE TABLE belts.seeding AS SELECT 'd' AS project")
    told = await certified.again.after(certified.certificate)
    assert told.outcome is PASSED, told
    certified.belt.execute("UPDATE belts.seeding SET project = 'e'")
    told = await certified.again.after(certified.certificate)
    assert told.outcome is FAILED
    assert "project e: its code was changed in place since" in str(told)


@pytest.mark.parametrize(
    ("change", "outcome", "said"),
    [
        ({"provider": False}, UNTOLD, "nobody says where chain 1 is"),
        ({"answers": False}, FAILED, "it does not answer its consumers"),
        ({"head": 500}, FAILED, "blocks behind chain 1"),
    ],
    ids=["provider away", "silent", "behind"],
)
async def test_right_after(certified: Certified, change: dict[str, Any], outcome: Outcome, said: str) -> None:
    """What the load of consumers may change; what cannot be seen is told, and no failure."""
    for name, value in change.items():
        setattr(certified.server, name, value)
    told = await certified.again.after(certified.certificate)
    assert told.outcome is outcome
    assert said in str(told)


async def test_a_failure_that_passes(certified: Certified, monkeypatch: pytest.MonkeyPatch) -> None:
    """One look that fails is looked at once more: what is well then is well."""
    certified.server.answers = False
    pause = asyncio.sleep

    async def mended(seconds: float) -> None:
        certified.server.answers = True
        await pause(seconds)

    monkeypatch.setattr(asyncio, "sleep", mended)
    assert (await certified.again.after(certified.certificate)).outcome is PASSED


async def test_a_database_that_is_away(certified: Certified, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sees its rows: before the move that refuses, after it that is told."""

    async def nobody(*_: Any) -> Any:
        raise UnprovedError("it is not to be seen", expected="a belt", seen="none", now="look")

    candidate = certified.again.candidate
    away = replace(candidate.doors, database=Secret("postgresql://gate@127.0.0.1:1/belts"))
    blind = replace(certified.again, candidate=replace(candidate, doors=away, probe=nobody))
    assert (await blind.before(certified.certificate)).outcome is UNTOLD
    assert (await blind.after(certified.certificate)).outcome is UNTOLD


UNDER_THE_ROWS = {
    "deleted": "DELETE FROM raw_events WHERE log_index = 0",
    "rewritten": "UPDATE raw_events SET params = '{}' WHERE log_index = 0",
    "another table": "CREATE TABLE other AS TABLE raw_events; DROP TABLE raw_events;"
    " ALTER TABLE other RENAME TO raw_events",
    "filled again": "CREATE TEMP TABLE kept AS TABLE raw_events; TRUNCATE raw_events;"
    " INSERT INTO raw_events TABLE kept",
}


@pytest.mark.parametrize("how", UNDER_THE_ROWS)
async def test_events_that_were_touched_are_joined_again(
    certified: Certified, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Only where each event is there as it was written does what was joined with them stand."""
    certified.belt.event(chain=1, block=3)
    certificate = (await certify(certified.belt, certified.server)).certificate
    joined: list[str] = []
    whole, new = sound.alone, sound.of_what_is_new

    async def as_whole(world: World) -> Any:
        joined.append("whole")
        return await whole(world)

    async def as_new(world: World, *known: Any) -> Any:
        joined.append("new")
        return await new(world, *known)

    monkeypatch.setattr(contradictions, "alone", as_whole)
    monkeypatch.setattr(contradictions, "of_what_is_new", as_new)
    certified.belt.event(chain=1, block=4)
    await certified.again.before(certificate)
    assert joined == ["new"]
    certified.belt.execute(UNDER_THE_ROWS[how])
    await certified.again.before(certificate)
    assert joined == ["new", "whole"]
