"""What the operator promises the consumers, written down: the measure by which a candidate is judged."""

from gate.policy.model import Policy

__all__ = ["Policy"]
