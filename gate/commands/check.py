"""`python -m gate check`: proves the candidate, or refuses it."""

import os
import secrets
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from belts.reading.mistakes import MistakesError
from gate.checks import CHECKS
from gate.checks.check import Check
from gate.claims import Access, Claim, Part
from gate.commands.command import Command
from gate.commands.place import place
from gate.commands.refused import refused
from gate.commands.supervised import supervised
from gate.endpoints import Endpoints
from gate.files import evidence_store, read
from gate.outcome import ExitCode
from gate.policy import Policy
from gate.redact import redactor_for
from gate.report import Format, as_text, document, render
from gate.run import Gate


def _arguments(parser: ArgumentParser) -> None:
    """Takes files rather than values: secrets are never arguments."""
    claims = [claim.value for claim in Claim]
    parser.add_argument("--endpoints", type=Path, metavar="FILE", help="where both belts and the alias are")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="what the candidate is measured by")
    parser.add_argument("--format", choices=[form.value for form in Format], default=Format.TEXT.value)
    parser.add_argument("--full", action="store_true", help="show every point, row and value in the text")
    parser.add_argument(
        "--only", choices=claims, action="append", metavar="CLAIM", help="look at this claim only"
    )
    parser.add_argument("--explain", choices=claims, metavar="CLAIM", help="say what a claim means, and stop")
    parser.add_argument("--seed", type=int, help="draw the same samples as the run that printed it")
    parser.add_argument(
        "--evidence", type=Path, metavar="DIR", help="where evidence about final blocks is kept"
    )


def _run(arguments: Namespace) -> int:
    """Runs the command; the exit code is the verdict's."""
    if arguments.explain:
        sys.stdout.write(explained(_check_of(Claim(arguments.explain))))
        return ExitCode.PASSED
    if arguments.endpoints is None or arguments.policy is None:
        names = {"--endpoints": arguments.endpoints, "--policy": arguments.policy}
        missing = " and ".join(f"no {name}" for name, value in names.items() if value is None)
        return refused(
            "check",
            ExitCode.USAGE,
            expected="--endpoints FILE and --policy FILE",
            seen=missing,
            now="name both: where to look, and what consumers were promised",
        )
    try:
        endpoints, policy = read(arguments.endpoints, arguments.policy, os.environ, place)
    except MistakesError as error:
        sys.stderr.write(f"gate check: {error}\n")
        return ExitCode.USAGE
    return _judge(arguments, endpoints, policy)


def _judge(arguments: Namespace, endpoints: Endpoints, policy: Policy) -> int:
    """Runs the gate once, and writes its report."""
    gate = Gate(cache=evidence_store(os.environ, arguments.evidence))
    only = frozenset(map(Claim, arguments.only or ()))
    seed = secrets.randbits(32) if arguments.seed is None else arguments.seed
    redactor = redactor_for(endpoints, policy.addresses)

    async def report() -> int:
        verdict = await gate.run(endpoints, policy, seed=seed, only=only)
        found = document(verdict, endpoints, CHECKS, redactor)
        if arguments.format == Format.TEXT and sys.stdout.isatty():
            colour = "NO_COLOR" not in os.environ
            width = os.get_terminal_size().columns
            text = as_text.render(found, colour=colour, width=width, full=arguments.full)
        else:
            text = render(found, Format(arguments.format), full=arguments.full)
        sys.stdout.write(text)
        sys.stdout.flush()
        return verdict.exit_code

    return supervised(report, seconds=policy.deadline.total_seconds(), redactor=redactor, name="gate check")


def _check_of(claim: Claim) -> Check | None:
    """The check of one claim."""
    return next((check for check in CHECKS if check.claim is claim), None)


def explained(check: Check | None) -> str:
    """A claim in words: its statement, its parts, and what is lost without each access."""
    if check is None:
        return "no check is there for this claim, so it can never pass\n"
    lines = [f"{check.claim}: {check.statement}", ""]
    for part in check.parts:
        lines.append(f"  {part.path}: {part.sentence}")
        lines.append(f"    needs {needs(part)}; {'may be accepted undecided' if part.acceptable else 'core'}")
        if part.without:
            lines.append(f"    without it, nobody can tell {part.without}")
    return "\n".join(lines) + "\n"


def needs(part: Part) -> str:
    """What a part needs, in the order of `Access`."""
    return " and ".join(access.value for access in Access if access in part.needs) or "nothing"


COMMAND = Command(
    name="check", help="prove the candidate against live endpoints, or refuse", arguments=_arguments, run=_run
)
