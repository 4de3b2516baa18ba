"""`python -m gate report`: renders the gate's report that is stored with a verdict, in any form."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from gate.alias.order.ledger_address import LEDGER_VARIABLE, address
from gate.commands.command import Command
from gate.commands.place import place, runtime_argument
from gate.commands.refused import refused
from gate.ledger import Author, LedgerError, reading
from gate.outcome import ExitCode
from gate.redact import Redactor
from gate.report import Document, Format, render

NUMBER = "0123456789abcdef-"
NAMED = "`python -m gate history` names the verdicts by which belts moved"


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "verdict", nargs="?", default="", metavar="VERDICT", help="its number, or how it begins"
    )
    parser.add_argument("--gateway", default="gateway", metavar="NAME", help="whose gate")
    parser.add_argument("--root", type=Path, default=Path(".belts/hosts"), help="the directory of the belts")
    runtime_argument(parser)
    parser.add_argument("--format", choices=[form.value for form in Format], default=Format.TEXT.value)
    parser.add_argument("--full", action="store_true", help="show every point, row and value in the text")
    parser.epilog = (
        "Without a number, the newest verdict that an update recorded. "
        f"A ledger of your own is named by its URL in the environment variable {LEDGER_VARIABLE}."
    )


def _run(arguments: Namespace) -> int:
    beginning = arguments.verdict.lower()
    if not set(beginning) <= set(NUMBER):
        return refused(
            "report",
            ExitCode.USAGE,
            expected="the number of a verdict, or how it begins",
            seen=repr(arguments.verdict),
            now=NAMED,
        )
    try:
        url = address(place(arguments.root.resolve(), arguments.runtime), arguments.gateway, os.environ)
        author = Author(gateway=arguments.gateway, stack=arguments.gateway, who="a reader")
        with reading(url.reveal(), author) as ledger:
            found = ledger.verdicts(beginning=beginning, newest=2)
    except LedgerError as error:
        sys.stderr.write(f"{Redactor(()).lines(str(error))}\n")
        return ExitCode.COULD_NOT_TELL
    if not found or (beginning and len(found) > 1):
        return refused(
            "report",
            ExitCode.COULD_NOT_TELL,
            expected="one verdict",
            seen=f"several that begin with {beginning}" if found else "no such verdict in the ledger",
            now=NAMED,
        )
    sys.stdout.write(render(_document(found[0].report), Format(arguments.format), full=arguments.full))
    return ExitCode.PASSED


def _document(kept: Mapping[str, Any]) -> Document:
    """The report without what a certificate records of its belt."""
    return cast("Document", {key: value for key, value in kept.items() if key != "state"})


COMMAND = Command(
    name="report", help="what the gate said, as it is kept with a verdict", arguments=_arguments, run=_run
)
