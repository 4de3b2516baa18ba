"""`python -m gate ledger`: makes the tables of a ledger of your own, and lets the gateway's role in."""

import os
import sys
from argparse import ArgumentParser, Namespace

from gate.alias.order.ledger_address import OWNER_VARIABLE
from gate.commands.command import Command
from gate.commands.refused import refused
from gate.ledger import LedgerError, prepare
from gate.outcome import ExitCode
from gate.redact import Redactor, secrets_of_url


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--role", required=True, metavar="NAME", help="whom the gateway's ledgerUrl names")
    parser.epilog = (
        f"The URL of the database's owner comes in the environment variable {OWNER_VARIABLE}. The role may "
        "read the tables and call the functions that check what is written, and nothing else."
    )


def _run(arguments: Namespace) -> int:
    url = os.environ.get(OWNER_VARIABLE)
    if not url:
        return refused(
            "ledger",
            ExitCode.USAGE,
            expected=f"the URL of the ledger's owner in the environment variable {OWNER_VARIABLE}",
            seen="none there",
            now="set it for this command alone: it is not kept",
        )
    try:
        prepare(url, role=arguments.role)
    except LedgerError as error:
        sys.stderr.write(f"gate ledger: {Redactor(secrets_of_url(url)).lines(str(error))}\n")
        return ExitCode.COULD_NOT_TELL
    sys.stdout.write(f"the ledger is as this version of Belts needs it, and {arguments.role} is let in\n")
    return ExitCode.PASSED


COMMAND = Command(
    name="ledger", help="make the tables of a ledger of your own", arguments=_arguments, run=_run
)
