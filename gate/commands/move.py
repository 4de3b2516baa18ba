"""`python -m gate move`: moves the alias as the order on stdin wants it, with a certificate, or refuses."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from contextlib import AsyncExitStack
from datetime import timedelta

from gate import alias
from gate.alias import AliasRefused
from gate.commands.command import Command
from gate.commands.supervised import supervised
from gate.files import read_policy
from gate.ledger import LedgerError
from gate.outcome import ExitCode
from gate.policy.model import DEFAULT_SOAK
from gate.promotion import arrival
from gate.promotion import order as orders
from gate.promotion.arrival import NobodyThereError
from gate.promotion.judge import ledger_of
from gate.promotion.leases import Leases
from gate.promotion.order import Order, OrderRefused
from gate.promotion.served import Served, encode, in_blocks
from gate.promotion.sight import UnprovedError
from gate.promotion.writer import Limits, Moved, Unmoved, Writer
from gate.reading import MistakesError
from gate.redact import Redactor

LONGEST_SECONDS = 120.0
REFUSALS = (
    OrderRefused,
    AliasRefused,
    LedgerError,
    UnprovedError,
    MistakesError,
    NobodyThereError,
    Unmoved,
)


def _arguments(_parser: ArgumentParser) -> None:
    """All that it needs is in the order."""


def _run(_arguments: Namespace) -> int:
    order = orders.from_stdin()
    if order is None:
        return ExitCode.REFUSED
    redactor = Redactor(order.secrets)

    async def bounded() -> int:
        try:
            if order.decommission:
                sys.stdout.write(f"{json.dumps(encode(_as_it_is(order)))}\n")
                return ExitCode.PASSED
            moved = await _move(order)
        except REFUSALS as refusal:
            sys.stderr.write(f"{redactor.lines(str(refusal))}\n")
            return ExitCode.REFUSED
        sys.stderr.write(f"{_words(moved)}\n")
        sys.stdout.write(f"{json.dumps(encode(moved.served))}\n")
        return ExitCode.PASSED

    return supervised(bounded, seconds=LONGEST_SECONDS, redactor=redactor)


def _as_it_is(order: Order) -> Served:
    """The alias of a gateway that is to end: it goes nowhere any more."""
    live = alias.found(order.directory)
    if live is None:
        raise OrderRefused(
            "there is no alias to end\n"
            "  expected: an alias that leads to a belt\n  seen: none that can be read\n"
            "  now: `pulumi config rm decommission`, and `pulumi up` to make one"
        )
    return live


async def _move(order: Order) -> Moved:
    async with AsyncExitStack() as stack:
        with_ledger = ledger_of(order, stack)
        door = await stack.enter_async_context(arrival.opened(order.url))
        writer = Writer(
            gateway=order.occasion.gateway,
            directory=order.directory,
            ledger=with_ledger,
            door=door,
            leases=Leases(gateway=order.occasion.gateway, hosts=order.hosts, soak=_soak(order)),
            eyes=order.eyes,
            limits=Limits(),
        )
        return await writer.move(order.upstream.wanted)


def _soak(order: Order) -> timedelta:
    """How long the belt that is left must stay; a rollback does not wait for a policy that can be read."""
    try:
        return read_policy(order.policy, os.environ).soak
    except MistakesError:
        return DEFAULT_SOAK


def _words(moved: Moved) -> str:
    belt = moved.served.serves.belt
    told = f"{belt} serves: {moved.kind}; the gateway gave {moved.arrival.asked} answers, "
    told += f"{moved.arrival.elsewhere} of them from elsewhere"
    if moved.steps_back:
        told += f"; consumers step back {in_blocks(moved.steps_back)}"
    return told


COMMAND = Command(name="move", help="move the alias, with a certificate", arguments=_arguments, run=_run)
