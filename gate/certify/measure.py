"""Compares the policy of a promotion with that of the last one."""

from collections.abc import Mapping
from typing import Any

from gate.ledger import Measure
from gate.policy import difference, meaning
from gate.policy.meaning import Since

SHORT = 12


def against_the_last(last: Measure | None, policy: Mapping[Any, Any], digest: str) -> Since:
    """How the policy differs from that of the last promotion."""
    if last is None:
        return Since(told=f"the first promotion that the ledger knows of: policy {digest[:SHORT]}")
    if last.digest == digest:
        return Since(told=f"the same policy as at the last promotion ({digest[:SHORT]})")
    now = difference.kept(policy)
    values = difference.differences(last.policy, now)
    told = f"the policy differs from that of the last promotion ({last.digest[:SHORT]}, now {digest[:SHORT]})"
    if not values:
        told = f"{told}, in what is never shown: the path, the query or the password of a URL"
    changes = meaning.changes(last.policy, now)
    if values and not changes:
        told = f"{told}, in the order of its entries alone"
    return Since(told=told, changes=changes, values=values)
