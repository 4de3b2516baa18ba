"""Values as a report quotes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.quoted import LONGEST, pair, quoted
from gate.redact import Redactor

TEXTS = st.text(max_size=3 * LONGEST) | st.text(alphabet=" ab\\é", max_size=3 * LONGEST)


@given(TEXTS | st.none(), TEXTS | st.none())
def test_what_differs_is_seen_to_differ(one: str | None, other: str | None) -> None:
    """Whatever the values are, a report shows two different texts for two different values."""
    if one == other:
        return
    shown = [Redactor(()).text(each) for each in pair(one, other)]
    assert shown[0] != shown[1]


@given(TEXTS)
def test_it_is_short_and_printable(text: str) -> None:
    """No value breaks a line, steers a terminal, or fills a page."""
    shown = quoted(text)
    assert shown.isprintable()
    assert len(shown) <= 10 * LONGEST + 4


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("EUR/USD", "EUR/USD ", ("“EUR/USD”", "“EUR/USD\\x20”")),
        ("a b", "a  b", ("“a b”", "“a \\x20b”")),
        (None, "NULL", ("NULL", "“NULL”")),
        ("", None, ("“”", "NULL")),
        ("1\n", "1", ("“1\\n”", "“1”")),
        ("\u0430", "a", ("“\\u0430”", "“a”")),
    ],
)
def test_shown(one: str | None, other: str | None, shown: tuple[str, str]) -> None:
    """Blanks at an end, NULL and the word, line breaks, and letters of another script."""
    assert pair(one, other) == shown


def test_long_values_are_cut_around_what_differs() -> None:
    """Two calldata blobs that differ in their last byte are shown from shortly before it."""
    ours, theirs = pair("0x" + "ab" * 200 + "01", "0x" + "ab" * 200 + "02")
    assert ours.endswith("01”")
    assert theirs.endswith("02”")
