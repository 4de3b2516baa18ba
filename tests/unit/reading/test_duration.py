"""A time span, read and shown."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.reading import duration


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4_000)))
def test_what_is_shown_reads_as_the_same(span: timedelta) -> None:
    """A report shows a span as a policy may write it, to the millisecond."""
    whole = span // timedelta(milliseconds=1) * timedelta(milliseconds=1)
    assert duration.read(duration.shown(whole)) == whole


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("48h", "48h"),
        ("2d", "48h"),
        ("7d", "7d"),
        ("60s", "1m"),
        ("90s", "90s"),
        ("0s", "0s"),
        ("1500ms", "1500ms"),
    ],
)
def test_shown(written: str, shown: str) -> None:
    """The largest unit that leaves no rest; two days are 48 hours, as everybody says."""
    span = duration.read(written)
    assert span is not None
    assert duration.shown(span) == shown


@pytest.mark.parametrize("text", ["", "1", "h", "-1h", "1.5h", "1 h", "1w"])
def test_no_span(text: str) -> None:
    """Anything else is none."""
    assert duration.read(text) is None
