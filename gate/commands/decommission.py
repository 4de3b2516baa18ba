"""`python -m gate decommission`: ends a gateway, so that it no longer serves or holds a belt."""

import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

from belts.refusal import Refusal
from gate.alias.order import order as orders
from gate.alias.order.order import Order, OrderRefused
from gate.commands.command import Command
from gate.commands.place import alias, place
from gate.outcome import ExitCode
from gate.redact import Redactor


def _arguments(_parser: ArgumentParser) -> None:
    """There are none: everything is in the order."""


def _run(_arguments: Namespace) -> int:
    order = orders.from_stdin(place, alias)
    if order is None:
        return ExitCode.REFUSED
    try:
        decommission(order)
    except Refusal as refusal:
        sys.stderr.write(f"{Redactor(order.secrets).lines(str(refusal))}\n")
        return ExitCode.REFUSED
    return ExitCode.PASSED


def decommission(order: Order) -> None:
    """Ends a gateway in this order: the belts stay held while a consumer could still be served."""
    gateway = order.author.gateway
    if not order.decommission:
        raise OrderRefused(
            f"{gateway} stays",
            expected="a stack that says the gateway is to end",
            seen=f"`decommission` is not set on stack {order.author.stack}",
            now=f"`pulumi config set decommission true --stack {order.author.stack}`, `pulumi up`, then "
            "`pulumi destroy --run-program`",
        )
    order.alias.remove()
    order.place.end(gateway=gateway, at=datetime.now(UTC))


COMMAND = Command(
    name="decommission",
    help="end the gateway that the order on stdin describes",
    arguments=_arguments,
    run=_run,
)
