"""Ends an interrupted move: the alias, and what is stored beside it, show how far it got."""

from contextlib import suppress
from dataclasses import dataclass

from gate.alias.confirm.confirmation import Again
from gate.alias.confirm.seen import Seen, failed, untold
from gate.alias.decide import refutation
from gate.alias.decide.refutation import Refutation
from gate.alias.move.arrival import NotArrivedError
from gate.alias.move.book import Book
from gate.alias.move.swap import Swap, now
from gate.alias.move.way_back import WayBack
from gate.alias.order.wanted import Wanted
from gate.alias.sight import UnprovedError
from gate.alias.state import Served
from gate.alias.store import found
from gate.ledger import Certificate, Entry, Kind, Ledger, Result
from gate.outcome import Outcome

CUT_OFF = untold("nobody looked: the update was cut off right after the move")


@dataclass(frozen=True, kw_only=True, slots=True)
class Unfinished:
    """What an interrupted writer may have left, and what is needed to end it."""

    swap: Swap
    book: Book
    again: Again
    way_back: WayBack

    async def ended(self, wanted: Wanted) -> None:
        """Records the interrupted move; raises `Unmoved` if the serving belt is wrong and still wanted.

        If another belt is wanted, the missed look is skipped: the way back does not wait.
        """
        if self.book.ledger is None:
            return
        wrong = refutation.noted(self.swap.store)
        if wrong is not None:
            await self._refuted(self.book.ledger, wrong, wanted)
        last = self.book.unended()
        if last is not None:
            await self._last(self.book.ledger, last, wanted)

    async def _refuted(self, ledger: Ledger, wrong: Refutation, wanted: Wanted) -> None:
        """Records the bar, and takes the alias back if that is still to be done."""
        last = self.book.unended()
        if last is not None and last.seq == wrong.move:
            self.book.end(wrong.move, Result.SERVED, "the look after it failed", failed(wrong.told))
        elif last is not None and last.kind is Kind.ROLLBACK:
            await self._last(ledger, last, wanted)
        bar = ledger.bar(wrong.identity)
        booked = bar is not None and bar.move >= wrong.move
        live = found(self.swap.store)
        if live is not None and live.move == wrong.move and _serves(live, wanted):
            modes = {move.seq: move.mode for move in ledger.moves()}
            recovery = modes.get(wrong.move) == "recovery"
            raise await self.way_back.resumed(live, wrong, booked=booked, recovery=recovery)
        if booked:
            with suppress(OSError):
                refutation.forget(self.swap.store)

    async def _last(self, ledger: Ledger, last: Entry, wanted: Wanted) -> None:
        live = found(self.swap.store)
        if live is not None and live.over == last.seq and live.move is None:
            look = CUT_OFF if last.kind is Kind.PROMOTION else None
            self.book.end(last.seq, Result.SERVED, "it served, and was left without the ledger", look)
            return
        if live is None or live.move != last.seq:
            self.swap.leases.abandon()
            self.book.end(last.seq, Result.UNDONE, "interrupted before the alias was swapped")
            return
        again = _serves(live, wanted)
        try:
            seals = await wanted.wire.tied() if again and wanted.wire is not None else None
            await self.swap.arrived(live, seals)
        except (NotArrivedError, UnprovedError) as error:
            why = error.brief if isinstance(error, UnprovedError) else str(error)
            before = live.undone(since=now())
            self.swap.put_back(before, live, last.seq, f"interrupted, and {why}")
            return
        certificate = None if last.certificate is None else ledger.used(last.certificate)
        look = await self._look(certificate, again=again) if last.kind is Kind.PROMOTION else None
        if look is not None and look.outcome is Outcome.FAILED:
            raise await self.way_back.refuted(live, last.seq, look, recovery=last.mode == "recovery")
        detail = "interrupted after the alias was swapped, and finished"
        self.book.end(last.seq, Result.SERVED, detail, look)

    async def _look(self, certificate: Certificate | None, *, again: bool) -> Seen:
        """Makes the missed look, if the belt is still wanted."""
        if not again:
            return CUT_OFF
        if certificate is None:
            return untold("its certificate is not in the ledger as this gateway wrote it")
        return await self.again.after(certificate)


def _serves(live: Served, wanted: Wanted) -> bool:
    target = wanted.target
    return (live.serves.belt, live.serves.identity) == (target.belt, target.identity)
