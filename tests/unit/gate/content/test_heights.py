"""At which block of every chain two belts can be compared."""

from dataclasses import replace
from typing import Any

import pytest

from gate.claims import Access
from gate.observations.progress import ChainProgress, Progress
from gate.policy.chains import Finality
from gate.policy.model import Policy
from gate.probes.database.heights import common
from tests.unit.gate.core.builders import chain, policy


def progress(*rows: tuple[int, int | None, int]) -> Progress:
    """Chain, height and start."""
    chains = tuple(ChainProgress(chain=one, start_block=start, height=height) for one, height, start in rows)
    return Progress(door=Access.DATABASE, chains=chains)


def says(**changes: Any) -> Policy:
    return policy(chains=(replace(chain(1), reorg_depth=10, **changes),))


@pytest.mark.parametrize(
    ("serving", "candidate", "finality", "final", "height"),
    [
        (1000, 900, Finality.DEPTH, {1: {"a": 990}}, 890),
        (900, 1000, Finality.DEPTH, {}, 890),
        (1000, 900, Finality.TAG, {1: {"a": 850}}, 850),
        (1000, 900, Finality.TAG, {1: {"a": 890, "b": 850}}, 850),
        (1000, 900, Finality.TAG, {1: {"a": 950}}, 900),
        (1000, 900, Finality.TAG, {1: {}}, 890),
        (1000, 900, Finality.TAG, {}, 890),
    ],
)
def test_one_chain(
    serving: int, candidate: int, finality: Finality, final: dict[int, dict[str, int]], height: int
) -> None:
    """The lower progress, less the depth, or up to the finalized block where that is asked for and told."""
    found = common(progress((1, serving, 0)), progress((1, candidate, 0)), says(finality=finality), final)
    assert found.blocks == {1: height}


@pytest.mark.parametrize(
    ("serving", "candidate", "said"),
    [
        (
            (1, 15, 0),
            (1, 15, 8),
            "the common height 5 (the lower progress less 10 blocks) lies below its start 8",
        ),
        ((1, None, 0), (1, 15, 0), "has not committed its first block"),
        ((1, 15, 0), (1, None, 0), "has not committed its first block"),
    ],
)
def test_a_young_chain(serving: Any, candidate: Any, said: str) -> None:
    """A chain with nothing to compare yet is named, and has no height."""
    found = common(progress(serving), progress(candidate), says(finality=Finality.DEPTH), {})
    assert found.blocks == {}
    assert said in found.young[0]


def test_chains_that_only_one_belt_has() -> None:
    """They have no common height, and are not young either."""
    found = common(progress((1, 99, 0), (5, 99, 0)), progress((1, 99, 0), (7, 99, 0)), says(), {})
    assert (found.blocks, found.young) == ({1: 89}, ())
