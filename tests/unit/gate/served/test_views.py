"""What is told of a chain lies between what the database held before and after."""

from typing import Any

import pytest

from gate.probes.served.views import holds


@pytest.mark.parametrize(
    ("told", "before", "after", "column", "right"),
    [
        (5, 5, 5, "progress_block", True),
        (6, 5, 7, "progress_block", True),
        ("6", 5, 7, "progress_block", True),
        (4, 5, 7, "progress_block", False),
        (8, 5, 7, "progress_block", False),
        (6, 7, 5, "progress_block", True),
        (6, 5, 7, "start_block", False),
        (None, None, None, "end_block", True),
        (None, 5, 5, "end_block", False),
        (9, None, None, "end_block", False),
        (16_777_217, 16_777_216, 16_777_216, "events_processed", True),
        (16_800_000, 16_777_216, 16_777_216, "events_processed", False),
        (101, 100, 100, "events_processed", False),
        (True, 1, 1, "start_block", False),
        ("2026-01-01T00:00:00+00:00", "2026-01-01T01:00:00+01:00", None, "ready_at", True),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", None, "ready_at", True),
        ("2026-01-01T00:00:01", "2026-01-01T00:00:00+00:00", None, "ready_at", False),
        ("soon", 5, 7, "progress_block", False),
    ],
)
def test_a_value(told: Any, before: Any, after: Any, column: str, *, right: bool) -> None:
    """A number that grows may lie between; whatever else has to be what was held at either end."""
    assert holds(told, before, after, column) is right
