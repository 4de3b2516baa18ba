"""The candidate's indexer is the declared one."""

from datetime import timedelta
from typing import Any

import pytest

from gate.checks.runtime import PARTS, judge
from gate.outcome import Outcome
from gate.policy.model import RuntimePolicy
from tests.unit.gate.core.builders import NOW, metrics, outcomes, policy, seen, unobserved, words

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED


def test_as_declared() -> None:
    """Version, heap, flag and uptime are as they were declared."""
    assert set(outcomes(judge(seen(), policy())).values()) == {PASSED}


@pytest.mark.parametrize(
    ("part", "outcome", "changes", "said"),
    [
        ("process", FAILED, {"database": (2, 5)}, "it writes into database 5"),
        ("process", FAILED, {"database": (5, 16_384)}, "of system 5"),
        ("process", UNTOLD, {"database": None}, "do not show `belts_database_info`"),
        ("version", FAILED, {"version": "3.0.0-alpha.18"}, "version 3.0.0-alpha.18"),
        ("version", UNTOLD, {"version": None}, "do not show `envio_info`"),
        ("heap", FAILED, {"heap_limit_mb": 4095}, "4095 MB"),
        ("heap", PASSED, {"heap_limit_mb": 4096}, ""),
        ("heap", UNTOLD, {"heap_limit_mb": None}, "do not show `belts_heap_limit_bytes`"),
        ("reseed", FAILED, {"reseeds": True}, "its reseed flag is on"),
        ("reseed", UNTOLD, {"reseeds": None}, "do not show `belts_reseed_flag`"),
        ("restarts", FAILED, {"started": NOW - timedelta(seconds=2)}, "restarted while the gate looked"),
        (
            "restarts",
            UNTOLD,
            {"started": NOW - timedelta(minutes=29), "started_before": NOW - timedelta(minutes=29)},
            "a fresh start and one of many look the same",
        ),
        ("restarts", UNTOLD, {"started": None}, "do not show `process_start_time_seconds`"),
        ("restarts", UNTOLD, {"started_before": None}, "do not show `process_start_time_seconds`"),
    ],
)
def test_not_as_declared(part: str, outcome: Outcome, changes: dict[str, Any], said: str) -> None:
    """What differs is refused, what the metrics do not show is not told, each in its words."""
    finding = judge(seen(candidate_metrics=metrics(**changes)), policy())
    assert outcomes(finding)[part] is outcome
    assert said in words(finding)


@pytest.mark.parametrize(
    ("part", "declared", "key"),
    [
        ("version", RuntimePolicy(heap_mb=4096), "runtime.version"),
        ("heap", RuntimePolicy(version="3.0.0-alpha.17"), "runtime.heapMb"),
    ],
)
def test_not_declared(part: str, declared: RuntimePolicy, key: str) -> None:
    """What nobody declared cannot be as declared."""
    finding = judge(seen(), policy(runtime=declared))
    assert outcomes(finding)[part] is UNTOLD
    assert key in words(finding)


def test_no_metrics() -> None:
    """Without metrics every part is open, and each may be accepted by its name."""
    finding = judge(seen(candidate_metrics=unobserved()), policy())
    assert outcomes(finding) == {part.name: UNTOLD for part in PARTS}
    assert all(
        part.acceptable and f"`{part.path}`" in finding.points[i].advice for i, part in enumerate(PARTS)
    )
