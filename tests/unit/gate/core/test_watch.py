"""The watch over heights goes on from what was written down a moment ago, and from nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gate.claims import Access
from gate.journal.journal import Journal
from gate.observations.heights import Heights, Look
from gate.observations.progress import ChainProgress, Progress
from gate.observations.watched import ChainStretch, Stretch
from gate.probes import heights
from gate.probes.world import World
from tests.unit.gate.chain.strict import world

HEAD, HERE = 1_000, 998


def nobody(_: httpx.Request) -> httpx.Response:
    raise AssertionError


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain on which no block is made while the gate looks."""

    async def chains(*_: Any) -> Progress:
        row = ChainProgress(chain=1, height=HERE, start_block=0)
        return Progress(door=Access.GRAPHQL, chains=(row,))

    monkeypatch.setattr(heights, "read_chains", chains)
    monkeypatch.setattr(heights, "BETWEEN_LOOKS_SECONDS", 0.01)


def watched(place: Path, ago: float = 15, *, seconds: float = 0, **seen: int) -> World:
    """A run whose candidate somebody has looked at so many seconds ago; it may last so long."""
    row = ChainStretch(**({"chain": 1, "height": 995, "head": 997, "lag": 2} | seen))
    end = datetime.now(UTC) - timedelta(seconds=ago)
    begin = end - timedelta(seconds=30)
    Journal(place, "green").append(Stretch(begin=begin, end=end, seeded=7, chains=(row,)))
    here = world(nobody, seconds=seconds)
    candidate = replace(here.endpoints.candidate, journal=place / "green.jsonl")
    return replace(here, endpoints=replace(here.endpoints, candidate=candidate))


async def look(here: World) -> Heights:
    async def head(*_: Any) -> int:
        return HEAD

    found = await heights.look(here, head)
    assert isinstance(found, Heights)
    return found


@pytest.mark.usefixtures("still")
async def test_what_was_seen_a_moment_ago(tmp_path: Path) -> None:
    """The gate does not wait for the next block of a slow chain; it says since when it knows."""
    [watch] = (await look(watched(tmp_path, seconds=3_600))).chains
    assert watch.candidate_moved
    assert (watch.first.candidate, watch.last.candidate) == (995, HERE)
    assert watch.seconds >= 15


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize(
    ("ago", "seen"),
    [
        (41, {}),
        (-5, {}),
        (15, {"height": HERE + 1}),
        (15, {"head": HEAD + 1}),
        (15, {"unseen": 1}),
        (15, {"chain": 2}),
        (15, {"height": 995, "head": 996}),
    ],
    ids=[
        "long ago",
        "in the future",
        "another seed",
        "another chain",
        "not seen at last",
        "not this one",
        "nearer to the head: it may have stopped since",
    ],
)
async def test_what_is_no_beginning(tmp_path: Path, ago: float, seen: dict[str, int]) -> None:
    """Then the candidate has to be seen to move while the gate looks."""
    [watch] = (await look(watched(tmp_path, ago, **seen))).chains
    assert watch.first == watch.last == Look(head=HEAD, candidate=HERE)
    assert not watch.candidate_moved


@pytest.mark.usefixtures("still")
async def test_a_candidate_that_stood_before_too(tmp_path: Path) -> None:
    """What was seen a moment ago tells of one that stands as well."""
    [watch] = (await look(watched(tmp_path, height=HERE))).chains
    assert not watch.candidate_moved
    assert watch.head_moved
