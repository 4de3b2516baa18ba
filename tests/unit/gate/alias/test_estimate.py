"""Work that cannot end within the deadline is not begun."""

import time
from datetime import timedelta
from typing import Any

import pytest

from gate.certify import estimate
from gate.observations.work import Work
from tests.unit.gate.core.builders import endpoints, policy


async def told(monkeypatch: pytest.MonkeyPatch, needed: float, left: float) -> str:
    async def least(_: Any) -> float:
        return needed

    monkeypatch.setattr(estimate, "least_seconds", least)
    ends = time.monotonic() + left
    return await estimate.too_long(endpoints(), policy(), ends=ends, deadline=timedelta(minutes=5))


async def test_it_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal says how long it would take, and what the deadline is."""
    words = await told(monkeypatch, needed=360, left=290)
    assert "the policy's deadline of 5 min" in words
    assert "it needs about 9 min" in words
    assert "now:      raise `deadline`" in words


@pytest.mark.parametrize("needed", [0.0, 10.0, 193.0])
async def test_it_fits(monkeypatch: pytest.MonkeyPatch, needed: float) -> None:
    """What fits, and what nobody could estimate, is begun."""
    assert await told(monkeypatch, needed=needed, left=290) == ""


def test_a_rate_that_was_not_measured() -> None:
    """Few rows are not measured, and take no time worth a word."""
    assert Work(rows=1_000, rate=0).seconds == 0
    assert Work(rows=3_000_000, rate=100_000).seconds == 30
