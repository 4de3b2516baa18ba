"""Real belts that contradict themselves: refused beside a good belt, beside one like it, and alone.

Healthy belts pass the same rules, over all they hold, while every chain and both belts move.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from gate.all_probes import PROBES
from gate.checks import sound
from gate.endpoints import Endpoints
from gate.outcome import Outcome
from gate.policy import Policy
from gate.secret import Address
from tests.deep import one_of_each
from tests.live.gate.scene import HELD, Judged, Scene, Twin, doors, execute, spoiled

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

ALONE: dict[str, Any] = {
    "probes": tuple(probe for probe in PROBES if probe.field == "sound"),
    "checks": (sound.CHECK,),
}
SOUND = {
    "mappings": [
        {
            "entity": "Price",
            "contract": "Vault",
            "event": "PriceSet",
            "rowId": "{chainId}-{blockNumber}-{logIndex}",
        },
        {"entity": "Position", "contract": "Vault", "event": "PositionOpened", "rowId": "{chainId}-{id}"},
        {"entity": "Account", "contract": "Points", "event": "Transfer", "rowId": "{chainId}-{from}"},
        {"entity": "Account", "contract": "Points", "event": "Transfer", "rowId": "{chainId}-{to}"},
    ],
    "references": [
        {"entity": "Transfer", "column": "from_id", "to": "Account"},
        {"entity": "Transfer", "column": "to_id", "to": "Account"},
        {"entity": "Position", "column": "owner_id", "to": "Account"},
    ],
}
OLD = '"chainId" = 1 AND "blockNumber" BETWEEN 20 AND 40'
RECENT = 'id = (SELECT id FROM "envio_history_Transfer" ORDER BY envio_checkpoint_id DESC, id LIMIT 1)'
FIRST = "chain_id = 1 AND event_name = 'Transfer' AND block_number BETWEEN 20 AND 40"
ADDED = (
    "INSERT INTO raw_events (SELECT (jsonb_populate_record(r, jsonb_build_object('log_index', 999,"
    " 'serial', nextval('raw_events_serial_seq')))).* FROM kept.raw r)"
)
ROW_OF_EVENT = (
    """DELETE FROM "Transfer" WHERE id = (SELECT chain_id || '-' || block_number || '-' || log_index"""
    " FROM kept.raw)"
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is done to the twin, the part that sees it, and words that tell it."""

    name: str
    part: str
    said: str
    table: str = "Transfer"
    where: str = OLD
    statements: tuple[str, ...] = ()
    event: str = ""
    events: tuple[str, ...] = ()
    held: bool = False
    alone: Outcome = Outcome.FAILED
    """How it ends where no serving belt shows that the rule holds, and nobody declared it."""

    @contextmanager
    def on(self, twin: Twin) -> Iterator[None]:
        with ExitStack() as stack:
            if self.held:
                stack.enter_context(twin.held.up())
            if self.event:
                stack.enter_context(without_event(twin, self.event, *self.events))
            if self.statements:
                stack.enter_context(spoiled(twin.belt, self.table, self.where, *self.statements))
            yield


FAULTS = (
    Fault(
        name="a raw event deleted",
        part="events",
        said="were counted",
        event=FIRST,
        events=("DELETE FROM raw_events WHERE serial = (SELECT serial FROM kept.raw)",),
    ),
    Fault(
        name="a row deleted with its raw event",
        part="events",
        said="were counted",
        event=FIRST,
        events=("DELETE FROM raw_events WHERE serial = (SELECT serial FROM kept.raw)", ROW_OF_EVENT),
    ),
    Fault(name="an extra raw event", part="events", said="were counted", event=FIRST, events=(ADDED,)),
    Fault(
        name="a counter that was changed",
        part="events",
        said=f"chain {HELD}: ",
        event=f"chain_id = {HELD}",
        events=(f"UPDATE envio_chains SET events_processed = events_processed - 3 WHERE id = {HELD}",),
        held=True,
    ),
    Fault(
        name="a row without its event",
        part="rows",
        said="no event",
        alone=Outcome.COULD_NOT_TELL,
        statements=("""UPDATE "Transfer" SET id = id || '-twin' WHERE id = {key}""",),
    ),
    Fault(
        name="an event without its row",
        part="rows",
        said="no row of Transfer",
        statements=('DELETE FROM "Transfer" WHERE id = {key}',),
    ),
    Fault(
        name="an event without its row, by what it holds",
        part="rows",
        said="no row of Position",
        table="Position",
        where="\"chainId\" = 1 AND status = 'CLOSED'",
        statements=('DELETE FROM "Position" WHERE id = {key}',),
    ),
    Fault(
        name="a row above the progress",
        part="bounds",
        said="above the belt's own progress",
        statements=('UPDATE "Transfer" SET "blockNumber" = 1000000 WHERE id = {key}',),
    ),
    Fault(
        name="a row of the future",
        part="bounds",
        said="younger than the belt's newest block",
        statements=(
            'UPDATE "Transfer" SET "timestamp" = "timestamp" + interval \'20 years\' WHERE id = {key}',
        ),
    ),
    Fault(
        name="a row of a chain that the belt has not",
        part="bounds",
        said="of a chain that the belt does not index",
        table="Price",
        where='"chainId" = 1',
        statements=('UPDATE "Price" SET "chainId" = 137 WHERE id = {key}',),
    ),
    Fault(
        name="a row that its history knows otherwise",
        part="history",
        said="row of Transfer is not what its newest history says",
        where=RECENT,
        statements=('UPDATE "Transfer" SET value = value + 1 WHERE id = {key}',),
    ),
    Fault(
        name="a row gone that lives by its history",
        part="history",
        said="row of Transfer is gone, and its newest history says that it lives",
        where=RECENT,
        statements=('DELETE FROM "Transfer" WHERE id = {key}',),
    ),
    Fault(
        name="a reference to nothing",
        part="references",
        said="to no row of Account, as 1-0xnobody",
        statements=("UPDATE \"Transfer\" SET from_id = '1-0xnobody' WHERE id = {key}",),
    ),
)


@contextmanager
def without_event(twin: Twin, where: str, *statements: str) -> Iterator[None]:
    """Does something to the raw events and rows of the twin, and puts back the event and its row."""
    belt = twin.belt
    key = "(SELECT chain_id || '-' || block_number || '-' || log_index FROM kept.raw)"
    execute(
        belt,
        "CREATE SCHEMA kept",
        f"CREATE TABLE kept.raw AS SELECT * FROM raw_events WHERE {where} ORDER BY serial LIMIT 1",
        f'CREATE TABLE kept.made AS SELECT * FROM "Transfer" WHERE id = {key}',
        "CREATE TABLE kept.chains AS SELECT id, events_processed FROM envio_chains",
    )
    try:
        for statement in statements:
            assert execute(belt, statement) == 1, statement
        yield
    finally:
        execute(
            belt,
            "DELETE FROM raw_events WHERE serial = (SELECT serial FROM kept.raw) OR log_index = 999",
            "INSERT INTO raw_events SELECT * FROM kept.raw",
            f'DELETE FROM "Transfer" WHERE id = {key}',
            'INSERT INTO "Transfer" SELECT * FROM kept.made',
            "UPDATE envio_chains c SET events_processed = k.events_processed FROM kept.chains k"
            f" WHERE k.id = c.id AND c.id = {HELD} AND c.events_processed = k.events_processed - 3",
            "DROP SCHEMA kept CASCADE",
        )


def beside_blue(scene: Scene, twin: Twin) -> Endpoints:
    return scene.endpoints(candidate=doors(twin.belt))


def sharing_it(scene: Scene, twin: Twin) -> Endpoints:
    return scene.endpoints(serving=doors(twin.belt), candidate=doors(twin.belt))


def first_alias(scene: Scene, twin: Twin) -> Endpoints:
    del scene
    nowhere = Address("http://127.0.0.1:9/v1/graphql")
    return Endpoints(serving=None, candidate=doors(twin.belt), alias=nowhere)


async def looked(scene: Scene, endpoints: Endpoints, policy: Policy | None = None) -> Judged:
    return await scene.judge(endpoints, policy or scene.parity(sound=SOUND), **ALONE)


@pytest.mark.parametrize("situation", [beside_blue, first_alias], ids=lambda one: one.__name__)
async def test_healthy_belts(situation: Any, scene: Scene, twin: Twin) -> None:
    """Nothing contradicts itself, and every kind was looked at over real rows."""
    judged = await looked(scene, situation(scene, twin))
    finding = judged.of("sound")
    assert finding.outcome is Outcome.PASSED, judged.text
    assert all(" over " in point.observed for point in finding.points), judged.text


async def test_green_alone(scene: Scene) -> None:
    """What nobody declared is found on green too: badges, by the event that makes them."""
    badges = {"entity": "Badge", "contract": "Badges", "event": "BadgeAwarded", "rowId": "{chainId}-{id}"}
    policy = scene.policy(sound=SOUND | {"mappings": [*SOUND["mappings"], badges]})
    judged = await looked(scene, scene.endpoints(), policy)
    assert judged.of("sound").outcome is Outcome.PASSED, judged.text


@pytest.mark.parametrize(
    "situation", one_of_each([beside_blue, sharing_it, first_alias], name=lambda one: one.__name__)
)
@pytest.mark.parametrize("fault", one_of_each(FAULTS, of=lambda fault: fault.part, name=lambda one: one.name))
async def test_fault(fault: Fault, situation: Any, scene: Scene, twin: Twin) -> None:
    """It is refused wherever the candidate stands, by its part and in its words."""
    with fault.on(twin):
        judged = await looked(scene, situation(scene, twin))
    points = [
        point
        for point in judged.of("sound").points
        if point.part.name == fault.part and fault.said in point.observed
    ]
    ends = Outcome.FAILED if situation is beside_blue else fault.alone
    assert [point.outcome for point in points] == [ends], judged.text
    assert not judged.passed


async def test_healthy_again(scene: Scene, twin: Twin) -> None:
    """Every fault was put back."""
    judged = await looked(scene, beside_blue(scene, twin))
    assert judged.of("sound").outcome is Outcome.PASSED, judged.text
