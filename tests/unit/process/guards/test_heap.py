"""Less heap than the rule is taken from a belt that serves only by a word for that very change."""

from pathlib import Path
from typing import Any

import pytest

from belts.runtimes.process import lease_files
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.guards import heap
from belts.runtimes.process.wire.request import Request, from_json

CHAINS = [1, 10, 8453, 80094]
RULE = 8_192


def asked(root: Path, heap_mb: int, **fields: Any) -> Request:
    common = {"version": 1, "part": "indexer", "root": str(root), "belt": "blue", "port": 5432}
    project = {"project": "/p", "config": "config.yaml", "digest": "d", "chains": CHAINS}
    return from_json({**common, **project, "heapMb": heap_mb, **fields})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "blue" / lease_files.FOLDER).mkdir(parents=True)
    lease_files.serve(tmp_path / "blue", gateway="gateway")
    return tmp_path


def refusal(root: Path, before: int, after: int, **fields: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        heap.refuse(asked(root, after, **fields), [asked(root, before)])
    return refused.value


@pytest.mark.parametrize(("before", "after"), [(RULE, RULE - 1), (20_000, 4_096), (4_096, 4_095)])
def test_less_than_the_rule(root: Path, before: int, after: int) -> None:
    """It is refused with the word that lets this change through, and no other one."""
    refused = refusal(root, before, after)
    needed = heap.word("blue", before, after)
    assert f"`pulumi config set smallerHeap {needed} --stack blue`" in refused.now
    assert "it serves for gateway" in refused.seen
    heap.refuse(asked(root, after, smallerHeap=needed), [asked(root, before)])
    refusal(root, before, after - 1, smallerHeap=needed)


@pytest.mark.parametrize(
    ("before", "after"), [(20_000, RULE), (4_096, 4_096), (4_096, 5_000), (512, 600), (RULE, 20_000)]
)
def test_what_needs_no_word(root: Path, before: int, after: int) -> None:
    """More of it, as much, or what the rule gives."""
    heap.refuse(asked(root, after), [asked(root, before)])


def test_a_belt_that_nobody_needs(tmp_path: Path) -> None:
    """It is a candidate: the gate looks at its heap before anybody depends on it."""
    heap.refuse(asked(tmp_path, 512), [asked(tmp_path, RULE)])


def test_a_belt_that_is_not_there(root: Path) -> None:
    """It may come back with what it is asked for."""
    heap.refuse(asked(root, 512), [])
