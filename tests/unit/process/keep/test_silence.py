"""When a silence is one: only while what frames it is heard."""

from collections.abc import Sequence

import pytest

from belts.runtimes.process.keep.silence import Seen, Silence, after

A, S, U = Seen.ANSWERS, Seen.SILENT, Seen.UNTOLD
PATIENCE, GAP = 60.0, 45.0


def seen(looks: Sequence[tuple[float, Seen]], *, pids: Sequence[int] = ()) -> bool:
    """Whether a process hangs after these looks, each at its second."""
    known: Silence | None = None
    for number, (at, look) in enumerate(looks):
        pid = pids[number] if pids else 7
        known = after(known, look, pid=pid, now=at, gap=GAP)
    assert known is not None
    return known.hangs(patience=PATIENCE)


@pytest.mark.parametrize(
    ("looks", "hangs"),
    [
        ([(0, A), (15, S), (45, S), (74, S)], False),
        ([(0, A), (15, S), (45, S), (75, S)], True),
        ([(0, A), (15, S), (45, A), (75, S), (110, S)], False),
        ([(0, A), (15, S), (45, U), (75, S), (110, S)], False),
        ([(0, A), (15, S), (45, S), (75, U)], False),
        ([(0, A), (15, S), (120, S)], False),
        ([(0, A), (15, S), (120, S), (150, S), (180, S)], True),
        ([(0, S), (30, S), (60, S), (90, S)], False),
        ([(30 * n, S) for n in range(11)], True),
        ([(0, A)], False),
    ],
    ids=[
        "not yet",
        "for long enough",
        "it answered between",
        "what it leans on was silent between",
        "what it leans on is silent",
        "the host stood still",
        "and goes on being silent after that",
        "it may be coming up",
        "it never came up",
        "it answers",
    ],
)
def test_a_silence(looks: list[tuple[float, Seen]], hangs: bool) -> None:
    """It hangs where it was silent for so long on end, and everything else was heard."""
    assert seen(looks) is hangs


def test_another_process() -> None:
    """It begins anew, and has yet to answer."""
    assert not seen([(0, A), (15, S), (45, S), (75, S)], pids=[7, 7, 7, 8])
