"""Runs the gate over a promotion, and records what it said."""

import os
import secrets
from datetime import timedelta
from typing import Any
from uuid import uuid4

from gate.endpoints import Endpoints
from gate.files import evidence_directory, policy_of, policy_text
from gate.ledger import Ledger
from gate.ledger import Verdict as Row
from gate.outcome import Outcome
from gate.policy import Policy, difference, first_alias_mistakes
from gate.promotion import memory, recovery
from gate.promotion.judgement import Judgement
from gate.promotion.measure import against_the_last
from gate.promotion.order import Candidate, Order, OrderRefused
from gate.promotion.plan import Promotion
from gate.promotion.served import Heights
from gate.reading import MistakesError
from gate.reading import document as document_of
from gate.redact import redactor_for
from gate.report import as_text, document
from gate.run import Gate
from gate.verdict import Verdict

CERTIFIED_FOR = timedelta(minutes=15)
"""How long a certificate may be used: an update follows its verdict within seconds."""


async def gated(order: Order, promotion: Promotion, ledger: Ledger | None, *, preview: bool) -> Judgement:
    """One run of the gate; its verdict is recorded where there is a ledger to record it in."""
    serving = None if promotion.serving is None else order.belt(promotion.serving)
    policy, written = _policy(order, first=promotion.first)
    endpoints = Endpoints(
        serving=None if serving is None else serving.doors,
        candidate=order.upstream.doors,
        # On the way back from where nobody here moved it, the alias answers, which refutes nothing.
        alias=None if serving is None and not promotion.first else order.url,
    )
    redactor = redactor_for(endpoints, policy)
    trial = await recovery.trial(
        Gate(cache=evidence_directory(os.environ)),
        policy,
        endpoints,
        serving=serving,
        candidate=order.upstream,
        ledger=ledger,
    )
    verdict = await trial.gate.run(endpoints, policy, seed=secrets.randbits(32))
    report = document(verdict, endpoints, trial.gate.checks, redactor)
    notes = [f"{order.upstream.belt} after {promotion.serving or 'nobody'}: a promotion", *promotion.notes]
    notes += map(redactor.text, trial.notes)
    if ledger is not None:
        notes += against_the_last(ledger.last_measure(), written, policy.digest)
    code = verdict.exit_code
    if ledger is not None and not preview:
        kept: dict[str, Any] = dict(report)
        if verdict.outcome is Outcome.PASSED:
            kept["state"] = memory.encode(await memory.take(endpoints, policy))
        heights = (await order.upstream.seen()).heights
        row = _row(
            order,
            serving,
            verdict,
            heights=heights,
            policy=difference.kept(written),
            report=redactor.everywhere(kept),
            mode=trial.mode,
        )
        ledger.record_verdict(row)
        notes.append(_recorded(row))
    return Judgement(code=code, text="\n".join([*notes, "", as_text.render(report, brief=True)]))


def _policy(order: Order, *, first: bool) -> tuple[Policy, Any]:
    """The policy, and the document that it was read from, once: what is recorded is what was judged by."""
    try:
        text = policy_text(order.policy)
        policy = policy_of(text, os.environ)
    except MistakesError as error:
        raise _unmeasured(order, error) from None
    if first and (mistakes := first_alias_mistakes(policy)):
        raise _unmeasured(order, MistakesError(list(mistakes)))
    return policy, document_of(text, name="policy")


def _unmeasured(order: Order, mistakes: MistakesError) -> OrderRefused:
    told = "\n".join(f"  {line}" for line in str(mistakes).splitlines())
    return OrderRefused(
        f"the alias stays where it is: nothing can be measured by the policy\n{told}\n"
        f"  now: correct {order.policy}, then run the same again"
    )


def _row(
    order: Order,
    serving: Candidate | None,
    verdict: Verdict,
    *,
    heights: Heights,
    policy: Any,
    report: dict[str, Any],
    mode: str,
) -> Row:
    return Row(
        id=uuid4(),
        candidate=order.upstream.belt,
        identity=order.upstream.digest,
        serving=serving.belt if serving else None,
        serving_identity=serving.digest if serving else None,
        outcome=verdict.outcome.words,
        partial=verdict.partial,
        mode=mode,
        policy_version=verdict.policy.version,
        policy_digest=verdict.policy.digest,
        policy=policy,
        heights=heights,
        report=report,
        valid_for=CERTIFIED_FOR,
    )


def _recorded(row: Row) -> str:
    if row.outcome == Outcome.PASSED.words:
        return f"certificate {row.id}, for {int(row.valid_for.total_seconds() // 60)} minutes and one use"
    return f"verdict {row.id} is recorded"
