"""`python -m gate judge`: tells whether the alias may be moved, without moving it; used by the hook."""

import sys
from argparse import ArgumentParser, Namespace

from belts.refusal import Refusal
from gate.alias.order import order as orders
from gate.certify.judge import judge
from gate.commands.command import Command
from gate.commands.place import alias, place
from gate.commands.supervised import supervised
from gate.outcome import ExitCode
from gate.redact import Redactor


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--preview", action="store_true", help="record nothing: no verdict, and so no certificate"
    )


def _run(arguments: Namespace) -> int:
    order = orders.from_stdin(place, alias)
    if order is None:
        return ExitCode.REFUSED
    redactor = Redactor(order.secrets)

    async def bounded() -> int:
        try:
            judgement = await judge(order, preview=arguments.preview)
        except Refusal as refusal:
            sys.stderr.write(f"{redactor.lines(str(refusal))}\n")
            return ExitCode.REFUSED
        (sys.stdout if judgement.code is ExitCode.PASSED else sys.stderr).write(f"{judgement.text}\n")
        return judgement.code

    return supervised(bounded, seconds=order.deadline.total_seconds(), redactor=redactor, name="gate judge")


COMMAND = Command(
    name="judge",
    help="say whether the alias may be moved as the order on stdin wants it",
    arguments=_arguments,
    run=_run,
)
