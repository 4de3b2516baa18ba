"""What is refused before anything is started: ports promised twice, memory that is not there."""

from typing import Any

import pytest

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.guards import memory, ports
from belts.runtimes.process.wire.request import Request, from_json


def asked(part: str = "postgres", *, belt: str = "blue", **fields: Any) -> Request:
    return from_json({"version": 1, "part": part, "root": "/hosts", "belt": belt, "port": 5432} | fields)


def test_two_belts_on_one_port() -> None:
    """Refused, and the belt that has it is named."""
    with pytest.raises(Refused, match="5432 belongs to the postgres of 'green'"):
        ports.refuse_promised([asked()], [asked(belt="green")])


def test_two_parts_of_one_belt_on_one_port() -> None:
    """Refused as well."""
    with pytest.raises(Refused, match="port 5432 of its engine is taken"):
        ports.refuse_promised([asked(), asked("engine")], [])


def test_a_part_that_is_applied_again() -> None:
    """Its own port is not in its way, and it may take another."""
    ports.refuse_promised([asked()], [asked(), asked("engine", port=5433)])
    ports.refuse_promised([asked(port=6000)], [asked()])


def test_memory_that_is_enough_to_the_last() -> None:
    """Nine tenths of the host may be declared, one megabyte more may not."""
    memory.refuse_overcommitted([asked(memoryMb=900)], [], host_mb=1000)
    with pytest.raises(Refused, match="at most 900 MB"):
        memory.refuse_overcommitted([asked(memoryMb=901)], [], host_mb=1000)


def test_memory_of_all_belts_together() -> None:
    """What is recorded counts, what is applied again counts once."""
    recorded = [asked(belt="green", memoryMb=500), asked(memoryMb=300)]
    memory.refuse_overcommitted([asked(memoryMb=400)], recorded, host_mb=1000)
    with pytest.raises(Refused) as caught:
        memory.refuse_overcommitted([asked(memoryMb=401)], recorded, host_mb=1000)
    assert caught.value.seen == "901 MB: blue 401 (postgres 401); green 500 (postgres 500)"
