"""A journal holds what was written, whatever befell it, and nothing that somebody else may have said."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.journal import line
from gate.journal.journal import KEPT, Journal, JournalUnreadable
from gate.observations.watched import ChainStretch, Stretch

NOW = datetime(2027, 1, 2, 12, tzinfo=UTC)
COUNTS = st.integers(0, 2**53)
CHAINS = st.builds(
    ChainStretch, chain=st.integers(1, 2**40), height=COUNTS, head=COUNTS, lag=COUNTS, unseen=COUNTS
)


def stretch(minutes: int = 0, **changes: Any) -> Stretch:
    begin = NOW + timedelta(minutes=minutes)
    row = ChainStretch(chain=1, height=100, head=101, lag=1)
    standard = Stretch(begin=begin, end=begin + timedelta(minutes=1), seeded=7, chains=(row,))
    return replace(standard, **changes)


@given(
    st.builds(
        lambda seconds, seeded, chains: Stretch(
            begin=NOW,
            end=NOW + timedelta(milliseconds=seconds),
            seeded=seeded,
            chains=tuple(sorted({row.chain: row for row in chains}.values(), key=lambda row: str(row.chain))),
        ),
        st.integers(0, 10**9),
        COUNTS,
        st.lists(CHAINS, max_size=4),
    )
)
def test_a_line(written: Stretch) -> None:
    """It is read as it was written, and cut anywhere it is none."""
    text = line.encode(written)
    assert line.decode(text) == written
    for cut in range(0, len(text), max(1, len(text) // 20)):
        assert line.decode(text[:cut]) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "{}\n",
        "[]\n",
        "7\n",
        line.encode(stretch()).replace('"v":1', '"v":2'),
        line.encode(stretch()).replace("100", "true"),
        line.encode(stretch()).replace("100", '"100"'),
        line.encode(stretch(end=NOW - timedelta(days=1))),
        line.encode(stretch()).replace("[100", "[[100]"),
        "[" * 100_000 + "\n",
        line.encode(stretch()).replace('"from":1', '"from":1e30'),
    ],
)
def test_a_line_that_nobody_here_wrote(text: str) -> None:
    """It is passed over."""
    assert line.decode(text) is None


@given(st.binary(max_size=200), st.integers(1, 3))
def test_a_crash_in_the_middle(torn: bytes, after: int) -> None:
    """Whatever was torn is passed over, and what comes after it is read."""
    with TemporaryDirectory() as folder:
        journal = Journal(Path(folder), "green")
        journal.append(stretch())
        file = Path(folder) / "green.jsonl"
        file.write_bytes(file.read_bytes() + torn.replace(b"\n", b""))
        written = [stretch(minute) for minute in range(1, after + 1)]
        for each in written:
            journal.append(each)
        assert journal.read() == (stretch(), *written)


def test_nobody_ever_watched(tmp_path: Path) -> None:
    """There is nothing, which is no fault."""
    assert Journal(tmp_path, "green").read() == ()


def test_it_is_bounded(tmp_path: Path) -> None:
    """What is older than anybody asks for is dropped, and what is younger stays."""
    journal = Journal(tmp_path, "green")
    days = [stretch(minutes=minute) for minute in range(0, 12 * 24 * 60, 60)]
    for each in days:
        journal.append(each)
    kept = journal.read()
    assert kept[-1] == days[-1]
    assert kept[-1].end - kept[0].end < KEPT + timedelta(hours=13)
    assert kept == tuple(each for each in days if each.end >= kept[0].end)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_journal_that_others_may_write(tmp_path: Path, mode: int) -> None:
    """It says nothing."""
    journal = Journal(tmp_path, "green")
    journal.append(stretch())
    (tmp_path / "green.jsonl").chmod(mode)
    with pytest.raises(JournalUnreadable, match="others may write"):
        journal.read()


def test_a_journal_of_somebody_else(tmp_path: Path) -> None:
    """A link to a file elsewhere, or the file of another user, says nothing."""
    (tmp_path / "green.jsonl").symlink_to(tmp_path / "own.jsonl")
    Journal(tmp_path, "own").append(stretch())
    with pytest.raises(JournalUnreadable, match="cannot be opened"):
        Journal(tmp_path, "green").read()
    if os.geteuid() == 0:
        os.chown(tmp_path / "own.jsonl", 12_345, -1)
        with pytest.raises(JournalUnreadable, match="belongs to user 12345"):
            Journal(tmp_path, "own").read()
