"""What was there when a belt was certified, and came to count since: it needs its row as any other event."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gate.outcome import Outcome
from gate.policy.groundtruth import EventSignature, GroundTruth, Registration
from tests.deep import one_of_each
from tests.live.gate.content.belt import Belt
from tests.live.gate.content.test_again import Certified, certify, measured
from tests.live.gate.sound.belt import event
from tests.live.gate.sound.test_since import (
    PROGRESS,
    SOUND,
    Watched,
    certified_,
    counted,
    reached,
    received,
    row_of,
    served,
    sound_belt,
    watched,
    whole,
)

__all__ = ["watched"]

pytestmark = pytest.mark.live

AHEAD = PROGRESS + 2
"""A block that is received, and not yet reached."""


@pytest.fixture
async def ahead(green: Belt) -> AsyncIterator[Certified]:
    """Certified while an event lies above the progress, as a rollback leaves it; it was reached since."""
    belt = sound_belt(green)
    received(belt, block=AHEAD, chain=1, sender="0x0")
    with served(belt) as server:
        server.head = AHEAD + 1
        certified = await certified_(belt, server)
        assert (await whole(certified)).outcome is Outcome.PASSED
        belt.at(AHEAD)
        counted(belt, block=AHEAD, checkpoint=900, chain=1)
        yield certified


ROW = row_of(AHEAD)


@pytest.mark.deep
async def test_an_event_that_was_reached(ahead: Certified, watched: Watched) -> None:
    """With its row the belt passes, without a look at everything."""
    ahead.belt.write("Transfer", (900, 1, AHEAD), *ROW)
    told = await ahead.again.before(ahead.certificate)
    assert told.outcome is Outcome.PASSED, str(told)
    assert (watched.whole, watched.since) == (0, [{"Transfer", "Account"}])


ROWS: dict[str, tuple[tuple[object, ...], ...]] = {
    "no row": (),
    "a row of an earlier block": ((*ROW[:4], 11, ROW[5]),),
    "a row of another chain": ((ROW[0], 10, *ROW[2:]),),
    "a row by another key": ((f"1-{AHEAD}-8", *ROW[1:]),),
    "a row too many": (ROW, (f"1-{AHEAD}-1", *ROW[1:])),
    "a reference to nothing": ((*ROW[:2], "nobody", *ROW[3:]),),
}


@pytest.mark.parametrize("rows", one_of_each(ROWS))
async def test_one_that_was_not(ahead: Certified, rows: str) -> None:
    """What a look at everything refuses is refused: where every row of then stands as well."""
    for row in ROWS[rows]:
        ahead.belt.write("Transfer", (900, 1, AHEAD), *row)
    every, told = await whole(ahead), await ahead.again.before(ahead.certificate)
    assert every.outcome is Outcome.FAILED
    assert told.outcome is not Outcome.PASSED, f"{every} beside {told}"


@pytest.mark.deep
async def test_an_account_of_an_event_that_was_reached(green: Belt) -> None:
    """An entity of which only some columns tell the place is no other case."""
    belt = sound_belt(green)
    received(belt, block=AHEAD, chain=1, sender="0x77")
    with served(belt) as server:
        server.head = AHEAD + 1
        certified = await certified_(belt, server)
        belt.at(AHEAD)
        reached(belt, block=AHEAD, checkpoint=900, chain=1, sender="0x0")
        every, told = await whole(certified), await certified.again.before(certified.certificate)
    assert every.outcome is Outcome.FAILED
    assert told.outcome is not Outcome.PASSED, f"{every} beside {told}"


async def test_a_new_row_that_leads_to_nothing(green: Belt) -> None:
    """That every row of then stands settles nothing about a later one."""
    belt = sound_belt(green)
    with served(belt) as server:
        certified = await certified_(belt, server)
        received(belt, block=62, chain=1, sender="0x0")
        counted(belt, block=62, checkpoint=900, chain=1)
        belt.write("Transfer", (900, 1, 62), *row_of(62, sender="nobody"))
        every, told = await whole(certified), await certified.again.before(certified.certificate)
    assert every.outcome is Outcome.FAILED
    assert told.outcome is not Outcome.PASSED, f"{every} beside {told}"


def signature(name: str, argument: str) -> EventSignature:
    return EventSignature(
        text=f"{name}(address)",
        name=name,
        types=("address",),
        indexed=(False,),
        arguments=(argument,),
        topic0="0x",
    )


OPENED = GroundTruth(
    chain=1,
    contract="",
    event=signature("Paid", "payer"),
    entity="Payment",
    row_id="{chainId}-{blockNumber}-{logIndex}",
    registered_by=Registration(contract="0xaa", event=signature("Opened", "till"), argument="till"),
)


async def test_a_contract_that_was_registered_since(green: Belt) -> None:
    """What it has emitted before has come to count by an event that came later."""
    belt = sound_belt(green)
    belt.entity("Payment", '"chainId" INTEGER NOT NULL', history=False)
    belt.execute("INSERT INTO \"Payment\" VALUES ('1-30-7', 1)")
    for block, address in ((30, "0xcc"), (31, "0xdd")):
        event(belt, 1, block, 7, name="Paid")
        belt.execute(
            "UPDATE raw_events SET src_address = %s WHERE block_number = %s AND log_index = 7",
            (address, block),
        )
    opens(belt, 29, "0xcc")
    belt.execute("UPDATE envio_chains SET events_processed = events_processed + 3 WHERE id = 1")
    with served(belt) as server:
        policy = replace(measured(server), sound=SOUND, ground_truth=(OPENED,))
        certified = await certify(belt, server, policy)
        assert (await whole(certified)).outcome is Outcome.PASSED, str(await whole(certified))
        opens(belt, 62, "0xdd")
        belt.execute("UPDATE envio_chains SET events_processed = events_processed + 1 WHERE id = 1")
        every, told = await whole(certified), await certified.again.before(certified.certificate)
    assert every.outcome is Outcome.FAILED
    assert told.outcome is not Outcome.PASSED, f"{every} beside {told}"


def opens(belt: Belt, block: int, till: str) -> None:
    event(belt, 1, block, 8, name="Opened")
    belt.execute(
        "UPDATE raw_events SET params = jsonb_build_object('till', %s::text) WHERE block_number = %s"
        " AND log_index = 8",
        (till, block),
    )
