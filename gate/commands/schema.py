"""`python -m gate schema OLD NEW`: tells whether a change of schema is safe for every consumer."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from gate.commands.command import Command
from gate.outcome import ExitCode
from gate.schema import Change, compare
from gate.schema.source import SourceError, load


def _arguments(parser: ArgumentParser) -> None:
    """Each side may come from elsewhere."""
    for name in ("old", "new"):
        parser.add_argument(name, help="an SDL file, introspection JSON, or the URL of an endpoint")
    parser.add_argument("--format", choices=["text", "json"], default="text")


def _run(arguments: Namespace) -> int:
    """0 where no consumer can notice, 1 where one could."""
    try:
        changes = compare(load(arguments.old), load(arguments.new))
    except SourceError as error:
        sys.stderr.write(f"gate schema: {error}\n")
        return ExitCode.USAGE
    sys.stdout.write(_json(changes) if arguments.format == "json" else _text(changes))
    return ExitCode.REFUSED if any(change.breaks for change in changes) else ExitCode.PASSED


def _json(changes: Sequence[Change]) -> str:
    """For programs."""
    breaks = [_entry(change) for change in changes if change.breaks]
    safe = [_entry(change) for change in changes if not change.breaks]
    return json.dumps({"version": 1, "safe": not breaks, "breaks": breaks, "harmless": safe}, indent=2) + "\n"


def _entry(change: Change) -> dict[str, str]:
    """One change."""
    return {"kind": change.kind, "change": change.words}


def _text(changes: Sequence[Change]) -> str:
    """For people: what breaks comes first."""
    breaks = [f"breaks   {change.words}" for change in changes if change.breaks]
    safe = [f"harmless {change.words}" for change in changes if not change.breaks]
    head = f"{len(breaks)} changes break consumers" if breaks else "safe for every consumer"
    return "\n".join([head, *breaks, *safe]) + "\n"


COMMAND = Command(
    name="schema", help="compare two schemas as their consumers see them", arguments=_arguments, run=_run
)
