"""How long a belt takes to the heads of its chains, by what was seen of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.runtimes.process.files import pace
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.pace import KEPT, STALE_S, Look


def look(at: float, block: int, head: int, *, chain: int = 8453) -> Look:
    return Look(at=at, chains={chain: (block, head)})


def told(*seen: Look) -> list[str]:
    return list(pace.forecasts(seen))


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ((look(0, 0, 1_000),), "1,000 of 1,000 blocks left; how fast it goes is told in a minute"),
        (
            (look(0, 0, 1_000), look(60, 600, 1_000)),
            "400 of 1,000 blocks left, 10.0 a second: less than a minute",
        ),
        ((look(0, 0, 10_000), look(60, 60, 10_000)), "9,940 of 10,000 blocks left, 1.0 a second: 2 h 45 min"),
        ((look(0, 0, 10**7), look(60, 60, 10**7)), "a second: 115 d 17 h"),
        (
            (look(0, 0, 1_000), look(60, 60, 1_060)),
            "1,000 of 1,060 blocks left, 1.0 a second: it comes no nearer",
        ),
        (
            (look(0, 5, 1_000), look(60, 5, 1_000)),
            "995 of 1,000 blocks left, 0.0 a second: it comes no nearer",
        ),
        ((look(0, 900, 1_000), look(60, 10, 1_000)), "990 of 1,000 blocks left; how fast"),
        ((look(0, 900, 1_000), look(60, 0, 1_000), look(120, 60, 1_000)), "1.0 a second: 15 min"),
        ((look(0, 1_200, 1_000),), "0 of 1,000 blocks left"),
    ],
)
def test_what_is_said(seen: tuple[Look, ...], words: str) -> None:
    """A head that runs away is counted in; what was before a reseed is not."""
    [line] = told(*seen)
    assert line.startswith("chain 8453: ")
    assert words in line


def test_a_chain_that_has_come_to_its_head() -> None:
    """It is none of those that are waited for."""
    assert told(look(0, 5, 9), Look(at=60, chains={})) == []


def test_what_is_kept(tmp_path: Path) -> None:
    """The last looks; what nobody has looked at of late, or cannot be read, is not told as if it were so."""
    layout = Layout(root=tmp_path, belt="green")
    layout.supervisor.mkdir(parents=True)
    for minute in range(KEPT + 5):
        pace.note(layout, look(60.0 * minute, minute, 1_000))
    seen = pace.looks(layout)
    assert len(seen) == KEPT
    assert pace.words(layout, now=seen[-1].at + 30)[0].startswith("green: chain 8453: 981 of 1,000")
    assert pace.words(layout, now=seen[-1].at + STALE_S + 1) == ()
    assert pace.words(layout, now=seen[-1].at - 1) == ()
    for text in (
        "",
        "{",
        "[]",
        '{"looks": [{}]}',
        '{"looks": [{"at": 1, "chains": {"1": [1]}}]}',
        '{"looks": 5}',
    ):
        layout.pace.write_text(text)
        assert pace.words(layout) == ()


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=KEPT))
def test_it_is_always_told(blocks: list[tuple[int, int]]) -> None:
    """Whatever was seen."""
    seen = [look(60.0 * minute, at, head) for minute, (at, head) in enumerate(blocks)]
    assert len(told(*seen)) == 1
