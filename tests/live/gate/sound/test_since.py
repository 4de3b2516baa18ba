"""What was written since a belt was certified, looked at alone: it refuses what a look at all refuses."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from gate.alias.confirm import contradictions
from gate.alias.confirm.seen import Seen, worst
from gate.endpoints import Endpoints
from gate.evidence import Store
from gate.looking import alone
from gate.outcome import Outcome
from gate.policy.sound import Mapping as Makes
from gate.policy.sound import Reference, SoundPolicy
from gate.probes import sound
from gate.probes.world import World
from gate.seal import Seal
from tests.deep import one_of_each
from tests.live.gate.content.belt import Belt
from tests.live.gate.content.test_again import Certified, Server, certify, measured
from tests.live.gate.sound.belt import make
from tests.live.gate.sound.seeking import TRANSFERS, hashed, second_of

pytestmark = pytest.mark.live

FILLS = Makes(entity="Account", contract="Token", event="Transfer", row_id="{chainId}-{from}")
SOUND = SoundPolicy(
    mappings=(TRANSFERS, FILLS),
    references=(Reference(entity="Transfer", column="from_id", to="Account"),),
)
PROGRESS = 65
BEFORE = 61
"""Where the belt was before it went on."""
"""What lies ten blocks below it is certified: of the rows, up to block 59, some lie above that."""


@dataclass
class Chain(Server):
    """Calls its blocks as the belt does."""

    head: int = PROGRESS

    def _of_chain(self, question: Any, chain: int) -> Any:
        told = super()._of_chain(question, chain)
        asked = "" if isinstance(question, list) else question["params"][:1]
        if asked and str(asked[0]).startswith("0x") and question["method"] == "eth_getBlockByNumber":
            number = int(asked[0], 16)
            told["result"] |= {"hash": hashed(number), "timestamp": hex(second_of(number))}
        return told


@dataclass
class Watched:
    """How often a belt was looked at as a whole; and by what was written since, of which entities."""

    whole: int = 0
    since: list[set[str]] = field(default_factory=list)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    seen, whole, since = Watched(), sound.alone, sound.of_what_is_new

    async def as_whole(world: World) -> Any:
        seen.whole += 1
        return await whole(world)

    async def as_new(world: World, known: Any) -> Any:
        seen.since.append(known.keys() & {"Transfer", "Account"})
        return await since(world, known)

    monkeypatch.setattr(contradictions, "alone", as_whole)
    monkeypatch.setattr(contradictions, "of_what_is_new", as_new)
    return seen


@contextmanager
def served(belt: Belt) -> Iterator[Server]:
    server = Chain(belt)
    with server.running():
        yield server


def sound_belt(belt: Belt) -> Belt:
    make(belt)
    for chain in (1, 10):
        belt.at(PROGRESS, chain)
    goes_on(belt, block=9, checkpoint=600, sender="0x8")
    goes_on(belt, block=60, checkpoint=700, sender="0x9")
    return belt


async def certified_(belt: Belt, server: Server) -> Certified:
    return await certify(belt, server, replace(measured(server), sound=SOUND))


@pytest.fixture
async def certified(green: Belt) -> AsyncIterator[Certified]:
    with served(sound_belt(green)) as server:
        yield await certified_(green, server)


async def whole(certified: Certified) -> Seen:
    """What a look at everything comes to."""
    doors = Endpoints(serving=None, candidate=certified.again.candidate.doors)
    async with alone(doors, certified.again.policy, ends=time.monotonic() + 30) as world:
        seen = await sound.alone(world)
        return worst(contradictions._told(world, seen))


def goes_on(
    belt: Belt, *, block: int = 62, checkpoint: int = 900, chain: int = 1, sender: str = "0x0"
) -> None:
    """One more block as Envio writes it: the event, its row, its account, and that it was counted."""
    received(belt, block=block, chain=chain, sender=sender)
    reached(belt, block=block, checkpoint=checkpoint, chain=chain, sender=sender)


def received(belt: Belt, *, block: int, chain: int, sender: str) -> None:
    """The event alone."""
    belt.execute(
        "INSERT INTO raw_events (chain_id, event_id, event_name, contract_name, block_number, log_index,"
        " src_address, block_hash, block_timestamp, block_fields, transaction_fields, params)"
        " VALUES (%s, 0, 'Transfer', 'Token', %s, 0, '0xaa', %s, %s, '{}', '{}', %s)",
        (chain, block, hashed(block), second_of(block), json.dumps({"from": sender})),
    )


def reached(belt: Belt, *, block: int, checkpoint: int, chain: int, sender: str) -> None:
    """What comes of the event."""
    counted(belt, block=block, checkpoint=checkpoint, chain=chain)
    belt.write("Transfer", (checkpoint, chain, block), *row_of(block, chain=chain, sender=sender))
    belt.write("Account", (checkpoint, chain, block), f"{chain}-{sender}", chain, block)


def counted(belt: Belt, *, block: int, checkpoint: int, chain: int) -> None:
    """The event was met, whatever it has made."""
    belt.execute("UPDATE envio_chains SET events_processed = events_processed + 1 WHERE id = %s", (chain,))
    belt.execute(
        "INSERT INTO envio_checkpoints VALUES (%s, %s, %s, %s, 1)", (checkpoint, chain, block, hashed(block))
    )


def row_of(block: int, *, chain: int = 1, sender: str = "0x0") -> tuple[object, ...]:
    """The row that an event makes."""
    return f"{chain}-{block}-0", chain, f"{chain}-{sender}", 7, block, _moment(block)


def _moment(block: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime(second_of(block)))


async def test_a_belt_that_goes_on(certified: Certified, watched: Watched) -> None:
    """It passes by what was written since, without a look at everything."""
    goes_on(certified.belt)
    told = await certified.again.before(certified.certificate)
    assert told.outcome is Outcome.PASSED, str(told)
    assert (watched.whole, watched.since) == (0, [{"Transfer", "Account"}])


PRUNED = "DELETE FROM \"envio_history_Account\" WHERE id = '1-0x0' AND envio_checkpoint_id < 900"
"""Envio has taken away what the account was before."""


async def test_a_history_that_was_pruned(certified: Certified, watched: Watched) -> None:
    """Rows that are known by their keys alone do not make it look at everything; references are looked at."""
    goes_on(certified.belt)
    certified.belt.execute(PRUNED)
    told = await certified.again.before(certified.certificate)
    assert told.outcome is Outcome.PASSED, str(told)
    assert "by their keys alone" in str(told)
    assert (watched.whole, watched.since) == (0, [{"Transfer", "Account"}])


ROW = """INSERT INTO "Transfer" SELECT '{id}', "chainId", "from_id", value, {block}, timestamp
    FROM "Transfer" WHERE id = '1-58-0'"""
COUNTED = "UPDATE envio_chains SET events_processed = events_processed + 1 WHERE id = 1"
EVENT = """INSERT INTO raw_events (chain_id, event_id, event_name, contract_name, block_number, log_index,
    src_address, block_hash, block_timestamp, block_fields, transaction_fields, params)
    SELECT chain_id, event_id, event_name, contract_name, block_number, 9, src_address, block_hash,
    block_timestamp, block_fields, transaction_fields, params FROM raw_events
    WHERE chain_id = 1 AND log_index = 0 AND block_number ="""
DELETED = """INSERT INTO "envio_history_{entity}" (id, envio_checkpoint_id, envio_change)
    VALUES ('{id}', 800, 'DELETE'); DELETE FROM "{entity}" WHERE id = '{id}'"""
CHECKPOINT = "INSERT INTO envio_checkpoints VALUES (800, 1, 61, '0x3d', 0)"
CHANGES = {
    "a row without an event": ROW.format(id="1-58-7", block=58),
    "a row without an event, of a block long ago": ROW.format(id="1-20-7", block=58),
    "an event without a row": f"{EVENT} 58; {COUNTED}",
    "an event of a block long ago without a row": f"{EVENT} 20; {COUNTED}",
    "an event that was not counted": f"{EVENT} 58; {ROW.format(id='1-58-9', block=58)}",
    "a row above what is certified gone": "DELETE FROM \"Transfer\" WHERE id = '1-58-0'",
    "with its history": "DELETE FROM \"Transfer\" WHERE id = '1-58-0';"
    " DELETE FROM \"envio_history_Transfer\" WHERE id = '1-58-0'",
    "a row gone, as its history says": f"{CHECKPOINT}; {DELETED.format(entity='Transfer', id='1-57-0')}",
    "an old row gone, as its history says": f"{CHECKPOINT}; {DELETED.format(entity='Transfer', id='1-20-0')}",
    "an account gone": "DELETE FROM \"Account\" WHERE id = '1-0x1'",
    "an account gone, as its history says": f"{CHECKPOINT}; {DELETED.format(entity='Account', id='1-0x1')}",
    "an old account gone, as history says": f"{CHECKPOINT}; {DELETED.format(entity='Account', id='1-0x8')}",
    "an account above what is certified gone, with its history": "DELETE FROM \"Account\" WHERE id = '1-0x9';"
    " DELETE FROM \"envio_history_Account\" WHERE id = '1-0x9'",
    "a row from before its event": """UPDATE "Transfer" SET "blockNumber" = 11 WHERE id = '1-58-0'""",
    "a row of another chain": """UPDATE "Transfer" SET "chainId" = 10 WHERE id = '1-58-0'""",
    "a reference to nothing": """UPDATE "Transfer" SET "from_id" = 'nobody' WHERE id = '1-58-0'""",
    "another key": "UPDATE \"Transfer\" SET id = '1-58-8' WHERE id = '1-58-0'",
    "an account of nobody": "INSERT INTO \"Account\" VALUES ('1-0x77', 1, NULL)",
    "events gone": "DELETE FROM raw_events WHERE chain_id = 1 AND block_number = 20",
    "events and their rows gone": "DELETE FROM raw_events WHERE chain_id = 1 AND block_number = 58; "
    'DELETE FROM "Transfer" WHERE "chainId" = 1 AND "blockNumber" = 58',
    "the same rows in another table": 'CREATE TABLE other (LIKE "Transfer" INCLUDING ALL); INSERT INTO other'
    ' SELECT * FROM "Transfer" WHERE id <> \'1-58-0\'; DROP TABLE "Transfer";'
    ' ALTER TABLE other RENAME TO "Transfer"',
}


@pytest.mark.parametrize(
    "pruned", one_of_each([False, True], name=lambda pruned: "pruned" if pruned else "whole history")
)
@pytest.mark.parametrize("change", one_of_each(CHANGES, of=lambda change: change.split()[1]))
async def test_one_change(certified: Certified, change: str, *, pruned: bool) -> None:
    """Whatever contradicts the rest is seen, while the belt goes on and its history is pruned."""
    goes_on(certified.belt)
    if pruned:
        certified.belt.execute(PRUNED)
    assert (await whole(certified)).outcome is Outcome.PASSED
    certified.belt.execute(CHANGES[change])
    every, told = await whole(certified), await certified.again.before(certified.certificate)
    assert every.outcome is Outcome.FAILED
    assert told.outcome is not Outcome.PASSED, f"{every} beside {told}"


async def looked_at(certified: Certified, store: Store) -> Certified:
    """The same, where a whole look was made right before."""
    doors = Endpoints(serving=None, candidate=certified.again.candidate.doors)
    async with alone(doors, certified.again.policy, ends=time.monotonic() + 30, cache=store) as world:
        await sound.sound(world)
    assert list(store.directory.iterdir())
    return replace(certified, again=replace(certified.again, cache=store))


@pytest.mark.parametrize("change", one_of_each(CHANGES))
async def test_one_change_after_a_whole_look(
    certified: Certified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """The same, where events, bounds and references are looked at by what was written since that look."""
    certified.belt.at(BEFORE)
    after = await looked_at(certified, Store(directory=tmp_path, seal=Seal(b"of the gate")))
    certified.belt.at(PROGRESS)
    goes_on(certified.belt)
    with monkeypatch.context() as without:
        without.setattr("gate.probes.database.sound.events.survey", None)  # that is the whole look at events
        told = await after.again.before(certified.certificate)
    assert told.outcome is Outcome.PASSED, str(told)
    certified.belt.execute(CHANGES[change])
    every, told = await whole(certified), await after.again.before(certified.certificate)
    assert every.outcome is Outcome.FAILED
    assert told.outcome is not Outcome.PASSED, f"{every} beside {told}"
