"""Where the time of a test run goes."""

from types import SimpleNamespace

from tests import times


def report(nodeid: str, seconds: float) -> SimpleNamespace:
    return SimpleNamespace(nodeid=nodeid, duration=seconds)


def test_the_longest_group_comes_first() -> None:
    """With what its fixtures took; a warning, which has no duration, is left out."""
    reports = [
        report("a/test_x.py::test_one", 40.0),
        report("b/test_y.py::test_two", 30.0),
        report("b/test_z.py::test_three", 20.0),
        SimpleNamespace(nodeid="c/test_w.py", message="deprecated"),
    ]
    lines: list[str] = []
    times.summary(times.by_group(reports, lambda file: file.partition("/")[0]), lines.append)
    assert lines == ["90 s of tests, by what one worker does in one go:", "     50 s  b", "     40 s  a"]


def test_a_short_run_says_nothing() -> None:
    """Nobody waits for it."""
    lines: list[str] = []
    times.summary(times.by_group([report("a::b", 59.0)], str), lines.append)
    assert lines == []
