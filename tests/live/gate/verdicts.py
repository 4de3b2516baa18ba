"""Verdicts as the gate records them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from gate.ledger import Verdict


def passed(candidate: str, identity: str, **changes: Any) -> Verdict:
    """A certificate of a candidate, judged while nobody serves, as far as nothing else is said."""
    verdict = Verdict(
        id=uuid4(),
        candidate=candidate,
        identity=identity,
        serving=None,
        serving_identity=None,
        outcome="passed",
        partial=False,
        mode="parity",
        policy_version=1,
        policy_digest="c" * 64,
        policy={},
        heights={},
        report={},
        valid_for=timedelta(minutes=10),
    )
    return replace(verdict, **changes)
