"""A further belt is refused where it is one too many or too dear; what is there already never is."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from belts.files import write_private_json
from belts.runtimes.process import binding, lease_files, status, verbs
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import disk, moments
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import budget, idle, readers, siblings
from belts.runtimes.process.guards.readers import Reader
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request, from_json

NOW = datetime.now(UTC)
CHEAP = {"perVcpuHour": 0, "perGbHour": "0", "perGbMonth": 0}


def asked(root: Path, belt: str, part: str, **fields: Any) -> Request:
    own: dict[str, Any] = {"port": 5432}
    if part == "indexer":
        own |= {"project": "/p", "digest": "d", "chains": [1], "heapMb": 8_192}
    return from_json({"version": 1, "part": part, "root": str(root), "belt": belt} | own | fields)


def whole(root: Path, belt: str, **limits: Any) -> list[Request]:
    """All that a stack asks of a belt."""
    postgres = asked(root, belt, "postgres", **({"budget": limits} if limits else {}))
    return [postgres, asked(root, belt, "engine"), asked(root, belt, "indexer")]


def there(root: Path, belt: str, *, hours: float = 1, **limits: Any) -> Layout:
    """A belt that was brought up so many hours ago."""
    for request in whole(root, belt, **limits):
        recorded.record(request)
    layout = Layout(root=root, belt=belt)
    layout.supervisor.mkdir(exist_ok=True)
    write_private_json(layout.born, {"at": (NOW - timedelta(hours=hours)).isoformat()})
    return layout


def refuse(requests: list[Request]) -> None:
    """As `check` and `apply` do."""
    root = requests[0].root
    if (wanted := budget.further(requests, recorded.of_host(root).requests)) is not None:
        budget.refuse(wanted, siblings.census(root), now=NOW)


def test_the_first_of_all(tmp_path: Path) -> None:
    """It is no further one, whatever it costs."""
    refuse(whole(tmp_path, "blue", ceiling=0, siblings=1))


def test_one_too_many(tmp_path: Path) -> None:
    """Refused with what is there, and with what can be retired: not what serves."""
    lease_files.serve(there(tmp_path, "blue").home, gateway="gateway")
    refuse(whole(tmp_path, "green"))
    there(tmp_path, "green", hours=5)
    with pytest.raises(Refused) as refused:
        refuse(whole(tmp_path, "red"))
    assert refused.value.what == "red: one belt more than may be alive"
    assert refused.value.expected == "at most 2 below one root, as `budget.siblings` says"
    assert refused.value.seen == (
        "2 without it: blue 53.28 a month, 1.0 hours old, it serves for gateway; green 53.28 a month, 5.0"
        " hours old, nobody needs it"
    )
    assert refused.value.now == (
        "retire green with `pulumi destroy --run-program --stack green`; or raise `budget.siblings` in the"
        " stack of each belt: where they differ the tighter counts"
    )


def test_a_limit_is_raised_by_all(tmp_path: Path) -> None:
    """A further belt allows itself no more than those that are there do."""
    there(tmp_path, "blue", siblings=3)
    there(tmp_path, "green")
    with pytest.raises(Refused, match="one belt more"):
        refuse(whole(tmp_path, "red", siblings=3))
    there(tmp_path, "green", siblings=3)
    refuse(whole(tmp_path, "red", siblings=3))


def test_too_dear(tmp_path: Path) -> None:
    """Who serves counts for a month, whoever comes for its window; the sum is held against the ceiling."""
    lease_files.serve(there(tmp_path, "blue").home, gateway="gateway")
    refuse(whole(tmp_path, "green", ceiling="56.80"))
    with pytest.raises(Refused) as refused:
        refuse(whole(tmp_path, "green", ceiling="56.77"))
    assert refused.value.expected == "at most 56.77 for all belts of a root, as `budget.ceiling` says"
    assert refused.value.seen.startswith("56.79 projected: blue 53.28 a month")
    assert refused.value.seen.endswith("green 3.50 in 48 hours")
    assert refused.value.now.startswith("wait until one of them has soaked")


def test_each_belt_by_its_own_prices(tmp_path: Path) -> None:
    """What costs nothing where it runs adds nothing."""
    there(tmp_path, "blue", hours=10_000, ceiling=54)
    with pytest.raises(Refused, match="too dear"):
        refuse(whole(tmp_path, "green"))
    refuse(whole(tmp_path, "green", **CHEAP))


@pytest.mark.parametrize("file", ["gone", "damaged"])
def test_a_belt_of_an_unknown_age(tmp_path: Path, file: str) -> None:
    """It counts for a month."""
    layout = there(tmp_path, "blue", ceiling=54)
    layout.born.unlink() if file == "gone" else layout.born.write_text("{")
    with pytest.raises(Refused, match=r"56\.79 projected: blue 53\.28 a month, of an unknown age"):
        refuse(whole(tmp_path, "green"))


def test_what_is_there_already(tmp_path: Path) -> None:
    """A change of it, with whatever limits, and each of its parts that comes back."""
    for name in ("blue", "green", "red"):
        there(tmp_path, name, hours=10_000, siblings=9)
    every = whole(tmp_path, "red", siblings=1, ceiling=0)
    refuse(every)
    for request in every:
        refuse([request])


def test_one_that_came_up_in_part(tmp_path: Path) -> None:
    """It is a further one until its indexer was asked for: what was left out of its price would be paid."""
    there(tmp_path, "blue", ceiling=200)
    postgres, engine, indexer = whole(tmp_path, "green", ceiling=0)
    recorded.record(postgres)
    for request in (engine, indexer):
        with pytest.raises(Refused, match="too dear"):
            refuse([request])
    refuse([asked(tmp_path, "gateway", "ledger")])


def test_a_belt_that_cannot_be_read(tmp_path: Path) -> None:
    """It is one, whatever it costs."""
    there(tmp_path, "blue")
    layout = there(tmp_path, "green")
    layout.request("postgres").write_text("{")
    with pytest.raises(Refused, match="green, which cannot be read"):
        refuse(whole(tmp_path, "red"))


def test_what_comes_back_is_never_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`heal` and the keeper bring a belt back that would not be allowed beside the others any more."""
    for name in ("blue", "green", "red"):
        there(tmp_path, name, hours=10_000, siblings=9)
    postgres, *_ = whole(tmp_path, "red", siblings=1, ceiling=0)
    recorded.record(postgres)
    layout = Layout(root=tmp_path, belt="red")
    layout.request("indexer").unlink()
    up: list[Request] = []
    monkeypatch.setattr(verbs, "_refuse", lambda requests: [])
    monkeypatch.setattr(binding, "keep", lambda layout: None)
    monkeypatch.setattr(verbs, "_brought_up", up.append)
    verbs.again(postgres)
    assert up == [postgres]
    with pytest.raises(Refused, match="one belt more"):
        verbs.check([postgres])


def test_what_a_preview_says(tmp_path: Path) -> None:
    """What the stack declares now counts, not what was asked before; a belt that is new has not lived yet."""
    lease_files.serve(there(tmp_path, "blue", hours=100).home, gateway="gateway")
    assert list(budget.told(whole(tmp_path, "green"), NOW)) == [
        "green costs 53.28 a month, 0.073 an hour: 2 vCPUs, 8.75 GB of memory, 20 GB of disk",
        "green beside blue: 0.073 an hour, 0.00 so far",
        "projected: 56.79 of 100.00 a month, 2 of 2 belts",
    ]
    there(tmp_path, "green", hours=8)
    assert list(budget.told(whole(tmp_path, "green", vcpus=4, ceiling=90), NOW)) == [
        "green costs 85.40 a month, 0.117 an hour: 4 vCPUs, 8.75 GB of memory, 20 GB of disk",
        "green beside blue: 0.117 an hour, 0.94 so far",
        "projected: 59.83 of 90.00 a month, 2 of 2 belts",
    ]


def test_a_preview_walks_each_folder_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a belt takes on the disk is counted file by file, which lasts."""
    there(tmp_path, "blue"), there(tmp_path, "green")
    walked: list[str] = []

    def taken(folder: Path) -> int:
        walked.append(folder.parent.name)
        return 0

    monkeypatch.setattr(disk, "taken", taken)
    assert list(budget.told(whole(tmp_path, "green"), NOW))
    assert sorted(walked) == ["blue", "green"]


def read(monkeypatch: pytest.MonkeyPatch, *found: Reader) -> None:
    monkeypatch.setattr(readers, "of_belt", lambda layout: found)


def test_an_idle_belt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named after its days, by `status` too, with the command that retires it."""
    read(monkeypatch)
    layout = there(tmp_path, "green", hours=7 * 24 + 1)
    assert idle.words(layout, NOW) == (
        "green is idle: it serves nobody, and nobody was seen to read it for 7 days; `pulumi destroy"
        " --run-program --stack green` retires it"
    )
    assert idle.words(layout, NOW - timedelta(hours=2)) is None
    assert "green is idle" in status.as_json([layout])["belts"]["green"]["idle"]
    assert "green is idle" in status.as_table([layout])
    assert idle.words(there(tmp_path, "red", hours=9 * 24, idleDays=10), NOW) is None


def test_a_belt_that_somebody_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease or a reader makes it no idle one, and its days begin anew."""
    layout = there(tmp_path, "green", hours=30 * 24)
    read(monkeypatch, Reader(who="10.0.0.7 board", seen="1 session"))
    assert idle.words(layout, NOW) is None
    read(monkeypatch)
    assert idle.words(layout, NOW + timedelta(days=6)) is None
    lease_files.serve(layout.home, gateway="gateway")
    assert idle.words(layout, NOW + timedelta(days=8)) is None
    assert moments.needed(layout) == NOW + timedelta(days=8)
    lease_files.soak(layout.home, gateway="gateway", until=NOW + timedelta(days=10))
    assert idle.words(layout, NOW + timedelta(days=16)) is None
    assert idle.words(layout, NOW + timedelta(days=17, hours=1)) is not None


def test_the_keeper_looks_once_an_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader whom it saw is remembered; gateways are asked nothing."""
    looked: list[str] = []

    def of_belt(layout: Layout) -> tuple[Reader, ...]:
        looked.append(layout.belt)
        return (Reader(who="a", seen="b"),)

    monkeypatch.setattr(readers, "of_belt", of_belt)
    layout = there(tmp_path, "green", hours=30 * 24)
    recorded.record(asked(tmp_path, "gateway", "ledger"))
    watch = idle.Watch()
    for minutes in (0, 1, 59, 60, 61):
        watch.look(recorded.belts(tmp_path), NOW + timedelta(minutes=minutes))
    assert looked == ["green", "green"]
    assert moments.needed(layout) == NOW + timedelta(minutes=60)


def test_a_belt_of_which_nothing_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its days begin when somebody looks first."""
    read(monkeypatch)
    layout = there(tmp_path, "green")
    layout.born.unlink()
    assert idle.words(layout, NOW) is None
    assert idle.words(layout, NOW + timedelta(days=7)) is not None


def test_birth_is_noted_once(tmp_path: Path) -> None:
    """Whatever is applied later, the belt keeps its age."""
    layout = there(tmp_path, "blue", hours=5)
    before = moments.born(layout)
    moments.bear(layout)
    assert moments.born(layout) == before
    layout.born.write_text(json.dumps({"at": "2026-01-01T00:00:00"}))
    assert moments.born(layout) is None
    moments.bear(layout)
    assert moments.born(layout) is None


def test_what_status_says_of_money(tmp_path: Path) -> None:
    """What each costs, and what all come to."""
    layouts = [there(tmp_path, "blue"), there(tmp_path, "green")]
    told = status.as_json(layouts)["budget"]
    assert told[0].startswith("blue costs 53.28 a month")
    assert told[-1].endswith("of 100.00 a month, 2 of 2 belts")
    assert "budget: projected: " in status.as_table(layouts)
