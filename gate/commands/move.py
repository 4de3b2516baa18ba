"""`python -m gate move`: moves the alias as the order on stdin wants it, with a certificate, or refuses."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from belts.reading.mistakes import MistakesError
from belts.refusal import Refusal
from gate.alias.byway import lasting
from gate.alias.confirm.confirmation import Again
from gate.alias.confirm.seen import Seen
from gate.alias.leases import Leases
from gate.alias.move import arrival
from gate.alias.move.arrival import Foreign
from gate.alias.move.writer import Limits, Moved, Writer
from gate.alias.order import order as orders
from gate.alias.order.elsewhere import demand_same_kind
from gate.alias.order.ledger_address import OWNER_VARIABLE
from gate.alias.order.order import Order, OrderRefused
from gate.alias.state import Served, encode, in_blocks
from gate.alias.store import AliasDamaged
from gate.amounts import amount
from gate.certify.judge import Unmade, book_of, told
from gate.commands.command import Command
from gate.commands.place import alias, place
from gate.commands.supervised import supervised
from gate.files import evidence_store, read_policy
from gate.ledger import Certificate, Ledger
from gate.observations.dial import Sealed
from gate.outcome import ExitCode
from gate.policy import Policy
from gate.policy.model import DEFAULT_SOAK
from gate.redact import Redactor
from gate.seals import at

INTERRUPTED = "it was interrupted; a move that had begun is finished or undone by the next `pulumi up`"
LEAST_SECONDS = 120.0
"""A move is given so long in any case: the way back does not depend on what a policy says."""


def _arguments(_parser: ArgumentParser) -> None:
    """All that it needs is in the order."""


def _run(_arguments: Namespace) -> int:
    order = orders.from_stdin(place, alias)
    if order is None:
        return ExitCode.REFUSED
    redactor = Redactor(order.secrets)

    async def bounded() -> int:
        try:
            if order.decommission:
                sys.stdout.write(f"{json.dumps(encode(_as_it_is(order)))}\n")
                return ExitCode.PASSED
            moved = await _move(order)
        except Refusal as refusal:
            sys.stderr.write(f"{redactor.lines(str(refusal))}\n")
            return ExitCode.REFUSED
        sys.stderr.write(f"{_words(moved)}\n")
        sys.stdout.write(f"{json.dumps(encode(moved.served))}\n")
        return ExitCode.PASSED

    seconds = max(LEAST_SECONDS, order.deadline.total_seconds())
    if order.elsewhere is not None:
        seconds += order.elsewhere.alias.longest.total_seconds()
    return supervised(bounded, seconds=seconds, redactor=redactor, name="gate move", interrupted=INTERRUPTED)


def _as_it_is(order: Order) -> Served:
    """The alias of a gateway that is to end: it goes nowhere any more."""
    try:
        live = order.alias.record()
    except AliasDamaged:
        live = None
    if live is None:
        raise OrderRefused(
            "there is no alias to end",
            expected="an alias that leads to a belt",
            seen="none that can be read",
            now="`pulumi config rm decommission`, and `pulumi up` to make one",
        )
    return live


UNMADE = OrderRefused(
    "the alias stays where it is",
    expected="a ledger with the tables of this version",
    seen="one without tables",
    now=f"{OWNER_VARIABLE}=… `python -m gate ledger --role NAME`, then `pulumi up` again",
)


async def _move(order: Order) -> Moved:
    demand_same_kind(order.alias, order.elsewhere, order.author.stack)
    async with AsyncExitStack() as stack:
        book, policy = book_of(order, stack, preview=False), _policy(order)
        foreign = await _foreign(order)
        connections = await stack.enter_async_context(arrival.opened(order.url, foreign=foreign))
        writer = Writer(
            store=order.alias,
            ledger=book if isinstance(book, Ledger) else None,
            lost=UNMADE if isinstance(book, Unmade) else told(book),
            policy=policy.digest if policy else None,
            connections=connections,
            leases=Leases(
                gateway=order.author.gateway, place=order.place, soak=policy.soak if policy else DEFAULT_SOAK
            ),
            others=order.others,
            again=Later(order, policy),
            lift=order.lift,
            limits=Limits() if order.elsewhere is None else Limits(arrive=order.elsewhere.alias.arrive),
            break_ends=policy.waivers.break_ends(datetime.now(UTC)) if policy else None,
        )
        return await writer.move(order.wanted)


async def _foreign(order: Order) -> Foreign | None:
    """How belts are told apart through an alias that puts no name on an answer: by what each seals with."""
    if order.elsewhere is None:
        return None
    wires = [belt.wire for belt in (order.wanted, *order.others.values()) if belt.wire is not None]
    known = {wire.belt: wire.seals for wire in wires if await at(wire.graphql, wire.seals) is Sealed.FITS}
    return Foreign(writer=order.elsewhere.digest, known=known)


@dataclass(frozen=True, slots=True)
class Later:
    """Proves the candidate again, loaded when that is needed: a rollback does not wait for it."""

    order: Order
    policy: Policy | None

    async def before(self, certificate: Certificate) -> Seen:
        return await self._again().before(certificate)

    async def after(self, certificate: Certificate) -> Seen:
        return await self._again().after(certificate)

    async def behind(self, left: str | None) -> Seen:
        return await self._again().behind(left)

    def _again(self) -> Again:
        from gate.alias.confirm.against_certificate import AgainstCertificate, Candidate  # noqa: PLC0415

        wanted, order = self.order.wanted, self.order
        candidate = Candidate(
            belt=wanted.belt, declared=wanted.declared, probe=wanted.probe, doors=order.upstream.doors
        )
        # One that cannot be read is told as what it is, to whoever needs it.
        policy = self.policy or read_policy(order.policy, os.environ)
        return AgainstCertificate(
            candidate=candidate,
            policy=policy,
            deadline=order.deadline,
            alias=order.url,
            others={belt.belt: belt.doors for belt in order.belts},
            cache=evidence_store(os.environ),
        )


def _policy(order: Order) -> Policy | None:
    """By what a certificate must have been given, and how long the belt that is left must stay.

    A way back does without: it does not wait for a policy that can be read.
    """
    try:
        return read_policy(order.policy, os.environ)
    except MistakesError:
        return None


def _words(moved: Moved) -> str:
    belt = moved.served.serves.belt
    told = f"{belt} serves: {moved.kind}; the gateway gave {amount(moved.arrival.asked, 'answer')}, "
    told += f"{moved.arrival.elsewhere} of them from elsewhere"
    if moved.arrival.atomicity is not None:
        told += f"; {moved.arrival.atomicity.words}"
    if moved.look is not None:
        told += f"; looked at once more, it {moved.look.outcome.words}: {moved.look}"
    if moved.steps_back:
        told += f"; consumers step back {in_blocks(moved.steps_back)}"
    for each in lasting(moved.served.byways, datetime.now(UTC)):
        told += f"; {each.line.words}"
    return told


COMMAND = Command(name="move", help="move the alias, with a certificate", arguments=_arguments, run=_run)
