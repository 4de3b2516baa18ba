"""`python -m gate prove`: proves every log of the chains' whole history, resuming where it was stopped."""

import dataclasses
import os
import secrets
import sys
import time
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path

import orjson

from belts.reading.mistakes import MistakesError
from gate.checks.history import points, summary
from gate.commands.command import Command
from gate.commands.place import place
from gate.commands.refused import refused
from gate.commands.supervised import supervised
from gate.endpoints import Endpoints
from gate.files import evidence_directory, read
from gate.finding import Point
from gate.looking import connected
from gate.observations.history import History
from gate.observations.unobserved import Unobserved
from gate.outcome import ExitCode, Outcome
from gate.policy import Policy
from gate.policy.providers import Providers
from gate.probes.unseen import UnseenError
from gate.probes.world import World
from gate.proof.forecast import Forecast, in_words
from gate.proof.prover import Prover
from gate.proof.store import Folder
from gate.redact import Redactor, redactor_for
from gate.seal import seal_of

LONGEST_SECONDS = 20 * 24 * 3600.0
"""It can be stopped sooner: what is proved by then stays proved."""
INTERRUPTED = "it was interrupted; what chains said is kept, and the same command goes on from there"
CODES = {
    Outcome.PASSED: ExitCode.PASSED,
    Outcome.FAILED: ExitCode.REFUSED,
    Outcome.COULD_NOT_TELL: ExitCode.COULD_NOT_TELL,
}


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--endpoints", type=Path, metavar="FILE", required=True, help="where the candidate is"
    )
    parser.add_argument("--policy", type=Path, metavar="FILE", required=True, help="the events to be proved")
    parser.add_argument(
        "--rate", type=int, metavar="N", help="ask each provider at most N questions a second"
    )
    parser.add_argument("--json", action="store_true", help="the result for programs")
    parser.add_argument("--seed", type=int, help="draw the same ranges again as the run that printed it")
    parser.add_argument("--evidence", type=Path, metavar="DIR", help="where it is kept what chains said")


def _run(arguments: Namespace) -> int:
    if arguments.rate is not None and arguments.rate < 1:
        return refused(
            "prove",
            ExitCode.USAGE,
            expected="--rate to be at least 1 question a second",
            seen=str(arguments.rate),
            now="give a greater rate, or none: then the policy's counts",
        )
    try:
        endpoints, policy = read(arguments.endpoints, arguments.policy, os.environ, place)
    except MistakesError as error:
        sys.stderr.write(f"gate prove: {error}\n")
        return ExitCode.USAGE
    if arguments.rate is not None:
        policy = dataclasses.replace(policy, providers=Providers(rate=arguments.rate))
    redactor = redactor_for(endpoints, policy.addresses)
    directory = (arguments.evidence or evidence_directory(os.environ)) / "chains"
    chains, events = _many(len(policy.chains), "chain"), _many(len(policy.ground_truth), "event")
    sys.stderr.write(f"{chains}, {events}; what chains say is kept in {directory}: stop it when you like\n")
    sys.stderr.flush()

    async def proved() -> int:
        history = await _proved(directory, arguments.seed, endpoints, policy, redactor)
        told = tuple(points(history, policy))
        sys.stdout.write(_json(history, redactor) if arguments.json else _text(history, told, redactor))
        sys.stdout.flush()
        return CODES[max(point.outcome for point in told)]

    return supervised(
        proved, seconds=LONGEST_SECONDS, redactor=redactor, name="gate prove", interrupted=INTERRUPTED
    )


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


async def _proved(
    directory: Path, seed: int | None, endpoints: Endpoints, policy: Policy, redactor: Redactor
) -> History | Unobserved:
    """One run of the prover, with its progress on stderr."""

    def tell(line: str) -> None:
        sys.stderr.write(f"{redactor.text(line)}\n")
        sys.stderr.flush()

    prover = Prover(
        keeping=Folder(directory=directory, seal=seal_of(os.environ)),
        forecast=Forecast(tell=tell),
    )
    async with connected() as http:
        world = World(
            endpoints=endpoints,
            policy=policy,
            http=http,
            seed=secrets.randbits(32) if seed is None else seed,
            began=datetime.now(UTC),
            ends=time.monotonic() + LONGEST_SECONDS,
        )
        try:
            return await prover.prove(world)
        except UnseenError as unseen:
            return unseen.unobserved


def _text(history: History | Unobserved, told: tuple[Point, ...], redactor: Redactor) -> str:
    lines = []
    for point in told:
        lines.append(f"{point.outcome.words}: {point.observed}")
        if point.outcome is not Outcome.PASSED:
            lines += [f"  expected: {point.expected}", f"  now: {point.advice}"]
        lines += [f"  {line}" for line in point.evidence]
    if total := summary(history):
        seconds = history.seconds if isinstance(history, History) else None
        left = f"; {in_words(seconds)} are left at this pace" if seconds else ""
        lines.append(f"{total}{left}")
    return "".join(f"{redactor.text(line)}\n" for line in lines)


def _json(history: History | Unobserved, redactor: Redactor) -> str:
    return redactor.text(orjson.dumps(history, option=orjson.OPT_INDENT_2).decode()) + "\n"


COMMAND = Command(
    name="prove",
    help="prove every log of the whole history against the chains, resuming where it was stopped",
    arguments=_arguments,
    run=_run,
)
