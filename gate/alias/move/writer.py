"""Moves the alias: the second layer, which demands a certificate whatever the program above it says.

The order is what makes a crash harmless: certificate recorded, heights looked at once more, move recorded,
alias swapped, arrival seen on every connection, the belt looked at once more, result recorded. Whoever comes
next finds the move without a result, sees by the alias how far it got, and finishes or undoes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from belts.refusal import Refusal
from gate.alias.confirm.by_heights import by_heights
from gate.alias.confirm.confirmation import Again
from gate.alias.confirm.seen import Seen, either, worst
from gate.alias.decide import bars
from gate.alias.decide.plan import Booked, Impossible, Promotion, Rollback, Stay, plan
from gate.alias.leases import Leases
from gate.alias.move.arrival import Arrival, GatewayConnections, NotArrivedError
from gate.alias.move.book import BROKEN, Book
from gate.alias.move.last_heights import last_heights
from gate.alias.move.swap import Swap, now
from gate.alias.move.unfinished import Unfinished
from gate.alias.move.way_back import WayBack
from gate.alias.order.wanted import Wanted
from gate.alias.sight import as_seen, caught_up, same, seen_heights, steps_back
from gate.alias.state import Heights, Served, Standing, first
from gate.alias.store import AliasRefused, Store, found
from gate.alias.unmoved import Unmoved
from gate.ledger import Certificate, Ledger
from gate.outcome import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How long a move may wait: for the candidate to be where the serving belt is, and for the gateway."""

    catch_up: timedelta = timedelta(seconds=30)
    arrive: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What was done: the alias now, how the gateway was seen to follow, how far consumers step back."""

    kind: str
    served: Served
    arrival: Arrival
    steps_back: Heights
    look: Seen | None = None
    """What was seen of a promoted belt right after the move."""


class Writer:
    """The one writer of one gateway's alias."""

    def __init__(
        self,
        *,
        store: Store,
        ledger: Ledger | None,
        lost: Refusal | None = None,
        policy: str | None,
        connections: GatewayConnections,
        leases: Leases,
        others: Mapping[str, Wanted],
        again: Again,
        lift: str | None,
        limits: Limits,
        break_ends: datetime | None = None,
    ) -> None:
        """`ledger` is None while it cannot be used, and `lost` says why, where it answers.

        `others` are the belts beside the wanted one, by name.

        `policy` is the digest of the policy that the stack names, None while that cannot be read. `again`
        proves a candidate right before and right after its promotion, and `lift` is the bar that the config
        lifts. `break_ends` is when the planned breaks of the policy end: until then each of the two belts of
        a promotion has a byway.
        """
        self._store = store
        self._policy = policy
        self._connections = connections
        self._leases = leases
        self._probes = {name: other.probe for name, other in others.items()}
        self._again = again
        self._lift = lift
        self._limits = limits
        self._break_ends = break_ends
        self._book = Book(ledger, lost=lost)
        self._swap = Swap(
            store=store,
            connections=connections,
            leases=leases,
            book=self._book,
            arrive=limits.arrive,
        )
        self._way_back = WayBack(swap=self._swap, book=self._book, others=others, within=limits.catch_up)
        self._unfinished = Unfinished(swap=self._swap, book=self._book, again=again, way_back=self._way_back)

    async def move(self, wanted: Wanted) -> Moved:
        """Makes `wanted` the serving belt, or raises `Unmoved` with the alias where it was."""
        with self._swap.alone():
            try:
                await self._unfinished.ended(wanted)
            except BROKEN as why:  # whoever comes next ends it; a way back does not wait for that
                self._book.lose(why)
            live = found(self._store)
            booked = self._book.caught_up(live)
            ledger = self._book.ledger
            match plan(live, booked, wanted.target, last=self._leases.last_served()):
                case Impossible() as impossible:
                    raise (self._book.lost if impossible.ledger else None) or impossible.refusal
                case Rollback(to=to) if live is not None:
                    return await self._roll_back(live, to, wanted)
                case Promotion(serving=serving) if booked is not None and ledger is not None:
                    return await self._promote(ledger, live, booked, wanted, serving)
                case Stay() if live is not None:
                    return await self._stay(live, wanted)
                case other:
                    raise Unmoved(
                        "the alias stays where it is",
                        expected="a plan that can be carried out",
                        seen=str(other),
                        now="`python -m gate audit` tells what disagrees; mend it, then `pulumi up` again",
                    )

    async def _stay(self, live: Served, wanted: Wanted) -> Moved:
        """Nothing moves; the belt that serves is seen to be the one that it should be."""
        same(wanted.belt, wanted.declared, await wanted.probe())
        bar = bars.standing(self._book.ledger, self._store, live.serves.identity, self._lift)
        if bar is not None and bar.move == live.move:
            raise bars.still_serves(bar)
        try:
            arrival = await self._connections.leads_to(wanted.belt, self._limits.arrive)
        except NotArrivedError as error:
            raise Unmoved(
                f"the alias stays where it is, on {wanted.belt}",
                expected=error.expected,
                seen=error.seen,
                now="`python -m gate audit` tells what stands between; mend it, then run `pulumi up` again",
            ) from None
        self._leases.settle(live)
        return Moved(kind="verified", served=live, arrival=arrival, steps_back={})

    async def _roll_back(self, live: Served, to: Standing, wanted: Wanted) -> Moved:
        await self._connections.stands()
        within = self._limits.catch_up
        sight = await as_seen(wanted.belt, wanted.seen, to.heights, within=within)
        left = await seen_heights(self._probes, live.serves)
        with self._swap.expecting(to.belt):
            move = self._book.begin_rollback(live, to, sight.heights)
        back = replace(to, heights=sight.heights)
        after = live.rolled_back(back, since=now(), move=move)
        arrival = await self._swap.make(live, after, move)
        self._book.end_served(after, move, arrival)
        steps = steps_back(left, sight.heights)
        return Moved(kind="rolled back", served=after, arrival=arrival, steps_back=steps)

    async def _promote(
        self, ledger: Ledger, live: Served | None, booked: Booked, wanted: Wanted, serving: str | None
    ) -> Moved:
        target = wanted.target
        if bar := bars.standing(ledger, self._store, target.identity, self._lift):
            raise bars.refusal(bar)
        certificate = self._certificate(ledger, wanted)
        await self._connections.stands()
        seals = None if wanted.wire is None else await wanted.wire.tied()
        left = await self._goal(live, certificate, serving)
        goal = {chain: height for chain, height in left.items() if chain in certificate.heights}
        # Whose rows these are comes first: another belt's would be reported as a belt that has changed.
        arrived = await caught_up(wanted.belt, wanted.probe, goal, within=self._limits.catch_up)
        same(wanted.belt, wanted.declared, arrived)
        demand_unchanged(wanted.belt, await self._again.before(certificate))
        # Looked at last of all, so that as little as can be lies between it and the swap.
        recorded, within = certificate.heights, self._limits.catch_up
        sight = await caught_up(wanted.belt, wanted.probe, goal, recorded=recorded, within=within)
        same(wanted.belt, wanted.declared, sight)
        to = Standing(belt=target.belt, identity=target.identity, dial=target.dial, heights=sight.heights)
        leaves = self._book.leaves(live, booked)
        with self._swap.expecting(to.belt):
            move = self._book.begin_promotion(ledger, certificate, to, leaves)
        if live is None:
            after = first(to, since=now(), move=move, certificate=str(certificate.id))
        else:
            after = live.promoted(to, left=left, since=now(), move=move, certificate=str(certificate.id))
        if live is not None and live.serves.identity != booked.identity:
            # What the alias says of its past was written by nobody here: no way leads back over it.
            after = replace(after, behind=(), byways=())
        elif live is not None and self._break_ends is not None:
            after = after.broken(self._break_ends, at=datetime.now(UTC))
        arrival = await self._swap.make(live, after, move, seals)
        behind = await self._behind(live, after, move, wanted) if seals is None else None
        look = await self._again.after(certificate)
        if look.outcome is Outcome.FAILED:
            recovery = certificate.mode == "recovery"
            raise await self._way_back.refuted(after, move, look, recovery=recovery)
        look = look if behind is None else worst((behind, look))
        self._book.end_served(after, move, arrival, look)
        return Moved(kind="promoted", served=after, arrival=arrival, steps_back={}, look=look)

    def _certificate(self, ledger: Ledger, wanted: Wanted) -> Certificate:
        target = wanted.target
        found = ledger.certificate(target.belt, target.identity, self._policy) if self._policy else None
        if found is None:
            raise Unmoved(
                "the alias stays where it is",
                expected=f"a passed, unexpired and unused certificate for {target.belt} as it is now, "
                "by the policy that the stack names",
                seen="none in the ledger",
                now="run `pulumi up` on the gateway's stack; the gate runs there and certifies what passes",
            )
        return found

    async def _behind(self, before: Served | None, after: Served, move: int, wanted: Wanted) -> Seen:
        """Whether it is the belt that answers, where no seal says so; another one's answers put back."""
        left = None if before is None else before.serves.belt
        probe = None if left is None else self._probes.get(left)
        heights = await by_heights(self._connections.url, wanted.belt, wanted.probe, probe)
        rows = heights if heights.outcome is Outcome.FAILED else await self._again.behind(left)
        if rows.outcome is Outcome.FAILED:
            try:
                self._swap.put_back(before, after, move, str(rows))
            except AliasRefused as kept:
                raise Unmoved(
                    "the alias was moved, another belt answers, and it could not be put back",
                    expected=f"answers of {wanted.belt} behind the gateway, or {kept.expected}",
                    seen=f"{rows}; {kept.brief}",
                    now=kept.now,
                ) from None
            raise Unmoved(
                "the alias was put back",
                expected=f"answers of {wanted.belt} behind the gateway",
                seen=str(rows),
                now="find out who answers there, then run `pulumi up` again",
            )
        return either((heights, rows))

    async def _goal(self, live: Served | None, certificate: Certificate, serving: str | None) -> Heights:
        """What the candidate has to reach: where the serving belt is now, or was, if the gate saw it dead."""
        if serving is None:
            return {}
        if certificate.mode == "recovery" and live is not None:
            return await last_heights(self._probes.get(serving), live)
        if serving not in self._probes:
            raise Unmoved(
                "the alias stays where it is",
                expected=f"to see how far {serving} has come, which serves",
                seen="no way to look at it",
                now=f"`pulumi up --stack {serving}`, then run `pulumi up` on the gateway's stack again",
            )
        return (await self._probes[serving]()).heights


def demand_unchanged(belt: str, told: Seen) -> None:
    """Refuses a candidate that was not seen to hold what it was certified with."""
    if told.outcome is Outcome.PASSED:
        return
    found = "; ".join(told.advice) or "see why nobody could look"
    advice = f"{found}; then run `pulumi up` again"
    if told.outcome is Outcome.FAILED:
        advice = "find out what changed it, then run `pulumi up` again; the gate judges it anew"
    raise Unmoved(
        "the alias stays where it is",
        expected=f"{belt} to be seen to hold what it was certified with",
        seen=f"{told}",
        now=f"{advice}",
    )
