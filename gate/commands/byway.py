"""`python -m gate byway`: lists, opens and closes the paths on which consumers name a belt themselves."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from belts.reading.mistakes import MistakesError
from belts.refusal import Refusal
from belts.spec.gateway import alias_of
from gate.alias import byway
from gate.alias.move.own_paths import OwnPaths
from gate.alias.order.ledger_address import LEDGER_VARIABLE, address
from gate.alias.state import Served
from gate.commands.command import Command
from gate.commands.place import alias, place, runtime_argument
from gate.files import read_policy
from gate.ledger import Author, reading
from gate.outcome import ExitCode
from gate.redact import Redactor


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--gateway", default="gateway", metavar="NAME", help="which gateway")
    parser.add_argument(
        "--root", type=Path, default=Path(".belts/hosts"), metavar="DIR", help="the directory of the belts"
    )
    runtime_argument(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--open",
        type=Path,
        metavar="POLICY",
        help="open the serving belt's while a waiver of this is in force",
    )
    what.add_argument("--close", metavar="BELT", help="close this belt's")
    parser.add_argument("--json", action="store_true", help="as data")
    parser.epilog = f"A ledger of your own is named by its URL in the environment variable {LEDGER_VARIABLE}."


def _run(arguments: Namespace) -> int:
    own = os.environ.get(LEDGER_VARIABLE)
    redactor = Redactor([unquote(urlsplit(own).password or "")] if own else ())
    try:
        served = _done(arguments)
    except MistakesError as mistakes:
        sys.stderr.write(f"gate byway: {redactor.lines(str(mistakes))}\n")
        return ExitCode.USAGE
    except Refusal as refusal:
        sys.stderr.write(f"{redactor.lines(str(refusal))}\n")
        return ExitCode.REFUSED
    found = byway.lasting(served.byways, datetime.now(UTC)) if served else ()
    if arguments.json:
        sys.stdout.write(f"{json.dumps(byway.encode(found))}\n")
    else:
        lines = [each.line.words for each in found] or ["no belt has a path of its own"]
        sys.stdout.write("".join(f"{line}\n" for line in lines))
    return ExitCode.PASSED


def _done(arguments: Namespace) -> Served | None:
    root, gateway = arguments.root.resolve(), arguments.gateway
    paths = OwnPaths(store=alias(alias_of(root / gateway), gateway, arguments.runtime))
    if arguments.close:
        return paths.close(arguments.close)
    if arguments.open is None:
        return paths.store.read()
    until = read_policy(arguments.open, os.environ).waivers.break_ends(datetime.now(UTC))
    url = address(place(root, arguments.runtime), gateway, os.environ)
    author = Author(gateway=gateway, stack=gateway, who="who opens a byway")
    with reading(url.reveal(), author) as ledger:
        return paths.open(until, ledger)


COMMAND = Command(
    name="byway",
    help="list, open and close the paths on which consumers name a belt themselves",
    arguments=_arguments,
    run=_run,
)
