"""Whether a belt may be seeded anew, by a number in its config."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from belts.runtimes.process import lease_files
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.guards import readers, reseed
from belts.runtimes.process.guards.readers import Reader
from belts.runtimes.process.seed import seed_note, seeding
from belts.runtimes.process.wire.request import Request, from_json
from belts.spec.indexer import Indexer

READER = Reader(who="10.0.0.7 app", seen="3 requests to its engine")


def asked(tmp_path: Path, seed: int) -> Request:
    common = {"version": 1, "part": "indexer", "root": str(tmp_path), "belt": "blue"}
    own = {"project": "/p", "digest": "d", "chains": [1], "heapMb": 512, "port": 5432, "seed": seed}
    return from_json(common | own)


def seeded(tmp_path: Path, number: int, state: str = seeding.PROVED) -> Path:
    request = asked(tmp_path, number)
    assert isinstance(request.body, Indexer)
    seed_note.write(request.layout, request.body, state, "v")
    return request.layout.home


def refusal(tmp_path: Path, seed: int) -> Refused:
    with pytest.raises(Refused) as caught:
        reseed.refuse(asked(tmp_path, seed))
    return caught.value


def test_a_belt_without_data(tmp_path: Path) -> None:
    """Its first number may be any, and one that was cut short is tried again whatever it is."""
    assert reseed.refuse(asked(tmp_path, 7)) == ()
    seeded(tmp_path, 2, seeding.STARTED)
    assert reseed.refuse(asked(tmp_path, 2)) == ()
    assert reseed.refuse(asked(tmp_path, 3)) == ()


def test_a_database_with_another_number_than_the_note(tmp_path: Path) -> None:
    """It was restored: by the note its rows are to stay, by their own number they would be thrown away."""
    layout = asked(tmp_path, 2).layout
    with pytest.raises(Refused, match="another number") as gone:
        seed_note.refuse_unjudged(layout, 1)
    assert "no such file" in gone.value.seen
    seeded(tmp_path, 2)
    with pytest.raises(Refused) as told:
        seed_note.refuse_unjudged(layout, 1)
    assert f"remove that file, `pulumi config set seed 1 --stack {layout.belt}`" in told.value.now
    seed_note.refuse_unjudged(layout, 2)


def test_a_reseed_that_was_cut_off(tmp_path: Path) -> None:
    """It was judged when it began: the note has its number already, and the database may have the old one."""
    seeded(tmp_path, 2, seeding.STARTED)
    seed_note.refuse_unjudged(asked(tmp_path, 2).layout, 1)


def test_the_same_number(tmp_path: Path) -> None:
    """Also while it serves."""
    lease_files.serve(seeded(tmp_path, 3), gateway="gateway")
    assert reseed.refuse(asked(tmp_path, 3)) == ()


def test_a_lower_number(tmp_path: Path) -> None:
    seeded(tmp_path, 3)
    told = refusal(tmp_path, 2)
    assert "is lower than the one that it has" in told.what
    assert "pulumi config set seed 3 --stack blue" in told.now


@pytest.mark.parametrize("holding", ["serves", "soaks", "unreadable"])
def test_a_gateway_needs_it(tmp_path: Path, holding: str) -> None:
    home = seeded(tmp_path, 1)
    match holding:
        case "serves":
            lease_files.serve(home, gateway="gateway")
        case "soaks":
            lease_files.soak(home, gateway="gateway", until=datetime.now(UTC) + timedelta(hours=1))
        case _:
            (home / "leases").mkdir()
            (home / "leases" / "gateway.json").write_text("{")
    told = refusal(tmp_path, 2)
    assert "may not be seeded anew now (1 → 2)" in told.what
    assert "gateway" in told.seen


def test_somebody_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is named, as before a retirement."""
    seeded(tmp_path, 1)
    monkeypatch.setattr(readers, "of_belt", lambda _: (READER,))
    assert str(READER) in refusal(tmp_path, 2).seen
    monkeypatch.setattr(readers, "acknowledged", lambda _: ("10.0.0.7",))
    assert reseed.refuse(asked(tmp_path, 2)) != ()


def test_nobody_needs_it(tmp_path: Path) -> None:
    """What goes is said; what cannot be counted as well."""
    seeded(tmp_path, 1)
    [told] = reseed.refuse(asked(tmp_path, 2))
    assert told.startswith("blue: is seeded anew (1 → 2); what goes: all that it holds")
