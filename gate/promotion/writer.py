"""Moves the alias: the second layer, which demands a certificate whatever the program above it says.

The order is what makes a crash harmless: certificate recorded, heights looked at once more, move recorded,
alias swapped, arrival seen on every connection, result recorded. Whoever comes next finds the move without a
result, sees by the alias how far it got, and finishes or undoes it.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from belts.lease import BeltGoing
from gate import alias
from gate.ledger import Certificate, Entry, Kind, Ledger, LedgerUnreachable, Move, Result
from gate.promotion import subscribers
from gate.promotion.arrival import Arrival, Door, NotArrivedError
from gate.promotion.leases import Leases
from gate.promotion.plan import Booked, Impossible, Promotion, Rollback, Stay, Target, plan, reckon
from gate.promotion.resurrection import last_heights
from gate.promotion.served import Heights, Served, Standing, first, identity_digest
from gate.promotion.sight import Eyes, caught_up, not_behind, same, seen_heights, steps_back


class Unmoved(Exception):
    """The alias was not moved, or was put back; the text says what was expected, seen, and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """The belt that is to serve: what its stack declares, and the eyes that see what it is."""

    belt: str
    dial: str
    declared: Mapping[str, Any]
    eyes: Eyes

    @property
    def target(self) -> Target:
        return Target(belt=self.belt, identity=identity_digest(self.declared), dial=self.dial)


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


class Writer:
    """The one writer of one gateway's alias."""

    def __init__(
        self,
        *,
        gateway: str,
        directory: Path,
        ledger: Ledger | None,
        door: Door,
        leases: Leases,
        eyes: Mapping[str, Eyes],
        limits: Limits,
    ) -> None:
        """`ledger` is None while it cannot be reached; `eyes` see the other belts, by name."""
        self._gateway = gateway
        self._directory = directory
        self._ledger = ledger
        self._door = door
        self._leases = leases
        self._eyes = eyes
        self._limits = limits

    async def move(self, wanted: Wanted) -> Moved:
        """Makes `wanted` the serving belt, or raises `Unmoved` with the alias where it was."""
        with self._alone():
            await self._finish()
            live = alias.found(self._directory)
            booked = self._caught_up(live)
            match plan(live, booked, wanted.target):
                case Impossible() as impossible:
                    raise Unmoved(str(impossible))
                case Rollback(to=to) if live is not None:
                    return await self._roll_back(live, to, wanted)
                case Promotion(serving=serving) if booked is not None and self._ledger is not None:
                    return await self._promote(self._ledger, live, booked, wanted, serving)
                case Stay() if live is not None:
                    return await self._stay(live, wanted)
                case other:
                    raise Unmoved(f"the alias stays where it is: there is no way to carry out {other}")

    async def _stay(self, live: Served, wanted: Wanted) -> Moved:
        """Nothing moves; the belt that serves is seen to be the one that it should be."""
        same(wanted.belt, wanted.declared, await wanted.eyes())
        try:
            arrival = await self._door.leads_to(wanted.belt, self._limits.arrive)
        except NotArrivedError as error:
            raise Unmoved(
                f"the alias stays where it is, on {wanted.belt}\n  {error}\n"
                "  now: `python -m gate audit` tells what stands between; mend it, then run `pulumi up` again"
            ) from None
        self._leases.settle(live)
        return Moved(kind="verified", served=live, arrival=arrival, steps_back={})

    async def _roll_back(self, live: Served, to: Standing, wanted: Wanted) -> Moved:
        await self._door.stands()
        sight = await wanted.eyes()
        same(wanted.belt, wanted.declared, sight)
        not_behind(wanted.belt, sight.heights, to.heights)
        now = await seen_heights(self._eyes, live.serves)
        move = self._begin_rollback(live, to, sight.heights)
        back = replace(to, heights=sight.heights)
        after = live.rolled_back(back, since=_now(), move=move)
        arrival = await self._make(live, after, move)
        steps = steps_back(now, sight.heights)
        return Moved(kind="rolled back", served=after, arrival=arrival, steps_back=steps)

    async def _promote(
        self, ledger: Ledger, live: Served | None, booked: Booked, wanted: Wanted, serving: str | None
    ) -> Moved:
        target = wanted.target
        certificate = ledger.certificate(target.belt, target.identity)
        if certificate is None:
            raise Unmoved(
                "the alias stays where it is\n"
                f"  expected: a passed, unexpired and unused certificate for {target.belt} as it is now\n"
                "  seen: none in the ledger\n"
                "  now: run `pulumi up` on the gateway's stack; the gate runs there and certifies what passes"
            )
        await self._door.stands()
        left = await self._goal(live, certificate, serving)
        goal = {chain: height for chain, height in left.items() if chain in certificate.heights}
        sight = await caught_up(wanted.belt, wanted.eyes, goal, within=self._limits.catch_up)
        same(wanted.belt, wanted.declared, sight)
        not_behind(wanted.belt, sight.heights, certificate.heights)
        to = Standing(belt=target.belt, identity=target.identity, dial=target.dial, heights=sight.heights)
        leaves = self._leaves(ledger, live, booked)
        move = ledger.begin(
            Move(
                kind=Kind.PROMOTION,
                certificate=certificate.id,
                belt=to.belt,
                identity=to.identity,
                from_belt=leaves.belt,
                from_identity=leaves.identity,
                heights=to.heights,
            )
        )
        if live is None:
            after = first(to, since=_now(), move=move, certificate=str(certificate.id))
        else:
            after = live.promoted(to, left=left, since=_now(), move=move, certificate=str(certificate.id))
        if live is not None and live.serves.identity != booked.identity:
            # What the alias says of its past was written by nobody here: no way leads back over it.
            after = replace(after, behind=())
        arrival = await self._make(live, after, move)
        return Moved(kind="promoted", served=after, arrival=arrival, steps_back={})

    async def _make(self, before: Served | None, after: Served, move: int | None) -> Arrival:
        """Swaps, and waits for the gateway to follow; where it does not, puts everything back."""
        try:
            self._leases.expect(after)
            alias.swap(self._directory, gateway=self._gateway, served=after)
        except BeltGoing as going:
            self._end(move, Result.UNDONE, "the belt was being removed")
            raise Unmoved(f"the alias stays where it is: {going}") from None
        except OSError as error:
            raise self._unwritten(before, after, move, error.strerror or type(error).__name__) from None
        try:
            arrival = await self._door.leads_to(after.serves.belt, self._limits.arrive)
        except NotArrivedError as error:
            self._put_back(before, after, move, str(error))
            raise Unmoved(f"the alias was put back: {error}") from None
        self._leases.settle(after)
        subscribers.follow(self._leases.hosts, after)
        self._end(move, Result.SERVED, f"{arrival.asked} answers, {arrival.elsewhere} of them from elsewhere")
        return arrival

    def _unwritten(self, before: Served | None, after: Served, move: int | None, why: str) -> Unmoved:
        """A disk that is full or broken: where the alias is as it was, the move is over."""
        if alias.found(self._directory) != before:
            return Unmoved(
                f"{after.serves.belt} serves, and nobody knows whether the disk keeps that ({why})\n"
                "  now: see to the disk, then run `pulumi up` again: it finishes the move or undoes it"
            )
        self._leases.forget(after.serves.belt)
        self._end(move, Result.UNDONE, f"the alias could not be written: {why}")
        return Unmoved(
            "the alias stays where it is\n"
            f"  expected: to write {self._directory}\n  seen: {why}\n"
            "  now: make room there, then run `pulumi up` again"
        )

    def _put_back(self, before: Served | None, after: Served, move: int | None, why: str) -> None:
        if before is None:
            alias.clear(self._directory, gateway=self._gateway)
        else:
            alias.swap(self._directory, gateway=self._gateway, served=before)
        self._leases.forget(after.serves.belt)
        if before is not None:
            self._leases.settle(before)
        subscribers.send_away(self._leases.hosts, after.serves)
        self._end(move, Result.UNDONE, why)

    async def _finish(self) -> None:
        """Ends a move that was interrupted: by the alias it is seen how far it got."""
        last = self._ledger.last() if self._ledger is not None else None
        if last is None or last.result is not None:
            return
        live = alias.found(self._directory)
        if live is None or live.move != last.seq:
            self._end(last.seq, Result.UNDONE, "interrupted before the alias was swapped")
            return
        try:
            await self._door.leads_to(live.serves.belt, self._limits.arrive)
        except NotArrivedError as error:
            self._put_back(live.undone(since=_now()), live, last.seq, f"interrupted, and {error}")
        else:
            self._leases.settle(live)
            subscribers.follow(self._leases.hosts, live)
            self._end(last.seq, Result.SERVED, "interrupted after the alias was swapped, and finished")

    def _caught_up(self, live: Served | None) -> Booked | None:
        """Who serves by the ledger, after a rollback that was made without it has been booked."""
        if self._ledger is None:
            return None
        serving = self._ledger.serving()
        if live is not None and serving is not None and live.unbooked_since(serving.identity):
            self._book_late(self._ledger, live, serving)
        return reckon(live, last=self._ledger.last(), serving=serving)

    def _leaves(self, ledger: Ledger, live: Served | None, booked: Booked) -> Booked:
        """The belt that a promotion leaves; one that nobody here moved to is first told as it was found."""
        if live is None or live.serves.identity == booked.identity:
            return booked
        self._book_found(ledger, live, booked)
        return Booked(belt=live.serves.belt, identity=live.serves.identity)

    def _begin_rollback(self, live: Served, to: Standing, heights: Heights) -> int | None:
        """The number of a rollback; None while the ledger does not answer: the way back does not wait."""
        if self._ledger is None:
            return None
        try:
            return self._ledger.begin(_rollback(live.serves, to, heights))
        except LedgerUnreachable:
            return None

    def _end(self, move: int | None, result: Result, detail: str) -> None:
        if self._ledger is not None and move is not None:
            self._ledger.end(move, result, detail)

    @staticmethod
    def _book_late(ledger: Ledger, live: Served, entry: Entry) -> None:
        left = Standing(belt=entry.belt, identity=entry.identity, dial="", heights=entry.heights)
        late = replace(
            _rollback(left, live.serves, live.serves.heights), moved_at=datetime.fromisoformat(live.since)
        )
        ledger.end(ledger.begin(late), Result.SERVED, "made while the ledger did not answer")

    @staticmethod
    def _book_found(ledger: Ledger, live: Served, booked: Booked) -> None:
        """What nobody here did is told as it was found, so that the way on begins at the truth."""
        found = Move(
            kind=Kind.FOUND,
            certificate=None,
            belt=live.serves.belt,
            identity=live.serves.identity,
            from_belt=booked.belt,
            from_identity=booked.identity,
            heights=live.serves.heights,
        )
        ledger.end(ledger.begin(found), Result.SERVED, "found at the alias, moved by nobody here")

    async def _goal(self, live: Served | None, certificate: Certificate, serving: str | None) -> Heights:
        """What the candidate has to reach: where the serving belt is now, or was, if the gate saw it dead."""
        if serving is None:
            return {}
        if certificate.mode == "recovery" and live is not None:
            return await last_heights(self._eyes.get(serving), live)
        if serving not in self._eyes:
            raise Unmoved(
                "the alias stays where it is\n"
                f"  expected: to see how far {serving} has come, which serves\n  seen: no way to look at it\n"
                f"  now: `pulumi up --stack {serving}`, then run `pulumi up` on the gateway's stack again"
            )
        return (await self._eyes[serving]()).heights

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(alias.alone(self._directory, gateway=self._gateway))
            if self._ledger is not None:
                stack.enter_context(self._ledger.alone())
            yield


def _rollback(source: Standing, to: Standing, heights: Heights) -> Move:
    return Move(
        kind=Kind.ROLLBACK,
        certificate=None,
        belt=to.belt,
        identity=to.identity,
        from_belt=source.belt,
        from_identity=source.identity,
        heights=heights,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
