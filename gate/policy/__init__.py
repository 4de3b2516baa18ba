"""What the operator promises to consumers, in writing: the measure by which a candidate is judged."""

from gate.policy.model import Mode, Policy
from gate.policy.parse import first_alias_mistakes, parse

__all__ = ["Mode", "Policy", "first_alias_mistakes", "parse"]
