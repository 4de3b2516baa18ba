"""All checks, in the order in which the report lists their claims."""

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
