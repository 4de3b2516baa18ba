"""The watch of a place: whatever it writes goes to the place that it was given, and a dark one is said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from belts.refusal import Refusal
from belts.runtimes.lease import Holding, Lease
from belts.runtimes.runtime import Place
from gate.journal.journal import FOLDER, Journal
from gate.signals.status.belt import Belts, Reached
from gate.signals.status.heads import Chains
from gate.signals.status.unseen import Unseen
from gate.signals.status.watch import GAP, Watch

NOW = datetime(2027, 1, 2, 12, tzinfo=UTC)
URL = "http://127.0.0.1:8501/v1/graphql"
DOWN = Unseen("the belt does not answer")


@dataclass
class Somewhere:
    """A place with blue in it, which has no directory of belts."""

    folder: Path
    lease_on_blue: Lease | None
    fault: Exception | None = None
    seeding: int = 1
    missed: list[timedelta] = field(default_factory=list)

    def graphql(self) -> Mapping[str, str]:
        if self.fault is not None:
            raise self.fault
        return {"blue": URL}

    def seeded(self, belt: str) -> int:
        assert belt == "blue"
        return self.seeding

    def lease(self, belt: str, *, gateway: str) -> Lease | None:
        assert (belt, gateway) == ("blue", "gateway")
        return self.lease_on_blue

    def miss(self, belt: str, *, gateway: str, time: timedelta) -> None:
        assert (belt, gateway) == ("blue", "gateway")
        self.missed.append(time)

    def beside(self, gateway: str) -> Path:
        return self.folder / gateway


@dataclass
class Heads:
    """One chain at block 100, and blue as a test has it."""

    blue: Mapping[int, Reached] | Unseen

    async def heads(self) -> Mapping[int, int | Unseen]:
        return {1: 100}

    async def reached(self, url: str) -> Mapping[int, Reached] | Unseen:
        assert url == URL
        return self.blue


def soaking() -> Lease:
    return Lease(gateway="gateway", holding=Holding.SOAKS, until=NOW + timedelta(hours=1))


def watch(place: Somewhere, blue: Mapping[int, Reached] | Unseen) -> Watch:
    seen = Heads(blue)
    return Watch(cast("Place", place), "gateway", cast("Chains", seen), cast("Belts", seen), {1: 20})


def at(height: int) -> Mapping[int, Reached]:
    return {1: Reached(height=height, ended=False)}


@pytest.mark.parametrize(
    ("lease", "blue", "missed"),
    [
        (soaking(), at(99), []),
        (soaking(), at(10), [timedelta(seconds=10)]),
        (soaking(), DOWN, [timedelta(seconds=10)]),
        (Lease(gateway="gateway", holding=Holding.SERVES, until=None), at(10), []),
        (None, at(10), []),
    ],
    ids=["at the head", "behind", "down", "one that serves", "one that nobody needs"],
)
async def test_what_a_soaking_belt_misses(
    tmp_path: Path, lease: Lease | None, blue: Mapping[int, Reached] | Unseen, missed: list[timedelta]
) -> None:
    """The place is told, once a belt that soaks was away for two looks."""
    place = Somewhere(tmp_path, lease)
    watching = watch(place, blue)
    for seconds in (0, 10):
        await watching._look(NOW + timedelta(seconds=seconds))
    assert place.missed == missed


async def test_nobody_looked(tmp_path: Path) -> None:
    """What lies between two looks that are far apart is missed."""
    place = Somewhere(tmp_path, soaking())
    watching = watch(place, at(99))
    await watching._look(NOW)
    await watching._look(NOW + 2 * GAP)
    assert place.missed == [2 * GAP]


@pytest.mark.parametrize(
    ("then", "blue", "missed"),
    [
        (timedelta(days=1), at(99), [timedelta(days=1)]),
        (-timedelta(days=1), at(99), []),
        (-timedelta(days=1), at(10), []),
    ],
    ids=["was behind", "was ahead", "was ahead, and it is away"],
)
async def test_a_clock_that_is_put_right(
    tmp_path: Path, then: timedelta, blue: Mapping[int, Reached], missed: list[timedelta]
) -> None:
    """A belt that soaks may not go because the clock went on by a day; one put back takes nothing away."""
    place = Somewhere(tmp_path, soaking())
    watching = watch(place, blue)
    await watching._look(NOW)
    await watching._look(NOW + then)
    assert place.missed == missed


async def test_another_seeding(tmp_path: Path) -> None:
    """What was seen of the belt before is written down as that belt's, beside the gateway."""
    place = Somewhere(tmp_path, None)
    watching = watch(place, at(99))
    await watching._look(NOW)
    place.seeding = 2
    await watching._look(NOW + timedelta(seconds=10))
    kept = Journal(tmp_path / "gateway" / FOLDER, "blue").read()
    assert [(one.seeded, one.end) for one in kept] == [(1, NOW)]


@pytest.mark.parametrize(
    "fault", [Refusal("it is dark", expected="light", seen="none", now="wait"), OSError("it is dark")]
)
async def test_a_place_that_cannot_be_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fault: Exception
) -> None:
    """The operator reads why, and the watch goes on with the next look."""
    place = Somewhere(tmp_path, soaking(), fault=fault)
    watching = watch(place, at(99))
    await watching._look(NOW)
    assert "the belts of this place cannot be looked at: it is dark" in capsys.readouterr().err
    place.fault = None
    await watching._look(NOW + timedelta(seconds=10))
    assert not place.missed
