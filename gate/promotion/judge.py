"""Judges a change of the alias without making it: what the hook asks, in preview and in update."""

import json
import os
import secrets
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from gate import alias
from gate.checks import CHECKS
from gate.endpoints import Endpoints
from gate.files import evidence_directory, read_policy
from gate.ledger import Ledger, LedgerUnreachable, opened
from gate.ledger import Verdict as Row
from gate.outcome import ExitCode, Outcome
from gate.policy import first_alias_mistakes
from gate.promotion.order import Candidate, Order, OrderRefused
from gate.promotion.plan import Booked, Impossible, Promotion, Rollback, Stay, plan
from gate.promotion.served import Heights, Served
from gate.promotion.sight import Sight, not_behind, same
from gate.reading import MistakesError
from gate.reading import document as document_of
from gate.redact import Redactor, redactor_for
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
    with ExitStack() as stack:
        ledger = ledger_of(order, stack)
        live = alias.read(order.directory)
        booked = _booked(order, ledger, live, preview=preview)
        upstream = order.upstream
        match plan(live, booked, upstream.wanted.target):
            case Impossible() as impossible:
                return Judgement(code=ExitCode.COULD_NOT_TELL, text=str(impossible))
            case Stay():
                await _seen(upstream)
                return Judgement(code=ExitCode.PASSED, text=f"the alias stays on {upstream.belt}")
            case Rollback(to=to):
                heights = (await _seen(upstream)).heights
                not_behind(upstream.belt, heights, to.heights)
                return Judgement(
                    code=ExitCode.PASSED, text=f"a rollback to {upstream.belt}: verified, not gated"
                )
            case Promotion() as promotion:
                return await _gated(order, promotion, None if preview else ledger)


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
    """Who serves by the ledger, once an interrupted move and a late rollback are ended in it."""
    if ledger is None:
        # The very first preview: neither the ledger nor the alias has ever been made.
        never_made = preview and order.ledger is None and live is None
        return Booked(belt=None, identity=None) if never_made else None
    last, serving = ledger.last(), ledger.serving()
    if live is not None and last is not None and last.result is None and live.move == last.seq:
        return Booked(belt=last.belt, identity=last.identity)
    if live is not None and serving is not None and live.unbooked_since(serving.identity):
        return Booked(belt=live.serves.belt, identity=live.serves.identity)
    if serving is None:
        return Booked(belt=None, identity=None)
    return Booked(belt=serving.belt, identity=serving.identity)


async def _seen(belt: Candidate) -> Sight:
    sight = await belt.wanted.eyes()
    same(belt.belt, belt.identity, sight)
    return sight


async def _gated(order: Order, promotion: Promotion, ledger: Ledger | None) -> Judgement:
    """One run of the gate; its verdict is recorded where there is a ledger to record it in."""
    serving = order.belt(promotion.serving)
    if promotion.serving is not None and serving is None:
        raise OrderRefused(
            f"the alias stays where it is\n  expected: the endpoints of {promotion.serving}, which serves\n"
            f"  seen: none\n  now: bring its stack up with `pulumi up --stack {promotion.serving}`"
        )
    policy = read_policy(order.policy, os.environ)
    if serving is None:
        mistakes = first_alias_mistakes(policy)
        if mistakes:
            raise MistakesError(list(mistakes))
    endpoints = Endpoints(
        serving=None if serving is None else serving.doors,
        candidate=order.upstream.doors,
        alias=order.url,
    )
    redactor = redactor_for(endpoints, policy)
    gate = Gate(cache=evidence_directory(os.environ))
    verdict = await gate.run(endpoints, policy, seed=secrets.randbits(32))
    report = document(verdict, endpoints, CHECKS, redactor)
    notes = [f"{order.upstream.belt} after {promotion.serving or 'nobody'}: a promotion", *promotion.notes]
    code = verdict.exit_code
    if ledger is not None:
        heights = (await _seen(order.upstream)).heights
        row = _row(order, serving, verdict, heights, redactor.everywhere(report))
        ledger.record_verdict(row)
        notes.append(_recorded(row))
    return Judgement(code=code, text="\n".join([*notes, "", as_text.render(report)]))


def _row(
    order: Order, serving: Candidate | None, verdict: Verdict, heights: Heights, report: dict[str, Any]
) -> Row:
    raw = document_of(order.policy.read_text("utf-8"), name="policy")
    redactor = Redactor(())
    return Row(
        id=uuid4(),
        candidate=order.upstream.belt,
        identity=order.upstream.digest,
        serving=serving.belt if serving else None,
        serving_identity=serving.digest if serving else None,
        outcome=verdict.outcome.words,
        partial=verdict.partial,
        mode=verdict.policy.mode.value,
        policy_version=verdict.policy.version,
        policy_digest=verdict.policy.digest,
        policy=json.loads(json.dumps(redactor.everywhere(raw), default=str)),
        heights=heights,
        report=report,
        valid_for=CERTIFIED_FOR,
    )


def _recorded(row: Row) -> str:
    if row.outcome == Outcome.PASSED.words:
        return f"certificate {row.id}, for {int(row.valid_for.total_seconds() // 60)} minutes and one use"
    return f"verdict {row.id} is recorded"
