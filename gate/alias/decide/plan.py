"""Decides what a change of the alias is: nothing, a way back, a promotion, or impossible now.

Pure: the live alias, the ledger's contents and the operator's target go in; one plan comes out.
"""

from dataclasses import dataclass

from gate.alias.state import Served, Standing
from gate.alias.unmoved import Unmoved
from gate.ledger import Entry

STAYS = "the alias stays where it is"


@dataclass(frozen=True, kw_only=True, slots=True)
class Booked:
    """What the ledger says of this gateway: the belt that serves, if any ever did."""

    belt: str | None
    identity: str | None
    stale: bool = False
    """The alias was made by a move that this ledger does not know: it was restored from an older backup."""


def reckon(live: Served | None, *, last: Entry | None, serving: Entry | None) -> Booked:
    """Who serves according to the ledger once it has caught up with the alias.

    `last` is its newest move, `serving` its newest that served. A move that was interrupted after its swap
    counts as serving, and so does the belt of the last rollback that the ledger could not record.
    """
    if live is not None and live.move is not None and live.move > (last.seq if last else 0):
        known = (serving.belt, serving.identity) if serving else (None, None)
        return Booked(belt=known[0], identity=known[1], stale=True)
    if live is not None and last is not None and last.result is None and live.move == last.seq:
        return Booked(belt=last.belt, identity=last.identity)
    if live is not None and serving is not None and live.untold(serving.identity, move=serving.seq):
        return Booked(belt=live.serves.belt, identity=live.serves.identity)
    if serving is None:
        return Booked(belt=None, identity=None)
    return Booked(belt=serving.belt, identity=serving.identity)


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The belt that the stack wants to serve, as it is now."""

    belt: str
    identity: str
    dial: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Stay:
    """The alias is where it should be: verified, not promoted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollback:
    """Back to the belt that served before by promotion, with unchanged identity: verified, not gated."""

    to: Standing
    booked: bool
    """False if the ledger is unavailable: the way back does not wait for it, and is recorded later."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Promotion:
    """Anything else that changes who serves: gated."""

    serving: str | None
    """The belt that the candidate has to be compared with.

    None if there is none: for the first alias, and on the way back to the belt that serves according to the
    ledger, which could only be compared with itself.
    """
    first: bool = False
    unled: bool = False
    """True if no alias leads to the serving belt any more, because its gateway has ended."""
    notes: tuple[str, ...] = ()
    """Why this is no rollback, and changes that were made outside; shown in the report."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Impossible:
    """No change can be made now."""

    expected: str
    seen: str
    advice: str
    standing: str = STAYS
    ledger: bool = False
    """True if a ledger is missing; a caller that knows what is wrong with it reports that instead."""

    @property
    def refusal(self) -> Unmoved:
        """The refusal for the operator."""
        return Unmoved(self.standing, expected=self.expected, seen=self.seen, now=self.advice)


Plan = Stay | Rollback | Promotion | Impossible


def plan(  # noqa: PLR0911 -- a table, one line a case
    live: Served | None, booked: Booked | None, target: Target, *, last: str | None = None
) -> Plan:
    """What making `target` the serving belt means; `booked` is None if the ledger is unavailable.

    `last` is the belt that served last when a gateway ended here, according to the leases, while it lives.
    """
    if live is not None and live.serves.belt == target.belt and live.serves.identity == target.identity:
        return _stay(live.serves, booked, target)
    if live is not None and live.behind and _same(live.behind[-1], target):
        return _back(live, booked, target)
    if booked is not None and booked.stale:
        return _older(STAYS)
    if booked is None:
        return Impossible(
            expected="a ledger that can be asked, to promote",
            seen="the ledger does not answer",
            ledger=True,
            advice="bring the ledger back, then run `pulumi up` again; a rollback does not wait for it",
        )
    if live is None and booked.belt is None:
        return _first(last, target)
    if live is None:
        return Promotion(serving=None if _is(booked, target) else booked.belt, notes=_lost(booked))
    if _is(booked, target):
        return Promotion(serving=None, notes=_drift(live, booked))
    return Promotion(serving=live.serves.belt, notes=(*_drift(live, booked), *_no_way_back(live, target)))


def _first(last: str | None, target: Target) -> Plan:
    """The first promotion; if consumers come from an ended gateway, its belt is compared with the target."""
    if last is None or last == target.belt:
        return Promotion(serving=None, first=True)
    return Promotion(
        serving=last,
        unled=True,
        notes=(f"{last} served last, until its gateway ended: {target.belt} is compared with it",),
    )


def _stay(serves: Standing, booked: Booked | None, target: Target) -> Plan:
    if serves.dial != target.dial:
        return Impossible(
            expected=f"{target.belt}, which serves, to stay at {serves.dial}",
            seen=f"it answers at {target.dial} now",
            advice="give it its port back with `pulumi up`, or bring up another belt and promote that",
        )
    serving = f"{serves.belt} serves, and the ledger does not confirm how that came about"
    if booked is None:
        return Impossible(
            standing=serving,
            expected="a ledger that confirms who serves",
            seen="the ledger does not answer",
            ledger=True,
            advice="bring the ledger back, then run `pulumi up` again; this update has moved nothing",
        )
    if booked.stale:
        return _older(serving)
    if booked.belt is None:
        return Impossible(
            expected=f"a ledger that knows how {serves.belt} came to serve",
            seen="a ledger in which nobody ever served",
            advice="restore the ledger from its backup; without one, decommission the gateway and begin anew",
        )
    if booked.identity != serves.identity:
        return Impossible(
            expected=f"{serves.belt} to serve because it was promoted",
            seen=f"the alias leads to it, and by the ledger {booked.belt} serves: somebody moved it by hand",
            advice=f"go back with `pulumi config set upstream {booked.belt}` and `pulumi up`, then promote "
            f"{serves.belt}",
        )
    return Stay()


def _older(standing: str) -> Impossible:
    return Impossible(
        standing=standing,
        expected="a ledger that knows the move by which the alias came to be what it is",
        seen="a ledger that ends before that move: it was restored from an older backup, or is another one",
        advice="restore its newest backup; without one, decommission the gateway and begin anew",
    )


def _back(live: Served, booked: Booked | None, target: Target) -> Plan:
    to = live.behind[-1]
    if booked is not None and booked.stale:
        booked = None
    if booked is not None and booked.identity != live.serves.identity:
        return Promotion(
            serving=None if _is(booked, target) else live.serves.belt,
            notes=(*_drift(live, booked), "so the way back is judged like any other change"),
        )
    if to.dial != target.dial:
        return Impossible(
            expected=f"{to.belt} where it answered when it served, at {to.dial}",
            seen=f"it answers at {target.dial} now",
            advice="give it its port back with `pulumi up` on its stack, then roll back",
        )
    return Rollback(to=to, booked=booked is not None)


def _same(standing: Standing, target: Target) -> bool:
    return (standing.belt, standing.identity) == (target.belt, target.identity)


def _is(booked: Booked, target: Target) -> bool:
    return (booked.belt, booked.identity) == (target.belt, target.identity)


def _lost(booked: Booked) -> tuple[str, ...]:
    return (f"the alias says nothing that can be read, and by the ledger {booked.belt} serves",)


def _drift(live: Served, booked: Booked) -> tuple[str, ...]:
    if booked.identity == live.serves.identity:
        return ()
    return (f"the alias leads to {live.serves.belt}, and by the ledger {booked.belt or 'nobody'} serves",)


def _no_way_back(live: Served, target: Target) -> tuple[str, ...]:
    """Why an operator who meant to roll back gets the gate instead."""
    if not live.behind:
        return ()
    before = live.behind[-1]
    if before.belt != target.belt:
        return (f"no rollback: the belt that served before {live.serves.belt} is {before.belt}",)
    return (f"no rollback: {target.belt} is not the belt it was when it served, it was seeded again",)
