"""Decides what a change of the alias is: nothing, a way back, a promotion, or none that can be made now.

Pure: what the live alias says, what the ledger says, and where the operator wants it, in; one plan out.
"""

from dataclasses import dataclass

from gate.promotion.served import Served, Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class Booked:
    """What the ledger says of this gateway: the belt that serves, if any ever did."""

    belt: str | None
    identity: str | None


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
    """False while the ledger cannot be asked: the way back does not wait for it, and is booked later."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Promotion:
    """Anything else that changes who serves: gated."""

    serving: str | None
    """The belt that the candidate has to be compared with; None only for the first alias of all."""
    notes: tuple[str, ...] = ()
    """Why this is no rollback, and what was found that nobody here did; the report shows them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Impossible:
    """No change can be made now."""

    expected: str
    seen: str
    advice: str

    def __str__(self) -> str:
        """The refusal as the operator reads it."""
        return (
            "the alias stays where it is\n"
            f"  expected: {self.expected}\n  seen: {self.seen}\n  now: {self.advice}"
        )


Plan = Stay | Rollback | Promotion | Impossible


def plan(live: Served | None, booked: Booked | None, target: Target) -> Plan:
    """What making `target` the serving belt means; `booked` is None while the ledger cannot be asked."""
    if live is not None and live.serves.belt == target.belt and live.serves.identity == target.identity:
        return _stay(live.serves, booked, target)
    if live is not None and live.behind and _same(live.behind[-1], target):
        return _back(live, booked, target)
    if booked is None:
        return Impossible(
            expected="a ledger that can be asked, to promote",
            seen="the ledger does not answer",
            advice="bring the ledger back, then run `pulumi up` again; a rollback does not wait for it",
        )
    if live is None and booked.identity is not None:
        return Promotion(
            serving=booked.belt,
            notes=(f"the alias is gone, and by the ledger {booked.belt} serves",),
        )
    if live is None:
        return Promotion(serving=None)
    return Promotion(serving=live.serves.belt, notes=(*_drift(live, booked), *_no_way_back(live, target)))


def _stay(serves: Standing, booked: Booked | None, target: Target) -> Plan:
    if serves.dial != target.dial:
        return Impossible(
            expected=f"{target.belt}, which serves, to stay at {serves.dial}",
            seen=f"it answers at {target.dial} now",
            advice="give it its port back with `pulumi up`, or bring up another belt and promote that",
        )
    if booked is None:
        return Impossible(
            expected="a ledger that confirms who serves",
            seen="the ledger does not answer",
            advice="bring the ledger back, then run `pulumi up` again; nothing has moved",
        )
    if booked.belt is None:
        return Impossible(
            expected=f"a ledger that knows how {serves.belt} came to serve",
            seen="a ledger in which nobody ever served",
            advice="restore the ledger from its backup; without one, decommission the gateway and begin anew",
        )
    if booked.identity != serves.identity:
        # The alias leads where the stack wants it, yet nobody promoted it there.
        return Promotion(
            serving=booked.belt,
            notes=(f"the alias leads to {serves.belt}, and by the ledger {booked.belt} serves",),
        )
    return Stay()


def _back(live: Served, booked: Booked | None, target: Target) -> Plan:
    to = live.behind[-1]
    if booked is not None and booked.identity != live.serves.identity:
        return Promotion(
            serving=live.serves.belt,
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
