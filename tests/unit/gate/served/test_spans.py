"""Spans cover every key once, and what is drawn of them lies all over."""

import random
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gate.probes.served.pace import Pace
from gate.probes.served.spans import between, drawn
from gate.probes.served.table import Span

BOUNDS = st.lists(st.text(min_size=1), unique=True).map(sorted)


def holds(span: Span, key: str) -> bool:
    return (span.above is None or key > span.above) and (span.until is None or key <= span.until)


@given(BOUNDS, st.text())
def test_every_key_once(bounds: list[str], key: str) -> None:
    """A key that nobody has thought of lies in one span."""
    assert sum(holds(span, key) for span in between(bounds)) == 1


@given(st.integers(1, 2_000), st.integers(3, 120), st.integers())
def test_what_is_drawn(number: int, most: int, seed: int) -> None:
    """In order, no more than asked for, the first and the last among them, no part left out."""
    spans = [Span(above=str(place)) for place in range(number)]
    found = drawn(spans, random.Random(seed), most)
    places = [int(span.above or 0) for span in found]
    assert len(found) == min(number, most)
    assert places == sorted(set(places))
    assert (places[0], places[-1]) == (0, number - 1)
    if number > most:
        assert max(b - a for a, b in pairwise(places)) <= 2 * (number // (most - 2) + 1)


async def test_the_pace(monkeypatch: Any) -> None:
    """No more questions a second than it says, and none saved up."""
    now, slept = [100.0], []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("gate.probes.served.pace.time.monotonic", lambda: now[0])
    monkeypatch.setattr("gate.probes.served.pace.asyncio.sleep", sleep)
    pace = Pace(rate=10)
    for _ in range(21):
        await pace.wait()
    assert abs(sum(slept) - 2.0) < 0.2
    now[0] += 60
    before = len(slept)
    await pace.wait()
    await pace.wait()
    assert len(slept) - before <= 1
