"""The paths on which consumers name a belt: what opens them, what a move does to them, how they are kept."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.spec import byway as lines
from gate.alias import byway
from gate.alias.byway import Byway
from gate.alias.directory import Directory, read
from gate.alias.move.own_paths import BywayRefused, OwnPaths
from gate.alias.state import Served, Standing, decode, encode, first
from gate.alias.store import AliasDamaged, AliasRefused
from gate.ledger import Ledger, Result
from gate.policy.waivers import EntityWaiver, SchemaWaiver, Waivers

NOW = datetime(2027, 1, 2, 12, tzinfo=UTC)
END = datetime(2027, 1, 9, 23, 59, 59, tzinfo=UTC)
SINCE = "2027-01-02T11:00:00.000+00:00"


def standing(belt: str) -> Standing:
    return Standing(belt=belt, identity=belt[0] * 64, dial=f"127.0.0.1:{8000 + len(belt)}", heights={1: 100})


def blue() -> Served:
    return first(standing("blue"), since=SINCE, move=1, certificate="c1")


def green(before: Served | None = None) -> Served:
    return (before or blue()).promoted(
        standing("green"), left={1: 100}, since=SINCE, move=2, certificate="c2"
    )


def named(served: Served) -> list[str]:
    return [each.belt for each in served.byways]


def test_a_planned_break() -> None:
    """The belt that is left and the one that serves, each as who it is and until the break ends."""
    after = green().broken(END, at=NOW)
    assert after.byways == (standing("blue").byway(END), standing("green").byway(END))
    assert after.route == green().route


def test_a_first_alias() -> None:
    """Nobody was left."""
    assert named(blue().broken(END, at=NOW)) == ["blue"]


def test_a_promotion_without_a_break() -> None:
    """What is open stays open until its own end; nothing is opened."""
    open_ = green().broken(END, at=NOW)
    after = open_.promoted(standing("red"), left={1: 1}, since=SINCE, move=3, certificate="c3")
    assert after.byways == open_.byways


def test_a_way_back() -> None:
    """Whoever is sent back from a belt is not left a path to it."""
    after = green().broken(END, at=NOW).rolled_back(standing("blue"), since=SINCE, move=3)
    assert named(after) == ["blue"]


def test_a_move_that_is_undone() -> None:
    """The belt that did not arrive has no path."""
    before = green().broken(END, at=NOW).undone(since=SINCE)
    assert before is not None
    assert named(before) == ["blue"]


def test_a_break_after_a_break() -> None:
    """What has ended goes, and a belt has one path, of who it is now."""
    old = standing("red").byway(NOW)
    again = replace(standing("green"), identity="x" * 64).byway(END - timedelta(days=1))
    after = replace(green(), byways=(old, again)).broken(END, at=NOW)
    assert after.byways == (standing("blue").byway(END), standing("green").byway(END))


def test_too_many() -> None:
    """Caddy reads so many; the oldest give way."""
    more = tuple(standing(f"b{number}").byway(END) for number in range(lines.MOST))
    after = replace(green(), byways=more).broken(END, at=NOW)
    assert named(after) == ["b2", "b3", "blue", "green"]


@pytest.mark.parametrize(
    ("waivers", "end"),
    [
        (Waivers(), None),
        (Waivers(schema=(SchemaWaiver(reason="r", expires=date(2027, 1, 1), change="c"),)), None),
        (Waivers(schema=(SchemaWaiver(reason="r", expires=date(2027, 1, 9), change="c"),)), END),
        (
            Waivers(
                schema=(SchemaWaiver(reason="r", expires=date(2027, 1, 2), change="c"),),
                entities=(EntityWaiver(reason="r", expires=date(2027, 1, 9), entity="E"),),
            ),
            END,
        ),
        (
            Waivers(entities=(EntityWaiver(reason="r", expires=date.max, entity="E"),)),
            datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
        ),
    ],
)
def test_when_a_break_ends(waivers: Waivers, end: datetime | None) -> None:
    """With the last day of the last waiver that is in force and names what consumers can notice."""
    assert waivers.break_ends(NOW) == end


ends = st.integers(min_value=0, max_value=10**11).map(lambda at: datetime.fromtimestamp(at, UTC))
kept = st.builds(
    Byway,
    belt=st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True),
    identity=st.text(max_size=8),
    dial=st.sampled_from(["127.0.0.1:80", "unix//run/x.sock", "[::1]:80"]),
    until=ends,
)


@given(st.lists(kept, max_size=lines.MOST))
def test_as_it_is_kept(byways: list[Byway]) -> None:
    """It is read as it was written, as state and as Caddy's lines."""
    served = replace(green(), byways=tuple(byways))
    assert decode(json.loads(json.dumps(encode(served)))) == served
    written = [each.line for each in byways]
    assert list(lines.parse(lines.text(written))) == written


@given(st.text() | st.from_regex(r"\S+ [a-z-]+ [0-9]+\n?", fullmatch=True))
def test_lines_that_are_none(text: str) -> None:
    """Either each line is a byway, or it is said that one is none."""
    try:
        found = list(lines.parse(text))
    except ValueError:
        return
    assert lines.text(found) == text


def test_in_the_directory(tmp_path: Path) -> None:
    """One rename changes who serves and who has a path."""
    store, after = Directory(tmp_path / "alias", "gateway"), green().broken(END, at=NOW)
    store.swap(blue())
    assert (tmp_path / "alias" / "current" / "byways").read_text() == ""
    store.swap(after)
    assert store.read() == after
    assert (tmp_path / "alias" / "current" / "byways").read_text().splitlines() == [
        f"127.0.0.1:8004 blue {int(END.timestamp())}",
        f"127.0.0.1:8005 green {int(END.timestamp())}",
    ]


def test_written_by_hand(tmp_path: Path) -> None:
    """A path that the state does not know is no work of ours."""
    store = Directory(tmp_path / "alias", "gateway")
    store.swap(green())
    (tmp_path / "alias" / "current" / "byways").write_text("127.0.0.1:1 blue 99999999999")
    with pytest.raises(AliasDamaged, match="the byways"):
        read(tmp_path / "alias")


def test_before_there_were_any(tmp_path: Path) -> None:
    """The state of the version before is read, and has none."""
    Directory(tmp_path / "alias", "gateway").swap(green())
    current = tmp_path / "alias" / "current"
    (current / "byways").unlink()
    state = json.loads((current / "state.json").read_text())
    (current / "state.json").write_text(json.dumps(state | {"version": 1}))
    assert read(tmp_path / "alias") == green()


@pytest.mark.parametrize("belt", ["../blue", "Blue", "blue green", ""])
def test_a_name_that_is_none(tmp_path: Path, belt: str) -> None:
    """It is refused before anything is written."""
    store = Directory(tmp_path / "alias", "gateway")
    store.swap(green())
    wrong = replace(standing("blue").byway(END), belt=belt)
    with pytest.raises(AliasRefused):
        store.swap(replace(green(), byways=(wrong,)))
    assert store.read() == green()


def ledger(
    belt: str = "blue",
    identity: str | None = None,
    result: Result | None = Result.SERVED,
    *,
    proved: tuple[str, ...] = ("blue", "green"),
) -> Ledger:
    """One whose newest move is this."""
    entry = SimpleNamespace(seq=1, belt=belt, identity=identity or belt[0] * 64, result=result)
    known = frozenset((name, name[0] * 64) for name in proved)
    return cast("Ledger", SimpleNamespace(last=lambda: entry, serving=lambda: entry, promoted=lambda: known))


def paths(tmp_path: Path, served: Served | None) -> OwnPaths:
    store = Directory(tmp_path / "alias", "gateway")
    if served is not None:
        store.swap(served)
    return OwnPaths(store=store, clock=lambda: NOW)


def test_opened_before_the_move(tmp_path: Path) -> None:
    """The belt that serves: the one that comes was not proved yet."""
    own = paths(tmp_path, blue())
    assert named(own.open(END, ledger())) == ["blue"]
    assert own.store.read() == replace(blue(), byways=(standing("blue").byway(END),))
    promoted = green(own.store.read()).broken(END, at=NOW)
    assert named(promoted) == ["blue", "green"]


def test_opened_for_longer(tmp_path: Path) -> None:
    """A break that is put off keeps both open."""
    own = paths(tmp_path, green().broken(NOW + timedelta(days=1), at=NOW))
    assert own.open(END, ledger("green")).byways == green().broken(END, at=NOW).byways


def test_a_path_that_nobody_here_opened(tmp_path: Path) -> None:
    """One of a belt that was never promoted is not kept."""
    own = paths(tmp_path, replace(blue(), byways=(standing("red").byway(END),)))
    assert named(own.open(END, ledger())) == ["blue"]


@pytest.mark.parametrize(
    ("until", "book", "seen"),
    [
        (None, ledger(), "none"),
        (NOW, ledger(), "none"),
        (END, ledger("green"), "another belt, or nobody"),
        (END, ledger(identity="x"), "another belt, or nobody"),
        (END, ledger(result=None), "move 1, which has no result"),
        (
            END,
            cast(
                "Ledger",
                SimpleNamespace(last=lambda: None, serving=lambda: None, promoted=frozenset[Any]),
            ),
            "another belt, or nobody",
        ),
        (END, ledger(proved=("green",)), "it was found at the alias, and never promoted"),
    ],
)
def test_not_opened(tmp_path: Path, until: datetime | None, book: Ledger, seen: str) -> None:
    """Without a break in force, or a ledger that says of the belt that it was promoted."""
    own = paths(tmp_path, blue())
    with pytest.raises(BywayRefused) as refused:
        own.open(until, book)
    assert refused.value.seen == seen
    assert own.store.read() == blue()


def test_closed(tmp_path: Path) -> None:
    """One at a time, by name; who serves stays."""
    own = paths(tmp_path, green().broken(END, at=NOW))
    assert named(own.close("blue")) == ["green"]
    with pytest.raises(BywayRefused, match=r"/v/blue/v1/graphql is not open"):
        own.close("blue")
    assert own.store.read() == replace(green(), byways=(standing("green").byway(END),))


def test_nobody_serves(tmp_path: Path) -> None:
    """There is nothing to break."""
    own = paths(tmp_path, None)
    tries: list[Any] = [lambda: own.open(END, ledger()), lambda: own.close("blue")]
    for each in tries:
        with pytest.raises(BywayRefused):
            each()


def test_an_end() -> None:
    """A path that has ended is none, to the second."""
    open_ = (standing("blue").byway(NOW), standing("green").byway(NOW + timedelta(seconds=1)))
    assert [each.belt for each in byway.lasting(open_, NOW)] == ["green"]
