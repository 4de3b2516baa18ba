"""Verdicts as the gate records them, and the moves that they are for."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from gate.ledger import Kind, Move, Verdict

POLICY = "c" * 64


def report(digest: str, *, outcome: str = "passed") -> dict[str, Any]:
    """As little of a report as a certificate needs."""
    claims = [{"claim": "distinct", "outcome": outcome, "accepted": False}]
    return {"outcome": outcome, "partial": [], "policy": {"digest": digest}, "claims": claims}


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
        policy_digest=POLICY,
        policy={},
        heights={},
        report=report(POLICY),
        valid_for=timedelta(minutes=10),
    )
    return replace(verdict, **changes)


def promotion(of: Verdict, **changes: Any) -> Move:
    """The move that this certificate is for."""
    move = Move(
        kind=Kind.PROMOTION,
        certificate=of.id,
        belt=of.candidate,
        identity=of.identity,
        from_belt=of.serving,
        from_identity=of.serving_identity,
        heights=of.heights,
    )
    return replace(move, **changes)
