"""Runs the gate over a promotion, and records its verdict."""

import asyncio
import os
import secrets
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from belts.reading.mistakes import MistakesError
from belts.reading.yaml import document as document_of
from gate.alias.certificate import memory
from gate.alias.certificate.memory import Memory
from gate.alias.decide import measures
from gate.alias.decide.plan import Promotion
from gate.alias.order.elsewhere import Elsewhere
from gate.alias.order.order import Candidate, Order, OrderRefused
from gate.alias.state import Heights
from gate.amounts import amount
from gate.certify import estimate, taking
from gate.certify.judgement import Judgement
from gate.certify.measure import against_the_last
from gate.endpoints import Endpoints, Hosted
from gate.files import evidence_store, policy_of, policy_text
from gate.ledger import Ledger
from gate.ledger import Verdict as Row
from gate.observations import Unobserved
from gate.outcome import ExitCode, Outcome
from gate.policy import Policy, difference, first_alias_mistakes
from gate.policy.addressed import addressed
from gate.policy.meaning import NOT_COMPARED
from gate.recovery.trial import trial as tried
from gate.redact import redactor_for
from gate.report import as_text, document
from gate.run import Gate
from gate.verdict import Verdict

CERTIFIED_FOR = timedelta(minutes=15)
"""How long a certificate may be used: an update follows its verdict within seconds."""


async def gated(order: Order, promotion: Promotion, ledger: Ledger | None, *, preview: bool) -> Judgement:
    """One run of the gate; its verdict is recorded where there is a ledger to record it in.

    What a certificate remembers is read from before the gate's first look on: what changes after that look is
    seen to have changed by whoever reads it again.
    """
    began = time.monotonic()
    ends = began + order.deadline.total_seconds()
    serving = None if promotion.serving is None else _watched(order, order.belt(promotion.serving))
    policy, written = _policy(order, first=promotion.first)
    notes = promotion.notes
    if order.elsewhere is not None:
        if refused := measures.worse(order.alias, order.elsewhere.digest, policy.alias):
            return Judgement(code=ExitCode.REFUSED, text=str(refused))
        notes = (*notes, *_as_seen_before(order, order.elsewhere))
    # Consumers are led there already, by nobody here: it is taken in, and its answers refute nothing.
    taken_in = promotion.first and order.alias.leads(order.upstream.belt)
    if taken_in:
        notes = (*notes, f"the alias leads to {order.upstream.belt} already, and is taken in as it is")
    endpoints = Endpoints(
        serving=None if serving is None else serving.doors,
        candidate=_watched(order, order.upstream).doors,
        # On the way back from where nobody here moved it, the alias answers, which refutes nothing.
        alias=None if serving is None and (taken_in or not promotion.first) else order.url,
        unled=promotion.unled,
        hosted=Hosted(
            census=order.place.census,
            relayed=partial(order.place.relayed, order.upstream.belt),
            candidate=order.upstream.belt,
            serving=promotion.serving,
        ),
    )
    redactor = redactor_for(endpoints, policy.addresses)
    if refusal := await estimate.too_long(endpoints, policy, ends=ends, deadline=order.deadline):
        return Judgement(code=ExitCode.COULD_NOT_TELL, text=refusal)
    trial = await tried(
        Gate(cache=evidence_store(os.environ), repeats=not preview),
        policy,
        endpoints,
        serving=serving,
        candidate=order.upstream,
        ledger=ledger,
        ends=ends,
    )
    book = ledger if not preview else None
    verdict, state = await _judged(trial.gate, endpoints, policy, ends, remember=book is not None)
    what = f"{order.upstream.belt} after {promotion.serving or 'nobody'}: a promotion"
    report = document(
        verdict,
        endpoints,
        trial.gate.checks,
        redactor,
        since=against_the_last(ledger.last_measure(), written, policy.digest) if ledger else NOT_COMPARED,
        notes=(what, *notes, *trial.notes),
    )
    recorded = ""
    code = verdict.exit_code
    if book is not None:
        told: dict[str, Any] = {"spent": time.monotonic() - began, "lifted": order.lift}
        if state is not None:
            told["state"] = memory.encode(state)
        heights = (await order.upstream.seen()).heights
        row = _row(
            order,
            serving,
            verdict,
            heights=heights,
            policy=difference.kept(written),
            report=redactor.everywhere({**report, **told}),
            mode=trial.mode,
        )
        book.record_verdict(row)
        recorded = _recorded(row)
    return Judgement(code=code, text=as_text.render(report) + recorded)


def _as_seen_before(order: Order, elsewhere: Elsewhere) -> tuple[str, ...]:
    """How the alias moved last, by the same commands."""
    last = [each for each in measures.noted(order.alias) if each.writer == elsewhere.digest][-1:]
    return tuple(f"last, {each.words}" for each in last)


def _watched(order: Order, belt: Candidate) -> Candidate:
    """A belt with what the gateway has written down of it."""
    return replace(belt, doors=replace(belt.doors, journal=order.journal(belt.belt)))


async def _judged(
    gate: Gate, endpoints: Endpoints, policy: Policy, ends: float, *, remember: bool
) -> tuple[Verdict, Memory | Unobserved | None]:
    """The verdict, and what the candidate held when the gate began; remembered only where it has passed."""
    begun = asyncio.Event()
    held = asyncio.create_task(taking.take(endpoints, policy, ends=ends, begun=begun)) if remember else None
    try:
        if held is not None:
            await begun.wait()
        verdict = await gate.run(endpoints, policy, seed=secrets.randbits(32), ends=ends)
        if held is None or verdict.outcome is not Outcome.PASSED:
            return verdict, None
        return verdict, await held
    finally:
        if held is not None:
            held.cancel()
            await asyncio.gather(held, return_exceptions=True)


def _policy(order: Order, *, first: bool) -> tuple[Policy, Any]:
    """The policy, and the document that it was read from, once: what is recorded is what was judged by."""
    try:
        text = policy_text(order.policy)
        policy = policy_of(text, os.environ)
    except MistakesError as error:
        raise _unmeasured(order, error) from None
    if first and (mistakes := first_alias_mistakes(policy)):
        raise _unmeasured(order, MistakesError(mistakes))
    return policy, addressed(document_of(text, name="policy"), os.environ)


def _unmeasured(order: Order, mistakes: MistakesError) -> OrderRefused:
    return OrderRefused(
        "the alias stays where it is: nothing can be measured by the policy",
        expected="a policy without mistakes",
        seen=mistakes.seen,
        now=f"correct {order.policy}, then run the same again",
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
        identity=order.upstream.identity.digest,
        serving=serving.belt if serving else None,
        serving_identity=serving.identity.digest if serving else None,
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
        return (
            f"certificate {row.id}, for {amount(int(row.valid_for.total_seconds() // 60), 'minute')} and"
            " one use"
        )
    return f"verdict {row.id} is recorded"
