"""Drawn rows through an address, beside the database of the belt that should answer there."""

import asyncio
import time
from dataclasses import replace

import pytest

from gate.alias.confirm.by_rows import by_rows
from gate.alias.confirm.seen import Seen
from gate.endpoints import Belt as Doors
from gate.endpoints import Endpoints
from gate.files import policy_of
from gate.looking import alone
from gate.outcome import Outcome
from gate.secret import Address, Secret
from tests.live.gate.alias.test_move import Place, place

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]
__all__ = ["place"]

PASSED, UNTOLD, FAILED = Outcome.PASSED, Outcome.COULD_NOT_TELL, Outcome.FAILED
ROW = "('10-49b', 10, 49, 21, NULL)"


def told(place: Place, answers: Address, left: Doors | None = None) -> Seen:
    """What drawn rows tell of green, where somebody answers at the alias."""
    endpoints = Endpoints(serving=left, candidate=place.green.doors)
    policy = policy_of(place.policy.read_text(), {})

    async def looked() -> Seen:
        async with alone(endpoints, policy, ends=time.monotonic() + 30) as world:
            return await by_rows(replace(world, endpoints=endpoints), answers, "green")

    return asyncio.run(looked())


def test_two_belts_that_hold_the_same(place: Place) -> None:
    """Right rows, and nobody knows whose: with nobody else there they are green's."""
    for side in (place.blue, place.green):
        found = told(place, side.doors.graphql, place.blue.doors)
        assert found.outcome is UNTOLD, str(found)
        assert "holds the same drawn rows" in str(found)
    assert told(place, place.green.doors.graphql).outcome is PASSED


def test_a_row_that_only_one_holds(place: Place) -> None:
    """Green holds a row more, and its answers have it; blue's do not."""
    place.green.belt.execute(f'INSERT INTO "Transfer" VALUES {ROW}')
    found = told(place, place.green.doors.graphql, place.blue.doors)
    assert found.outcome is PASSED, str(found)
    found = told(place, place.blue.doors.graphql, place.blue.doors)
    assert found.outcome is FAILED, str(found)
    assert "10-49b" in str(found)


def test_a_value_that_is_another(place: Place) -> None:
    """One value of a drawn row tells the two apart."""
    place.green.belt.execute("UPDATE \"Transfer\" SET value = 8 WHERE id = '1-1'")
    assert told(place, place.green.doors.graphql, place.blue.doors).outcome is PASSED
    assert told(place, place.blue.doors.graphql, place.blue.doors).outcome is FAILED


def test_an_entity_that_only_one_has(place: Place) -> None:
    """Blue has no such table: rows of it are green's alone."""
    place.blue.belt.execute('ALTER TABLE "Transfer" RENAME TO "Other"')
    assert told(place, place.green.doors.graphql, place.blue.doors).outcome is PASSED


@pytest.mark.parametrize("how", ["nobody", "no rows", "left unseen"])
def test_nothing_to_tell_by(place: Place, how: str) -> None:
    """Nobody answers, there are no rows, or the belt before cannot be seen: could not tell."""
    left, answers = place.blue.doors, place.green.doors.graphql
    if how == "no rows":
        for side in (place.blue, place.green):
            side.belt.execute('TRUNCATE "Transfer"')
    if how == "left unseen":
        left = replace(left, database=Secret("postgresql://gate@127.0.0.1:1/belts"))
    if how == "nobody":
        answers = Address("http://127.0.0.1:1/v1/graphql")
    found = told(place, answers, left)
    assert found.outcome is UNTOLD, str(found)
