"""By what a promotion is measured, beside what the last one was measured by."""

from collections.abc import Mapping
from typing import Any

from gate.ledger import Measure
from gate.policy import difference

SHORT = 12


def against_the_last(last: Measure | None, policy: Mapping[Any, Any], digest: str) -> tuple[str, ...]:
    """How the policy differs from that of the last promotion, in lines for its report."""
    if last is None:
        return (f"the first promotion that the ledger knows of: policy {digest[:SHORT]}",)
    if last.digest == digest:
        return (f"the same policy as at the last promotion ({digest[:SHORT]})",)
    lines = difference.differences(last.policy, difference.kept(policy))
    told = f"the policy differs from that of the last promotion ({last.digest[:SHORT]}, now {digest[:SHORT]})"
    if not lines:
        return (f"{told}, in what is never shown: the path, the query or the password of a URL",)
    return (f"{told}:", *(f"  {line}" for line in lines))
