"""Judges a change of the alias without making it: what the hook asks, in preview and in update."""

import os
import secrets
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from gate import alias
from gate.endpoints import Endpoints
from gate.files import evidence_directory, read_policy
from gate.ledger import Ledger, LedgerUnreachable, opened
from gate.ledger import Verdict as Row
from gate.outcome import ExitCode, Outcome
from gate.policy import Policy, difference, first_alias_mistakes
from gate.promotion import memory, recovery
from gate.promotion.measure import against_the_last
from gate.promotion.order import Candidate, Order, OrderRefused
from gate.promotion.plan import Booked, Impossible, Promotion, Rollback, Stay, plan, reckon
from gate.promotion.served import Heights, Served
from gate.promotion.sight import Sight, not_behind, same, seen_heights, steps_back
from gate.reading import MistakesError
from gate.reading import document as document_of
from gate.redact import redactor_for
from gate.report import as_text, document
from gate.run import Gate
from gate.verdict import Verdict

CERTIFIED_FOR = timedelta(minutes=15)
"""How long a certificate may be used: an update follows its verdict within seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """Whether the change may be made, and the words for it."""

    code: ExitCode
    text: str


async def judge(order: Order, *, preview: bool) -> Judgement:
    """Runs the gate where the change is a promotion; in an update its verdict goes into the ledger.

    A rollback, and an alias that stays, are seen to be what they are, and the gate looks at nothing.
    """
    if order.decommission:
        return Judgement(code=ExitCode.PASSED, text="the gateway is to end: the alias stays where it is")
    with ExitStack() as stack:
        ledger = ledger_of(order, stack)
        live = alias.found(order.directory)
        booked = _booked(order, ledger, live, preview=preview)
        upstream = order.upstream
        match plan(live, booked, upstream.wanted.target):
            case Impossible() as impossible:
                return Judgement(code=ExitCode.COULD_NOT_TELL, text=str(impossible))
            case Stay():
                await _seen(upstream)
                return Judgement(code=ExitCode.PASSED, text=f"the alias stays on {upstream.belt}")
            case Rollback(to=to) if live is not None:
                heights = (await _seen(upstream)).heights
                not_behind(upstream.belt, heights, to.heights)
                steps = steps_back(await seen_heights(order.eyes, live.serves), heights)
                return Judgement(code=ExitCode.PASSED, text=_rollback(upstream.belt, steps))
            case Promotion() as promotion:
                return await _gated(order, promotion, ledger, preview=preview)
            case other:
                raise OrderRefused(f"the alias stays where it is: there is no way to carry out {other}")


def ledger_of(order: Order, stack: ExitStack | AsyncExitStack) -> Ledger | None:
    """The open ledger, or None while it cannot be asked."""
    url = order.ledger
    if url is None:
        return None
    try:
        return stack.enter_context(opened(url.reveal(), order.occasion))
    except LedgerUnreachable:
        return None


def _booked(order: Order, ledger: Ledger | None, live: Served | None, *, preview: bool) -> Booked | None:
    """Who serves by the ledger; at the very first preview neither it nor the alias has ever been made."""
    if ledger is not None:
        return reckon(live, last=ledger.last(), serving=ledger.serving())
    never_made = preview and order.ledger is None and live is None
    return Booked(belt=None, identity=None) if never_made else None


async def _seen(belt: Candidate) -> Sight:
    sight = await belt.wanted.eyes()
    same(belt.belt, belt.identity, sight)
    return sight


async def _gated(order: Order, promotion: Promotion, ledger: Ledger | None, *, preview: bool) -> Judgement:
    """One run of the gate; its verdict is recorded where there is a ledger to record it in."""
    serving = None if promotion.serving is None else order.belt(promotion.serving)
    policy = _policy(order, first=promotion.first)
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
        raw = document_of(order.policy.read_text("utf-8"), name="policy")
        notes += against_the_last(ledger.last_measure(), raw, policy.digest)
    code = verdict.exit_code
    if ledger is not None and not preview:
        kept: dict[str, Any] = dict(report)
        if verdict.outcome is Outcome.PASSED:
            kept["state"] = memory.encode(await memory.take(endpoints, policy))
        heights = (await _seen(order.upstream)).heights
        row = _row(order, serving, verdict, heights, redactor.everywhere(kept), mode=trial.mode)
        ledger.record_verdict(row)
        notes.append(_recorded(row))
    return Judgement(code=code, text="\n".join([*notes, "", as_text.render(report, brief=True)]))


def _rollback(belt: str, steps: Heights) -> str:
    told = ", ".join(f"{step} blocks on chain {chain}" for chain, step in sorted(steps.items()))
    return f"a rollback to {belt}: verified, not gated\nconsumers step back {told or 'on no chain'}"


def _policy(order: Order, *, first: bool) -> Policy:
    """The policy as it stands in its file now."""
    try:
        policy = read_policy(order.policy, os.environ)
    except MistakesError as error:
        raise _unmeasured(order, error) from None
    if first and (mistakes := first_alias_mistakes(policy)):
        raise _unmeasured(order, MistakesError(list(mistakes)))
    return policy


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
    heights: Heights,
    report: dict[str, Any],
    *,
    mode: str,
) -> Row:
    raw = document_of(order.policy.read_text("utf-8"), name="policy")
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
        policy=difference.kept(raw),
        heights=heights,
        report=report,
        valid_for=CERTIFIED_FOR,
    )


def _recorded(row: Row) -> str:
    if row.outcome == Outcome.PASSED.words:
        return f"certificate {row.id}, for {int(row.valid_for.total_seconds() // 60)} minutes and one use"
    return f"verdict {row.id} is recorded"
