"""The rules of a spec: what a belt may use, and where it listens."""

from dataclasses import replace
from pathlib import Path

import pytest

from belts.reading.codec import walk
from belts.reading.kinds import Port
from belts.spec.belt import BeltSpec
from belts.spec.engine import ExternalHasura
from belts.spec.indexer import heap_mb
from tests.unit.belts.specs import belt


@pytest.mark.parametrize(("chains", "heap"), [(0, 4_096), (1, 4_096), (2, 4_096), (3, 6_144), (6, 12_288)])
def test_heap_by_number_of_chains(chains: int, heap: int) -> None:
    """2,048 MB a chain, at least 4,096: six chains get the 12,288 with which six lived."""
    assert heap_mb(chains) == heap


def memory_mb(spec: BeltSpec) -> int:
    """What the host has to hold for it."""
    return sum(part.memory_mb for part in spec.parts.values())


def ports(spec: BeltSpec) -> dict[str, int]:
    """Where it listens, under the paths of its settings."""
    return {path: value for path, each, value in walk(spec) if isinstance(each.kind, Port)}


def test_memory_of_a_belt() -> None:
    """Heap, Postgres and engine together are what the host has to hold."""
    spec = belt(heap_mb=4_096)

    assert memory_mb(spec) == 4_096 + 512 + 256
    assert memory_mb(replace(spec, hasura=ExternalHasura(url="https://h"))) == 4_096 + 512


def test_ports_of_a_belt() -> None:
    """Every part that listens here has its port under the path of its setting."""
    spec = belt()

    assert ports(spec) == {"postgres.port": 5501, "hasura.port": 8501, "indexer.port": 9501}
    assert "hasura.port" not in ports(replace(spec, hasura=ExternalHasura(url="https://h")))


def test_root_of_a_belt() -> None:
    """A spec is frozen: nothing changes it on the way to the host."""
    with pytest.raises(AttributeError):
        belt().root = Path("/elsewhere")  # type: ignore[misc]
