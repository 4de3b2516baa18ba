"""`python -m gate ledger`: makes the tables of a ledger, exports it to a file, and imports it from one."""

import os
import sys
from argparse import ArgumentParser, Namespace
from contextlib import nullcontext
from pathlib import Path

from gate.alias.order.ledger_address import LEDGER_VARIABLE, OWNER_VARIABLE, ROLE, address, owner_of_place
from gate.commands.command import Command
from gate.commands.place import place, runtime_argument
from gate.commands.refused import refused
from gate.ledger import LedgerError, LedgerRefused, LedgerUnreachable, backup, prepare
from gate.outcome import ExitCode
from gate.redact import Redactor, secrets_of_url
from gate.secret import Secret


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="?",
        choices=("prepare", "dump", "restore"),
        default="prepare",
        help="make the tables and let --role in (the default); write it to stdout; fill an empty one",
    )
    parser.add_argument("file", nargs="?", type=Path, help="restore: what `dump` wrote (default: stdin)")
    parser.add_argument("--role", metavar="NAME", help="whom the gateway's ledgerUrl names")
    parser.add_argument("--gateway", default="gateway", metavar="NAME", help="whose ledger, where it runs")
    parser.add_argument("--root", type=Path, default=Path(".belts/hosts"), help="the directory of the belts")
    runtime_argument(parser)
    parser.epilog = (
        f"A ledger of your own is named in the environment: {LEDGER_VARIABLE} for dump, and for the rest "
        f"{OWNER_VARIABLE}, the URL of the database's owner, with --role. The role may read the tables and "
        "call the functions that check what is written, and nothing else."
    )


def _run(arguments: Namespace) -> int:
    try:
        return {"prepare": _prepare, "dump": _dump, "restore": _restore}[arguments.what](arguments)
    except LedgerRefused as error:
        return _said(error, ExitCode.REFUSED)
    except LedgerError as error:
        return _said(error, ExitCode.COULD_NOT_TELL)


def _prepare(arguments: Namespace) -> int:
    url = os.environ.get(OWNER_VARIABLE)
    if not url or not arguments.role:
        return refused(
            "ledger",
            ExitCode.USAGE,
            expected=f"the URL of the ledger's owner in the environment, {OWNER_VARIABLE}, and --role",
            seen="no --role" if url else "none there",
            now="set it for this command alone, it is not kept, and name the gateway's role",
        )
    prepare(url, role=arguments.role)
    sys.stdout.write(f"the ledger is as this version of Belts needs it, and {arguments.role} is let in\n")
    return ExitCode.PASSED


def _dump(arguments: Namespace) -> int:
    where = place(arguments.root.resolve(), arguments.runtime)
    made = backup.dump(address(where, arguments.gateway, os.environ).reveal(), sys.stdout.buffer)
    sys.stderr.write(f"gate ledger: dumped {made}\n")
    return ExitCode.PASSED


def _restore(arguments: Namespace) -> int:
    named = os.environ.get(OWNER_VARIABLE)
    where = place(arguments.root.resolve(), arguments.runtime)
    url = Secret(named) if named else owner_of_place(where, arguments.gateway)
    if url is None:
        raise LedgerUnreachable(
            f"{arguments.gateway} keeps no ledger where it runs",
            now=f"bring the gateway up with `pulumi up`, or name the ledger's owner in {OWNER_VARIABLE}",
        )
    role = arguments.role or (None if named else ROLE)
    if role is None:
        return refused(
            "ledger",
            ExitCode.USAGE,
            expected="--role, whom the gateway's ledgerUrl names",
            seen=f"none, beside the owner of a ledger of your own in {OWNER_VARIABLE}",
            now="give it, and run the same again",
        )
    try:
        opened = nullcontext(sys.stdin.buffer) if arguments.file is None else arguments.file.open("rb")
    except OSError as why:
        return refused(
            "ledger",
            ExitCode.USAGE,
            expected="a file that `python -m gate ledger dump` wrote",
            seen=f"{arguments.file}: {why.strerror}",
            now="name the file, or give it on stdin",
        )
    with opened as source:
        made = backup.restore(url.reveal(), source, role=role)
    sys.stdout.write(
        f"restored {made}; certificates that no move had used are void\n"
        "`pulumi preview` on the gateway's stack says whether the alias has moved since\n"
    )
    return ExitCode.PASSED


def _said(error: LedgerError, code: ExitCode) -> int:
    urls = [url for name in (LEDGER_VARIABLE, OWNER_VARIABLE) if (url := os.environ.get(name))]
    words = Redactor(secret for url in urls for secret in secrets_of_url(url)).lines(str(error))
    sys.stderr.write(f"gate ledger: {words}\n")
    return code


COMMAND = Command(
    name="ledger", help="make the tables of a ledger, dump it, restore it", arguments=_arguments, run=_run
)
