"""When two belts are read at the same time, and when one after the other."""

from typing import Any, cast

import pytest

from belts.envio.release import OF_ALPHA
from gate.probes.database.comparing import Pair
from gate.probes.database.session import Database, Snapshot


def snapshot(*, gives_way: bool) -> Snapshot:
    connection = cast("Any", None)  # nothing is asked through it
    database = Database(connection=connection, name="a belt", remaining=lambda: 1.0, gives_way=gives_way)
    return Snapshot(database=database, schema="public", storage=OF_ALPHA)


@pytest.mark.parametrize(
    ("one_host", "serving", "candidate", "at_once"),
    [
        (False, False, False, True),
        (True, True, True, True),
        (True, False, True, False),
        (True, True, False, False),
        (True, False, False, False),
    ],
)
def test_who_is_read_when(one_host: bool, serving: bool, candidate: bool, at_once: bool) -> None:
    """On one host both at once take two cores: only where neither takes one from consumers."""
    pair = Pair(
        serving=snapshot(gives_way=serving), candidate=snapshot(gives_way=candidate), one_host=one_host
    )
    assert pair.at_once is at_once


@pytest.mark.parametrize("one_host", [True, False])
def test_one_connection(one_host: bool) -> None:
    """It carries one question at a time, whoever is on both ends."""
    one = snapshot(gives_way=True)
    assert not Pair(serving=one, candidate=one, one_host=one_host).at_once
