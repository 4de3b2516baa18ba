"""Judges a change of the alias without making it: what the hook asks, in preview and in update."""

from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass

from belts.refusal import Refusal
from gate.alias.decide import bars
from gate.alias.decide.plan import Booked, Impossible, Promotion, Rollback, Stay, plan, reckon
from gate.alias.leases import last_served
from gate.alias.order import ledger_address
from gate.alias.order.elsewhere import demand_same_kind
from gate.alias.order.order import Order, OrderRefused
from gate.alias.sight import as_seen, seen_heights, steps_back
from gate.alias.state import Heights, Served, in_blocks
from gate.alias.store import found
from gate.certify import sealing
from gate.certify.judgement import Judgement
from gate.ledger import Ledger, LedgerUnfit, LedgerUnmade, LedgerUnreachable, opened, prepare, reading
from gate.outcome import ExitCode


async def judge(order: Order, *, preview: bool) -> Judgement:
    """Runs the gate where the change is a promotion; in an update its verdict goes into the ledger.

    A rollback, and an alias that stays, are seen to be what they are, and the gate looks at nothing.
    """
    if order.decommission:
        return Judgement(code=ExitCode.PASSED, text="the gateway is to end: the alias stays where it is")
    demand_same_kind(order.alias, order.elsewhere, order.author.stack)
    with ExitStack() as stack:
        book, live = book_of(order, stack, preview=preview), found(order.alias)
        try:
            booked = _booked(book, live)
        except (LedgerUnreachable, LedgerUnfit) as error:
            book, booked = Lost(error), None
        ledger = book if isinstance(book, Ledger) else None
        upstream = order.upstream
        last = last_served(order.place, order.author.gateway)
        match plan(live, booked, upstream.wanted.target, last=last):
            case Impossible() as impossible:
                lost = told(book) if impossible.ledger else None
                return Judgement(code=ExitCode.COULD_NOT_TELL, text=str(lost or impossible.refusal))
            case Stay():
                await upstream.seen()
                return Judgement(code=ExitCode.PASSED, text=f"the alias stays on {upstream.belt}")
            case Rollback(to=to) if live is not None:
                heights = (await as_seen(upstream.belt, upstream.seen, to.heights)).heights
                steps = steps_back(await seen_heights(order.probe, live.serves), heights)
                return Judgement(code=ExitCode.PASSED, text=_rollback(upstream.belt, steps))
            case Promotion() as promotion:
                if bar := bars.standing(ledger, order.alias, upstream.identity.digest, order.lift):
                    return Judgement(code=ExitCode.REFUSED, text=str(bars.refusal(bar)))
                # A rollback does not wait for what only a promotion needs to be loaded.
                from gate.certify.gating import gated  # noqa: PLC0415

                return await gated(order, promotion, ledger, preview=preview)
            case other:
                raise OrderRefused(
                    "the alias stays where it is",
                    expected="a plan that can be carried out",
                    seen=str(other),
                    now="`python -m gate audit` tells what disagrees; mend it, then run `pulumi up` again",
                )


@dataclass(frozen=True, slots=True)
class Unmade:
    """A ledger that nobody has made yet, as before a gateway's first update."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A ledger that does not answer, is another release's, or cannot be written: nothing is known of it."""

    why: Refusal | None


def told(book: Ledger | Unmade | Lost) -> Refusal | None:
    """Why a ledger is lost that answers; that one does not answer is told by who needs it."""
    return book.why if isinstance(book, Lost) and not isinstance(book.why, LedgerUnreachable) else None


def book_of(order: Order, stack: ExitStack | AsyncExitStack, *, preview: bool) -> Ledger | Unmade | Lost:
    """The open ledger. A preview only reads, and makes no table."""
    place, gateway = order.place, order.author.gateway
    try:
        url = order.ledger
        if url is None:
            return Unmade() if preview else Lost(None)
        if preview:
            key = sealing.key(place, gateway)
            return stack.enter_context(reading(url.reveal(), order.author, key=key))
        _prepare(order)
        return stack.enter_context(opened(url.reveal(), order.author, key=sealing.made(place, gateway)))
    except LedgerUnmade:
        return Unmade()
    except Refusal as why:  # be it that a file of the gateway cannot be read
        return Lost(why)


def _prepare(order: Order) -> None:
    """The ledger that the host keeps is made by its owner; one of the operator's own was made by theirs."""
    owner = ledger_address.owner_of_place(order.place, order.author.gateway)
    if order.ledger_url is None and owner is not None:
        prepare(owner.reveal(), role=ledger_address.ROLE)


def _booked(book: Ledger | Unmade | Lost, live: Served | None) -> Booked | None:
    """Who serves by the ledger; one that was never made knows of nobody, where no alias tells otherwise."""
    if isinstance(book, Ledger):
        return reckon(live, last=book.last(), serving=book.serving())
    return Booked(belt=None, identity=None) if isinstance(book, Unmade) and live is None else None


def _rollback(belt: str, steps: Heights) -> str:
    told = in_blocks(steps) or "on no chain"
    return f"a rollback to {belt}: verified, not gated\nconsumers step back {told}"
