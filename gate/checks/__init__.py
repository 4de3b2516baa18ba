"""The claims, in the order of the report."""

from gate.checks import complete, distinct, height, reachable, runtime, schema
from gate.checks.check import Check

CHECKS: tuple[Check, ...] = (
    distinct.CHECK,
    reachable.CHECK,
    complete.CHECK,
    height.CHECK,
    schema.CHECK,
    runtime.CHECK,
)
