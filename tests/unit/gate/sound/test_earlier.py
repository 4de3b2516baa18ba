"""What a look at everything leaves to the next one: for minutes, for a belt that has gone on from there."""

import hashlib
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.evidence import Store, key
from gate.probes.database.marks import Mark
from gate.probes.database.sound import earlier
from gate.probes.database.sound.bounds import Limits
from gate.probes.database.sound.earlier import Earlier, keep, recall
from gate.probes.database.sound.present import Now, there
from gate.probes.database.transactions import Older
from gate.seal import Seal

NAME = key("sound", "a belt")
OLDER = Older(since=700, rows=20, every=True, server="today")
MARK = Mark(oid=1, file=2, deleted=0, updated=0, columns="id", older=OLDER)
TABLES = {"raw_events": MARK, "Transfer": replace(MARK, oid=3), "Account": replace(MARK, older=None)}
HERE = {1: Limits(start=0, progress=60, until=1_700_000_060), 10: Limits(start=5, progress=70, until=9)}


def seen(*, at: float = 0.0) -> Earlier:
    return Earlier(
        at=at or time.time(),
        since=700,
        held=frozenset({"events", "rows"}),
        marks=TABLES,
        within=HERE,
        events={1: 40, 10: 0},
        undone=frozenset({(1, 59, "0xold")}),
        keys={"Account": {3: (2, 1 << 61), 5: (1, 7)}},
        guessed="nothing",
        schema="a digest",
    )


def test_it_is_kept_whole(tmp_path: Path) -> None:
    """All of it comes back as it was."""
    store = Store(directory=tmp_path, seal=Seal(b"of the gate"))
    keep(store, NAME, seen())
    found = recall(store, NAME)
    assert found is not None
    assert replace(found, at=1.0) == seen(at=1.0)


@pytest.mark.parametrize("at", [-earlier.KEPT.total_seconds() - 1, 30.0], ids=["too old", "of the future"])
def test_it_is_good_for_minutes(tmp_path: Path, at: float) -> None:
    """Whoever comes later has not just had a preview."""
    store = Store(directory=tmp_path, seal=Seal(b"of the gate"))
    keep(store, NAME, seen(at=time.time() + at))
    assert recall(store, NAME) is None


@pytest.mark.parametrize("text", [b"null", b"[]", b'{"at": 1}', b"{", b'{"at": "x"}'])
def test_what_is_no_look(tmp_path: Path, text: bytes) -> None:
    """A text that is sealed and says something else counts for nothing."""
    store = Store(directory=tmp_path, seal=Seal(b"of the gate"))
    store.write(NAME, text)
    assert recall(store, NAME) is None


FURTHER = HERE | {1: Limits(start=0, progress=61, until=1_700_000_061)}


def test_a_belt_that_goes_on() -> None:
    """Its older events are there, its rows may have been updated, its chains go on."""
    now = TABLES | {"Account": replace(MARK, older=None, updated=9)}
    assert seen().leads_to(now, FURTHER)
    assert seen().intact(now) == {"raw_events", "Transfer"}


GONE = replace(MARK, older=replace(OLDER, rows=19))
ELSEWHERE = {
    "no events": {name: mark for name, mark in TABLES.items() if name != "raw_events"},
    "an event gone": TABLES | {"raw_events": GONE},
    "events not counted": TABLES | {"raw_events": replace(MARK, older=None)},
    "events that were still written": TABLES | {"raw_events": replace(MARK, older=replace(OLDER, since=701))},
    "another server": TABLES | {"raw_events": replace(MARK, older=replace(OLDER, server="another"))},
    "another file": TABLES | {"Transfer": replace(MARK, oid=3, file=9)},
    "another table": TABLES | {"Account": replace(MARK, oid=9, older=None)},
    "another column": TABLES | {"Account": replace(MARK, older=None, columns="id, more")},
    "a further table": TABLES | {"Badge": MARK},
    "a table less": {name: mark for name, mark in TABLES.items() if name != "Account"},
}


@pytest.mark.parametrize("how", ELSEWHERE)
def test_other_tables(how: str) -> None:
    """A belt that did not go on from there is looked at as a whole."""
    assert not seen().leads_to(ELSEWHERE[how], FURTHER)


BACK = {
    "a chain gone": {1: FURTHER[1]},
    "a further chain": FURTHER | {7: FURTHER[1]},
    "another start": FURTHER | {1: replace(FURTHER[1], start=1)},
    "a progress that went back": FURTHER | {1: replace(FURTHER[1], progress=59)},
    "a time that went back": FURTHER | {1: replace(FURTHER[1], until=1_700_000_059)},
}


@pytest.mark.parametrize("how", BACK)
def test_other_chains(how: str) -> None:
    """So is one whose chains did not go on."""
    assert not seen().leads_to(TABLES, BACK[how])


def test_events_that_were_not_steady() -> None:
    """And one of which not all events were counted then."""
    assert not replace(seen(), events={}).leads_to(TABLES, FURTHER)


def hashed(name: int) -> int:
    return int.from_bytes(hashlib.sha256(str(name).encode()).digest()[:7])


@given(
    then=st.sets(st.integers(0, 60), max_size=20),
    fresh=st.sets(st.integers(61, 90), max_size=8),
    gone=st.sets(st.integers(0, 60), max_size=2),
    mistaken=st.sets(st.integers(0, 90), max_size=8),
)
def test_keys_of_one_bucket(then: set[int], fresh: set[int], gone: set[int], mistaken: set[int]) -> None:
    """That one has gone is always seen, whatever a history says of the others.

    That none has gone is seen where it takes no row that begins for one that was there.
    """
    now = (then - gone) | fresh
    begun = {name for name in now if (name in fresh) is not (name in mistaken)}
    standing = now - begun
    found = there(
        (len(then), sum(map(hashed, then))),
        Now(
            rows=len(standing), total=sum(map(hashed, standing)), begun=tuple(hashed(name) for name in begun)
        ),
    )
    if then & gone:
        assert not found
    elif not standing & fresh:
        assert found
