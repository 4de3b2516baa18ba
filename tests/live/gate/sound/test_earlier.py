"""An update after a preview looks at what was written since, and refuses what a look at everything does."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest

from gate.evidence import Store
from gate.observations.sound import Rule, Rules, Sound
from gate.outcome import Outcome
from gate.policy.model import Policy
from gate.probes.database.sound import earlier
from gate.seal import Seal
from tests.deep import one_of_each
from tests.live.gate.content.belt import Belt
from tests.live.gate.sound.belt import event
from tests.live.gate.sound.seeking import SDL, Chain, judged, look, says
from tests.live.gate.sound.test_since import (
    CHANGES,
    COUNTED,
    EVENT,
    PROGRESS,
    PRUNED,
    ROW,
    SOUND,
    sound_belt,
)
from tests.live.gate.sound.test_since import goes_on as write

pytestmark = pytest.mark.live

PASSED = Outcome.PASSED
PASSED_BLOCK = 60
"""The block at which a preview meets the belt."""
NARROW = {"events", "rows", "bounds", "references"}
"""The kinds that are looked at by what was written since; histories are short, and read whole."""
SAYS = says(mappings=SOUND.mappings, references=SOUND.references)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A preview of a belt, and the update after it."""

    belt: Belt
    store: Store

    async def preview(self, policy: Policy = SAYS, **how: Any) -> None:
        seen = await look(self.belt, policy, cache=self.store, **how)
        assert not narrow(seen)
        assert judged(seen, policy).outcome is PASSED, seen

    async def update(self, policy: Policy = SAYS, **how: Any) -> Sound:
        return await look(self.belt, policy, cache=self.store, repeats=True, **how)

    async def whole(self, policy: Policy = SAYS) -> Sound:
        return await look(self.belt, policy)

    @property
    def file(self) -> Path:
        [file] = self.store.directory.iterdir()
        return file


@pytest.fixture
def run(green: Belt, tmp_path: Path) -> Run:
    belt = sound_belt(green)
    for chain in (1, 10):
        belt.at(PASSED_BLOCK, chain)
    return Run(belt=belt, store=Store(directory=tmp_path, seal=Seal(b"of the gate")))


def goes_on(belt: Belt, **how: Any) -> None:
    """A block above all that had been passed at the preview."""
    belt.at(PROGRESS)
    write(belt, **how)


def narrow(seen: Sound) -> set[str]:
    """The kinds that were looked at by what was written since alone."""
    kinds = {one.name: getattr(seen, one.name) for one in fields(Sound)}
    return {
        name
        for name, rules in kinds.items()
        if isinstance(rules, Rules) and any("written since" in note for note in rules.notes)
    }


def outcome(seen: Sound, policy: Policy = SAYS) -> Outcome:
    return judged(seen, policy).outcome


async def test_a_belt_that_goes_on(run: Run) -> None:
    """It passes by what was written since, and the report says so; another preview looks at everything."""
    await run.preview()
    goes_on(run.belt)
    seen = await run.update()
    assert narrow(seen) == NARROW
    assert outcome(seen) is PASSED
    assert isinstance(seen.events, Rules)
    assert [rule.looked for rule in seen.events.rules if isinstance(rule, Rule)] == [1, 0, 1]
    await run.preview()


async def test_an_update_without_a_preview(run: Run) -> None:
    """It looks at everything, and the next look at what was written since then."""
    assert not narrow(await run.update())
    assert narrow(await run.update()) == NARROW


@pytest.mark.parametrize(
    "pruned", one_of_each([False, True], name=lambda pruned: "pruned" if pruned else "whole history")
)
@pytest.mark.parametrize("change", one_of_each(CHANGES))
async def test_one_change(run: Run, change: str, *, pruned: bool) -> None:
    """Whatever contradicts the rest is seen, while the belt goes on and its history is pruned."""
    await run.preview()
    goes_on(run.belt)
    if pruned:
        run.belt.execute(PRUNED)
    assert outcome(await run.update()) is PASSED
    run.belt.execute(CHANGES[change])
    whole, seen = await run.whole(), await run.update()
    assert outcome(whole) is not PASSED
    assert outcome(seen) is outcome(whole), seen


FURTHER = {
    "an event of a new block that was not counted": f"{EVENT} 62; {ROW.format(id='1-62-9', block=62)}",
    "an event that stands there twice": "INSERT INTO raw_events (chain_id, event_id, event_name,"
    " contract_name, block_number, log_index, src_address, block_hash, block_timestamp, block_fields,"
    " transaction_fields, params) SELECT chain_id, event_id, event_name, contract_name, block_number,"
    " log_index, src_address, block_hash, block_timestamp, block_fields, transaction_fields, params"
    " FROM raw_events"
    f" WHERE chain_id = 1 AND block_number = 62; {COUNTED}",
    "events of a chain that it has not": "UPDATE raw_events SET chain_id = 7 WHERE block_number = 62",
    "a count that is too high": COUNTED,
    "a row above the progress": """UPDATE "Transfer" SET "blockNumber" = 99 WHERE id = '1-62-0'""",
    "a row of the future": """UPDATE "Transfer" SET timestamp = '2099-01-01' WHERE id = '1-62-0'""",
    "a row that its history does not know": """UPDATE "Transfer" SET value = 8 WHERE id = '1-62-0'""",
    "an old row that its history does not know": """UPDATE "Transfer" SET value = 8 WHERE id = '1-58-0'""",
    "a history that says otherwise": 'UPDATE "envio_history_Transfer" SET value = 9',
    "a checkpoint that counts otherwise": "UPDATE envio_checkpoints SET events_processed = 3 WHERE id = 900",
    "a checkpoint of long ago that counts otherwise": "UPDATE envio_checkpoints SET events_processed = 3"
    " WHERE id = 700",
    "a start that lies higher": "UPDATE envio_chains SET start_block = 30 WHERE id = 1",
    "a progress that went back": "UPDATE envio_chains SET progress_block = 50 WHERE id = 1",
    "a chain gone": "DELETE FROM envio_chains WHERE id = 10",
    "all gone": 'TRUNCATE raw_events; TRUNCATE "Transfer"; UPDATE envio_chains SET events_processed = 1',
    "raw events in another table": "CREATE TABLE other (LIKE raw_events INCLUDING ALL); INSERT INTO other"
    " SELECT * FROM raw_events WHERE block_number <> 20; DROP TABLE raw_events CASCADE;"
    " ALTER TABLE other RENAME TO raw_events",
    "rows that another one replaces": "DELETE FROM raw_events WHERE chain_id = 1 AND block_number = 20;"
    f" {EVENT} 21; {EVENT} 22; {ROW.format(id='1-21-9', block=58)}; {ROW.format(id='1-22-9', block=58)}",
}


@pytest.mark.parametrize("change", one_of_each(FURTHER, of=lambda change: "raw" in FURTHER[change]))
async def test_a_further_change(run: Run, change: str) -> None:
    """The same for what lies around the rows: counters, blocks, checkpoints, and the table itself."""
    await run.preview()
    goes_on(run.belt)
    run.belt.execute(FURTHER[change])
    whole, seen = await run.whole(), await run.update()
    assert outcome(whole) is not PASSED
    assert outcome(seen) is outcome(whole), seen


async def test_an_event_above_the_progress_then(run: Run) -> None:
    """It needed no row then: a look at such a belt leaves nothing to the next one."""
    event(run.belt, 1, 61, 0)
    await run.preview()
    run.belt.at(61)
    run.belt.execute(COUNTED)
    seen = await run.update()
    assert not narrow(seen)
    assert outcome(seen) is not PASSED


async def test_an_event_that_was_undone_then(run: Run) -> None:
    """One that counts after all is counted, and needs its row."""
    event(run.belt, 1, 61, 0)
    await run.preview(chain=Chain(undone=frozenset({61})))
    run.belt.at(61)
    run.belt.execute(COUNTED)
    seen = await run.update()
    assert not {"events", "rows"} & narrow(seen)
    assert outcome(seen) is not PASSED


async def test_blocks_that_are_undone(run: Run) -> None:
    """Events of blocks that were undone before stay left out; what is undone since is looked at wholly."""
    event(run.belt, 1, 59, 7, hash_="0xold")
    chain = Chain()
    await run.preview(chain=chain)
    goes_on(run.belt)
    seen = await run.update(chain=chain)
    assert narrow(seen) == NARROW
    event(run.belt, 1, 62, 3, hash_="0xother")
    seen = await run.update(chain=chain)
    assert "events" not in narrow(seen)
    assert "rows" not in narrow(seen)
    assert outcome(seen) is PASSED


async def test_what_did_not_hold(run: Run) -> None:
    """It is no pass by being older than the look before: that kind is looked at wholly, each time."""
    run.belt.execute("UPDATE \"Transfer\" SET from_id = 'nobody' WHERE id = '1-20-0'")
    first = await look(run.belt, SAYS, cache=run.store)
    second = await run.update()
    assert outcome(first) is outcome(second) is Outcome.FAILED
    assert "references" not in narrow(second)


async def test_another_schema(run: Run) -> None:
    """References that were not shown then are looked at wholly now."""
    policy = says(mappings=SOUND.mappings)
    run.belt.execute("UPDATE \"Transfer\" SET from_id = 'nobody' WHERE id = '1-20-0'")
    await run.preview(policy, sdl="type Query { Account: [Account!]! } type Account { id: String! }")
    seen = await run.update(policy, sdl=SDL)
    assert "references" not in narrow(seen)
    assert outcome(seen, policy) is not PASSED


def edited(run: Run) -> None:
    mark, text = run.file.read_bytes().split(b"\n", 1)
    run.file.write_bytes(mark + b"\n" + text.replace(b'"since":', b'"since":9'))


def cut(run: Run) -> None:
    run.file.write_bytes(run.file.read_bytes()[:-20])


def resealed(run: Run) -> None:
    _, text = run.file.read_bytes().split(b"\n", 1)
    Store(directory=run.store.directory, seal=Seal(b"of somebody")).write(run.file.stem, text)


def older(run: Run) -> None:
    kept = json.loads(run.store.read(run.file.stem) or b"")
    at = time.time() - earlier.KEPT.total_seconds() - 1
    run.store.write(run.file.stem, json.dumps(kept | {"at": at}).encode())


def of_the_future(run: Run) -> None:
    kept = json.loads(run.store.read(run.file.stem) or b"")
    run.store.write(run.file.stem, json.dumps(kept | {"at": time.time() + 60}).encode())


def of_another_belt(run: Run) -> None:
    run.file.rename(run.file.with_stem("0" * 64))


def seeded_again(run: Run) -> None:
    run.belt.execute("CREATE TABLE fresh (LIKE envio_chains INCLUDING ALL)")
    run.belt.execute("INSERT INTO fresh SELECT * FROM envio_chains")
    run.belt.execute("DROP TABLE envio_chains; ALTER TABLE fresh RENAME TO envio_chains")


def behind_a_policy(run: Run) -> None:
    run.belt.execute('CREATE POLICY all_rows ON "Transfer" USING (true)')


def written_anew(run: Run) -> None:
    run.belt.execute('VACUUM FULL "Transfer"')


@pytest.mark.parametrize(
    "change",
    one_of_each(
        [
            edited,
            cut,
            resealed,
            older,
            of_the_future,
            of_another_belt,
            seeded_again,
            behind_a_policy,
            written_anew,
        ],
        name=lambda change: change.__name__,
    ),
)
async def test_what_is_no_look_of_a_moment_ago(run: Run, change: Callable[[Run], None]) -> None:
    """Then all is looked at as ever."""
    await run.preview()
    assert narrow(await run.update()) == NARROW
    change(run)
    seen = await run.update()
    assert not narrow(seen)
    assert outcome(seen) is PASSED


async def test_another_policy(run: Run) -> None:
    """What was looked at by another measure is looked at again."""
    await run.preview()
    policy = replace(SAYS, digest="another")
    assert not narrow(await run.update(policy))


async def test_by_another_key_nobody_reads_it(run: Run) -> None:
    """A gate that has another key does not believe it."""
    await run.preview()
    other = replace(run, store=Store(directory=run.store.directory, seal=Seal(b"another")))
    assert not narrow(await other.update())


async def test_an_account_that_is_updated(run: Run) -> None:
    """Its key is there, and so all that leads to it stands; where one has gone, all is looked at."""
    await run.preview()
    for block in range(61, 65):
        goes_on(run.belt, block=block, checkpoint=900 + block, sender=f"0x{block % 2}")
    seen = await run.update()
    assert isinstance(seen.references, Rules)
    assert [rule.looked for rule in seen.references.rules if isinstance(rule, Rule)] == [4]
    run.belt.execute("DELETE FROM \"Account\" WHERE id = '10-0x0'")
    seen = await run.update()
    assert outcome(seen) is not PASSED
    assert "references" not in narrow(seen)


async def test_one_account_for_another(run: Run) -> None:
    """As many keys are not the same keys."""
    await run.preview()
    run.belt.execute("DELETE FROM \"Account\" WHERE id = '10-0x0'")
    run.belt.execute("INSERT INTO \"Account\" VALUES ('10-0x77', 10, NULL)")
    assert outcome(await run.update()) is not PASSED
