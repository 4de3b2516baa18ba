"""`python -m gate move`: moves the alias as the order on stdin wants it, with a certificate, or refuses."""

import json
import sys
from argparse import ArgumentParser, Namespace
from contextlib import AsyncExitStack

from gate import alias
from gate.alias import AliasRefused
from gate.commands.command import Command
from gate.commands.supervised import supervised
from gate.ledger import LedgerError
from gate.outcome import ExitCode
from gate.promotion import arrival
from gate.promotion import order as orders
from gate.promotion.judge import ledger_of
from gate.promotion.leases import Leases
from gate.promotion.order import Order, OrderRefused
from gate.promotion.served import encode
from gate.promotion.sight import UnprovedError
from gate.promotion.writer import Limits, Moved, Unmoved, Writer
from gate.reading import MistakesError
from gate.redact import Redactor

LONGEST_SECONDS = 120.0


def _arguments(_parser: ArgumentParser) -> None:
    """All that it needs is in the order."""


def _run(_arguments: Namespace) -> int:
    redactor = Redactor(())

    async def bounded() -> int:
        try:
            moved = await _move(orders.parse(sys.stdin.read()))
        except (OrderRefused, AliasRefused, LedgerError, UnprovedError, MistakesError, Unmoved) as refusal:
            sys.stderr.write(f"{redactor.text(str(refusal))}\n")
            return ExitCode.REFUSED
        sys.stderr.write(f"{_words(moved)}\n")
        sys.stdout.write(f"{json.dumps(encode(moved.served))}\n")
        return ExitCode.PASSED

    return supervised(bounded, seconds=LONGEST_SECONDS, redactor=redactor)


async def _move(order: Order) -> Moved:
    async with AsyncExitStack() as stack:
        with_ledger = ledger_of(order, stack)
        door = await stack.enter_async_context(arrival.opened(order.url))
        live = alias.read(order.directory)
        serving = None if live is None else order.belt(live.serves.belt)
        writer = Writer(
            gateway=order.occasion.gateway,
            directory=order.directory,
            ledger=with_ledger,
            door=door,
            leases=Leases(gateway=order.occasion.gateway, hosts=order.hosts, soak=order.soak),
            serving=None if serving is None else serving.eyes,
            limits=Limits(),
        )
        return await writer.move(order.upstream.wanted)


def _words(moved: Moved) -> str:
    belt = moved.served.serves.belt
    told = f"{belt} serves: {moved.kind}; the gateway gave {moved.arrival.asked} answers, "
    told += f"{moved.arrival.elsewhere} of them from elsewhere"
    if moved.steps_back:
        steps = ", ".join(f"{step} blocks on chain {chain}" for chain, step in moved.steps_back.items())
        told += f"; consumers step back {steps}"
    return told


COMMAND = Command(name="move", help="move the alias, with a certificate", arguments=_arguments, run=_run)
