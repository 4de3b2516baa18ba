"""What reports say, held to how people write: whatever any test makes the gate say is looked at."""

import re
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from gate.amounts import plural
from gate.finding import Point
from gate.observations.unobserved import Unobserved

THINGS = (
    *("addition", "announcement", "answer", "attempt", "belt", "block", "byte", "cell", "chain", "column"),
    *("contract", "day", "difference", "entity", "event", "field", "header", "key", "kind", "limit", "line"),
    *("list", "log", "look", "minute", "piece", "provider", "question", "range", "receipt", "reference"),
    *("row", "rule", "schema", "second", "table", "time", "transaction", "value", "waiver", "window"),
)
"""Of what reports count."""
MANY = "|".join(map(plural, THINGS))
KIND = "(?:drawn |indexed |more |named |planned |raw )?"
NUMBER = r"(?<![\w.,:/#“-])"
SLIPS = (
    re.compile(rf"{NUMBER}1 {KIND}(?:{MANY})\b"),
    re.compile(rf"{NUMBER}1 {KIND}(?:{'|'.join(THINGS)}) (?:are|have|were|do|come|differ|stand|wait)\b"),
    re.compile(rf"{NUMBER}\d{{4,}} (?:of [\d,]+ )?{KIND}(?:{MANY}|{'|'.join(THINGS)})\b"),
    re.compile(r"\bchain (\d+): chain \1\b"),
)
"""One of many, one that `are`, digits that stand in no threes, a chain named twice."""
THEIRS = re.compile(r"refuses \w+: .*? \(code [^)]*\)")
THEIRS = re.compile(r"refuses \w+: .*? \(code [^)]*\)")
"""A provider's own words."""


def slips(text: str) -> list[str]:
    """The places of a text that nobody would write so."""
    ours = THEIRS.sub("", text)
    return [
        ours[max(0, found.start() - 30) : found.end() + 30] for slip in SLIPS for found in slip.finditer(ours)
    ]


def said(one: Point | Unobserved) -> Iterator[str]:
    """All texts of a point, or of what was not seen."""
    if isinstance(one, Unobserved):
        yield one.reason
        yield one.advice
    else:
        yield from (one.expected, one.observed, one.advice, *one.evidence, *one.waived)


class Listener:
    """Hears whatever is said while a test runs, and fails the test for what is said wrongly."""

    def __init__(self) -> None:
        self.slips: dict[str, None] = {}
        for kind in (Point, Unobserved):
            self._listen(kind)

    def _listen(self, kind: type[Any]) -> None:
        made = kind.__init__

        def heard(one: Any, *args: Any, **fields: Any) -> None:
            made(one, *args, **fields)
            self.slips |= dict.fromkeys(slip for text in said(one) for slip in slips(text))

        kind.__init__ = heard

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """What was said before is another test's. On real parts amounts differ from run to run: that is heard
        in unit tests, which say the same each time.
        """
        self.slips.clear()
        result = yield
        if self.slips and item.nodeid.startswith("tests/unit/"):
            pytest.fail(f"said, and not as anybody would write it: {list(self.slips)}")
        return result
