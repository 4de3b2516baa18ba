"""The claims, in the order of the report."""

from gate.checks import (
    budget,
    complete,
    content,
    counts,
    distinct,
    ground_truth,
    height,
    reachable,
    runtime,
    schema,
    sound,
)
from gate.checks.check import Check

CHECKS: tuple[Check, ...] = (
    distinct.CHECK,
    reachable.CHECK,
    complete.CHECK,
    height.CHECK,
    counts.CHECK,
    content.CHECK,
    sound.CHECK,
    schema.CHECK,
    ground_truth.CHECK,
    runtime.CHECK,
    budget.CHECK,
)
