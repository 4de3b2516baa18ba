"""`python -m gate decommission`: ends a gateway: nobody is served any more, and no belt is held for it."""

import sys
from argparse import ArgumentParser, Namespace

from belts import lease
from gate import alias
from gate.alias import AliasRefused
from gate.commands.command import Command
from gate.outcome import ExitCode
from gate.promotion import order as orders
from gate.promotion.order import Order, OrderRefused
from gate.redact import Redactor


def _arguments(_parser: ArgumentParser) -> None:
    """All that it needs is in the order."""


def _run(_arguments: Namespace) -> int:
    order = orders.from_stdin()
    if order is None:
        return ExitCode.REFUSED
    try:
        decommission(order)
    except (OrderRefused, AliasRefused) as refusal:
        sys.stderr.write(f"{Redactor(order.secrets).lines(str(refusal))}\n")
        return ExitCode.REFUSED
    return ExitCode.PASSED


def decommission(order: Order) -> None:
    """Ends it in this order: while a consumer could still be served, the belts are held."""
    gateway = order.occasion.gateway
    if not order.decommission:
        raise OrderRefused(
            f"{gateway} stays\n  expected: a stack that says the gateway is to end\n"
            f"  seen: `decommission` is not set on stack {order.occasion.stack}\n"
            f"  now: `pulumi config set decommission true --stack {order.occasion.stack}`, `pulumi up`, then "
            "`pulumi destroy --run-program`"
        )
    alias.remove(order.directory, gateway=gateway)
    for home in sorted(path for path in order.hosts.glob("*") if path.is_dir()):
        lease.release(home, gateway=gateway)


COMMAND = Command(
    name="decommission",
    help="end the gateway that the order on stdin describes",
    arguments=_arguments,
    run=_run,
)
