"""Judges a change of the alias without making it: what the hook asks, in preview and in update."""

from contextlib import AsyncExitStack, ExitStack

from gate import alias
from gate.ledger import Ledger, LedgerUnreachable, opened
from gate.outcome import ExitCode
from gate.promotion.judgement import Judgement
from gate.promotion.order import Order, OrderRefused
from gate.promotion.plan import Booked, Impossible, Promotion, Rollback, Stay, plan, reckon
from gate.promotion.served import Heights, Served, in_blocks
from gate.promotion.sight import not_behind, seen_heights, steps_back


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
                await upstream.seen()
                return Judgement(code=ExitCode.PASSED, text=f"the alias stays on {upstream.belt}")
            case Rollback(to=to) if live is not None:
                heights = (await upstream.seen()).heights
                not_behind(upstream.belt, heights, to.heights)
                steps = steps_back(await seen_heights(order.eyes, live.serves), heights)
                return Judgement(code=ExitCode.PASSED, text=_rollback(upstream.belt, steps))
            case Promotion() as promotion:
                # A rollback does not wait for what only a promotion needs to be loaded.
                from gate.promotion.gating import gated  # noqa: PLC0415

                return await gated(order, promotion, ledger, preview=preview)
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


def _rollback(belt: str, steps: Heights) -> str:
    told = in_blocks(steps) or "on no chain"
    return f"a rollback to {belt}: verified, not gated\nconsumers step back {told}"
