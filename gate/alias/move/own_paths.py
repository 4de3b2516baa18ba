"""Opens and closes byways beside a move: before it for the belt that serves, and at any time to close them.

Nothing here changes who serves. A belt that never served has no byway before its promotion, since nothing
has proved it; whoever goes back from a belt closes its byway too.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from belts.refusal import Refusal
from belts.spec.byway import path
from gate.alias import byway
from gate.alias.state import Served
from gate.alias.store import Store
from gate.ledger import Ledger


class BywayRefused(Refusal):
    """The byways stay as they are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnPaths:
    """The byways of one gateway."""

    store: Store
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def open(self, until: datetime | None, ledger: Ledger) -> Served:
        """The serving belt's, and those that are open already, until the planned break ends."""
        with self.store.alone():
            live, now = self._live(), self.clock()
            if until is None or until <= now:
                raise BywayRefused(
                    "no byway is opened",
                    expected="a waiver in force that names a planned break, under `waivers.schema` or "
                    "`waivers.entities` of the policy",
                    seen="none",
                    now="write down the break, its reason and its last day there, then run it again",
                )
            proved = ledger.promoted()
            _demand(live, ledger, proved)
            kept = tuple(
                replace(each, until=until)
                for each in byway.lasting(live.byways, now)
                if (each.belt, each.identity) in proved
            )
            after = replace(live, byways=byway.opened(kept, live.serves.byway(until)))
            return self._swapped(live, after)

    def close(self, belt: str) -> Served:
        """Nobody is led to this belt by its name any more; neither a policy nor a ledger is asked."""
        with self.store.alone():
            live = self._live()
            if belt not in {each.belt for each in live.byways}:
                raise BywayRefused(
                    f"{path(belt)} is not open",
                    expected="the name of a belt that has a byway",
                    seen=", ".join(each.belt for each in live.byways) or "no byway at all",
                    now="`python -m gate byway` lists them",
                )
            return self._swapped(live, replace(live, byways=byway.without(live.byways, belt)))

    def _live(self) -> Served:
        live = self.store.read()
        if live is None:
            raise BywayRefused(
                "no belt has a byway",
                expected="an alias that leads to a belt",
                seen="none: nobody was ever promoted here",
                now="promote a belt first; with nobody who reads, nothing can break",
            )
        return live

    def _swapped(self, live: Served, after: Served) -> Served:
        if after == live:
            return live
        try:
            self.store.swap(after)
        except OSError as error:
            raise BywayRefused(
                "the byways may stay as they are",
                expected=f"to write {self.store}",
                seen=error.strerror or type(error).__name__,
                now="make room there, then run it again",
            ) from None
        return after


def _demand(live: Served, ledger: Ledger, proved: Collection[tuple[str, str]]) -> None:
    """Refuses where the ledger does not say of the belt that it was promoted."""
    last, serving = ledger.last(), ledger.serving()
    booked = None if serving is None else (serving.belt, serving.identity)
    if last is not None and last.result is None:
        seen = f"move {last.seq}, which has no result"
    elif booked != (live.serves.belt, live.serves.identity):
        seen = "another belt, or nobody"
    elif booked not in proved:
        seen = "it was found at the alias, and never promoted"
    else:
        return
    raise BywayRefused(
        "no byway is opened",
        expected=f"a ledger by which {live.serves.belt} serves",
        seen=seen,
        now="`python -m gate audit` tells what disagrees; mend it, then run it again",
    )
