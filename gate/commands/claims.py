"""`python -m gate claims`: prints what each claim needs, as `docs/claims.md` holds it."""

import sys
from argparse import ArgumentParser, Namespace

from gate.checks import CHECKS
from gate.commands.command import Command
from gate.outcome import ExitCode
from gate.report.claims_page import page


def _arguments(parser: ArgumentParser) -> None:
    """There are none."""


def _run(arguments: Namespace) -> int:  # noqa: ARG001 - every command is called alike
    """Writes the page to stdout."""
    sys.stdout.write(page(CHECKS))
    return ExitCode.PASSED


COMMAND = Command(
    name="claims", help="print what each claim needs, as docs/claims.md", arguments=_arguments, run=_run
)
