"""The claims, in the order of the report."""

from gate.checks.check import Check

CHECKS: tuple[Check, ...] = ()
