"""`python -m gate audit`: does everything that says who serves agree? Made to run from cron."""

import os
import sys
from argparse import ArgumentParser, Namespace
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from belts.files import replace
from belts.refusal import Refusal, told
from belts.spec.gateway import alias_of
from gate.alias.order.ledger_address import LEDGER_VARIABLE
from gate.audit import render, rules
from gate.audit.findings import Found, exit_code
from gate.audit.look import Targets, look
from gate.commands.command import Command
from gate.commands.place import place, remembered, runtime_argument
from gate.commands.supervised import supervised
from gate.outcome import ExitCode
from gate.redact import Redactor

LAG = 100
ANYBODY_READS = 0o644
PATIENCE_SECONDS = 600
LONGEST_SECONDS = 120.0


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--gateway", default="gateway", metavar="NAME", help="which gateway")
    parser.add_argument("--stack", metavar="NAME", help="its Pulumi stack (default: its name)")
    parser.add_argument(
        "--root", type=Path, default=Path(".belts/hosts"), metavar="DIR", help="the directory of the belts"
    )
    runtime_argument(parser)
    parser.add_argument(
        "--project", type=Path, default=Path(), metavar="DIR", help="the directory of Pulumi.yaml"
    )
    parser.add_argument(
        "--lag", type=int, default=LAG, metavar="BLOCKS", help="how far a soaking belt may be behind"
    )
    parser.add_argument("--json", action="store_true", help="as data")
    parser.add_argument("--quiet", action="store_true", help="say nothing when everything agrees")
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="write a Prometheus textfile as well")
    parser.epilog = f"A ledger of your own is named by its URL in the environment variable {LEDGER_VARIABLE}."


def _run(arguments: Namespace) -> int:
    ledger = os.environ.get(LEDGER_VARIABLE)
    redactor = Redactor([unquote(urlsplit(ledger).password or "")] if ledger else ())
    root = arguments.root.resolve()
    try:
        store = remembered(
            alias_of(root / arguments.gateway), arguments.gateway, arguments.runtime, os.environ
        )
    except Refusal as refusal:
        sys.stderr.write(f"{redactor.lines(str(refusal))}\n")
        return ExitCode.COULD_NOT_TELL
    targets = Targets(
        place=place(root, arguments.runtime),
        alias=store.alias,
        url=store.url,
        gateway=arguments.gateway,
        stack=arguments.stack or arguments.gateway,
        project=arguments.project.resolve(),
        environment=os.environ,
        lag=arguments.lag,
        patience=timedelta(seconds=PATIENCE_SECONDS),
    )

    async def audited() -> int:
        snapshot = await look(targets)
        found = tuple(_shown(one, redactor) for one in rules.audit(snapshot))
        code = exit_code(found)
        if arguments.metrics is not None:
            try:
                replace(arguments.metrics, render.metrics(snapshot, found), mode=ANYBODY_READS)
            except OSError as error:
                words = told(
                    f"gate audit: {arguments.metrics} was not written",
                    expected="a file that this user may write",
                    seen=str(error.strerror),
                    now="name another with --metrics, or make its directory writable",
                )
                sys.stderr.write(f"{words}\n")
                code = max(code, ExitCode.COULD_NOT_TELL) if code is ExitCode.PASSED else code
        if found or not arguments.quiet:
            sys.stdout.write(
                render.as_json(snapshot, found) if arguments.json else render.text(snapshot, found)
            )
        return code

    return supervised(audited, seconds=LONGEST_SECONDS, redactor=redactor, name="gate audit")


def _shown(found: Found, redactor: Redactor) -> Found:
    return Found(
        kind=found.kind,
        outcome=found.outcome,
        seen=redactor.text(found.seen),
        cause=found.cause,
        cure=found.cure,
    )


COMMAND = Command(
    name="audit",
    help="compare the live gateway, the alias, the ledger and Pulumi's state",
    arguments=_arguments,
    run=_run,
)
