"""`python -m gate schema OLD NEW`: tells whether a change of schema is safe for every consumer."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from graphql import GraphQLSchema, build_client_schema, introspection_from_schema

from gate.commands.command import Command
from gate.observations.entities import entities_of
from gate.outcome import ExitCode
from gate.schema import Change, compare, without_known
from gate.schema.source import SourceError, load

KNOWN = "KNOWN_BETWEEN_RELEASES"


def _arguments(parser: ArgumentParser) -> None:
    """Each side may come from a file or an endpoint."""
    for name in ("old", "new"):
        parser.add_argument(name, help="an SDL file, introspection JSON, or the URL of an endpoint")
    parser.add_argument("--format", choices=["text", "json"], default="text")


def _run(arguments: Namespace) -> int:
    """Returns 0 if no consumer can notice the change, 1 if one could."""
    try:
        changes = _changes(load(arguments.old), load(arguments.new))
    except SourceError as error:
        sys.stderr.write(f"gate schema: {error}\n")
        return ExitCode.USAGE
    sys.stdout.write(_json(changes) if arguments.format == "json" else _text(changes))
    return ExitCode.REFUSED if any(change.breaks for change in changes) else ExitCode.PASSED


def _changes(old: GraphQLSchema, new: GraphQLSchema) -> tuple[Change, ...]:
    """All changes. Known differences between releases of Envio in its own lists are listed as harmless."""
    before, after = introspection_from_schema(old), introspection_from_schema(new)
    today, words = without_known(before, after, entities_of(before))
    known = tuple(Change(words=each, kind=KNOWN, breaks=False) for each in words)
    # SDL is compared unmodified, unless something is to be left out of it.
    left = build_client_schema(today) if known else old  # type: ignore[arg-type]
    return (*compare(left, new), *known)


def _json(changes: Sequence[Change]) -> str:
    """The changes as JSON."""
    breaks = [_entry(change) for change in changes if change.breaks]
    safe = [_entry(change) for change in changes if not change.breaks]
    return json.dumps({"version": 1, "safe": not breaks, "breaks": breaks, "harmless": safe}, indent=2) + "\n"


def _entry(change: Change) -> dict[str, str]:
    """One change as JSON."""
    return {"kind": change.kind, "change": change.words}


def _text(changes: Sequence[Change]) -> str:
    """The changes as text, breaking ones first."""
    breaks = [f"breaks   {change.words}" for change in changes if change.breaks]
    safe = [f"harmless {change.words}" for change in changes if not change.breaks]
    head = f"{len(breaks)} changes break consumers" if breaks else "safe for every consumer"
    return "\n".join([head, *breaks, *safe]) + "\n"


COMMAND = Command(
    name="schema", help="compare two schemas as their consumers see them", arguments=_arguments, run=_run
)
