"""One budget for all who ask: never more than is allowed, whoever asks, and nothing lost by who dies."""

from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.provider.allowance import LONGEST_PAUSE_S, SPARE, Allowance

WHO = "alchemy.com"


def allowance(folder: Path, *, rate: int = 10, boot: str = "b") -> Allowance:
    return Allowance(file=folder / "allowance.json", rate=rate, providers=frozenset({WHO, "x"}), boot=boot)


@given(
    rate=st.integers(1, 200),
    asked=st.lists(st.tuples(st.floats(0, 0.5), st.integers(1, 40)), min_size=1, max_size=60),
)
def test_never_more_than_the_rate(
    tmp_path_factory: pytest.TempPathFactory, rate: int, asked: list[tuple[float, int]]
) -> None:
    """Whatever is asked when: what went out by a moment is what the time allows, and one last batch."""
    one = allowance(tmp_path_factory.mktemp("a"), rate=rate)
    now, out, largest = 100.0, 0, max(calls for _, calls in asked)
    for pause, calls in asked:
        now += pause
        if one.take(WHO, calls, now) == 0:
            out += calls
        assert out <= (now - 100.0) * rate + max(1.0, rate * SPARE) + largest + 1e-6


@given(rate=st.integers(1, 500), calls=st.integers(1, 300))
def test_whoever_waits_as_told_has_his_turn(
    tmp_path_factory: pytest.TempPathFactory, rate: int, calls: int
) -> None:
    """A batch larger than a second's calls too, and about as soon as it is paid for."""
    one = allowance(tmp_path_factory.mktemp("a"), rate=rate)
    now, turns = 100.0, 0
    for _ in range(3):
        while (wait := one.take(WHO, calls, now)) > 0:
            now, turns = now + max(wait, 1e-3), turns + 1
            assert turns < 5_000
    assert now - 100.0 <= 2 * calls / rate + 1.0 / rate + 1.0


def test_two_who_ask_share(tmp_path: Path) -> None:
    """What one takes, the other does not get; another provider's calls are nobody's business."""
    first, second = allowance(tmp_path), allowance(tmp_path)
    assert first.take(WHO, 1, 100.0) == 0
    assert second.take(WHO, 1, 100.0) == pytest.approx(0.1)
    assert second.take("x", 1, 100.0) == 0
    assert first.take("nobody.test", 1_000, 100.0) == 0
    assert first.take("nobody.test", 1_000, 100.0) == 0


def _take(file: Path, rate: int, results: "object") -> None:
    mine = Allowance(file=file, rate=rate, providers=frozenset({WHO}), boot="b")
    taken = sum(mine.take(WHO, 1, 100.0) == 0 for _ in range(200))
    results.put(taken)  # type: ignore[attr-defined]


def test_processes_at_once(tmp_path: Path) -> None:
    """At one moment there is one second's tenth for all of them, and not for each."""
    context = get_context("fork")
    results = context.Queue()
    file = tmp_path / "allowance.json"
    each = [context.Process(target=_take, args=(file, 500, results)) for _ in range(3)]
    for one in each:
        one.start()
    taken = [results.get(timeout=60) for _ in each]
    for one in each:
        one.join()
    assert sum(taken) == 50


def test_a_provider_that_is_asked_too_often(tmp_path: Path) -> None:
    """Nobody asks it until it may be asked again; others are."""
    one = allowance(tmp_path)
    one.busy(WHO, 3.0, 100.0)
    assert one.take(WHO, 1, 102.9) > 0
    assert one.take("x", 1, 100.0) == 0
    assert one.take(WHO, 1, 103.2) == 0
    one.busy(WHO, 1e9, 200.0)
    assert one.take(WHO, 1, 200.0 + LONGEST_PAUSE_S + 1) == 0


def test_a_part_of_the_rate(tmp_path: Path) -> None:
    """Who gives way asks less, and so do all who ask for the belt."""
    one = allowance(tmp_path, rate=100)
    one.give(0.1)
    assert allowance(tmp_path, rate=100).share == 0.1
    assert one.take(WHO, 1, 100.0) == 0
    assert one.take(WHO, 1, 100.05) > 0
    one.give(1.0)
    assert one.take(WHO, 1, 100.06) == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"boot": "b"}',
        '{"boot": "other", "share": 0.1, "providers": {}}',
        '{"boot": "b", "share": 0, "providers": {}}',
        '{"boot": "b", "share": 1, "providers": []}',
        '{"boot": "b", "share": 1, "providers": {"alchemy.com": ["x"]}}',
        '{"boot": "b", "share": 1, "providers": {"alchemy.com": [0, 1e12, 1e12]}}',
    ],
)
def test_a_file_that_says_nothing(tmp_path: Path, text: str) -> None:
    """Cut off in the middle, or of an earlier start of the machine: it begins anew, and nobody waits long."""
    one = allowance(tmp_path)
    one.file.write_text(text)
    assert one.take(WHO, 1, 100.0) <= 1.0
    assert one.take(WHO, 1, 100.0 + LONGEST_PAUSE_S + 1.0) == 0
