"""`python -m gate history`: shows where the alias went, newest first, and who moved it."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC
from pathlib import Path
from textwrap import wrap

from gate.alias.order.ledger_address import LEDGER_VARIABLE, address
from gate.commands.command import Command
from gate.commands.place import place, runtime_argument
from gate.ledger import Author, Entry, LedgerError, reading
from gate.outcome import ExitCode
from gate.redact import Redactor

INDENT, WIDTH = " " * 6, 94


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--gateway", default="gateway", metavar="NAME", help="whose history")
    parser.add_argument("--root", type=Path, default=Path(".belts/hosts"), help="the directory of the belts")
    runtime_argument(parser)
    parser.add_argument("--newest", type=int, metavar="N", help="no more than the newest N moves")
    parser.add_argument("--json", action="store_true")
    parser.epilog = f"A ledger of your own is named by its URL in the environment variable {LEDGER_VARIABLE}."


def _run(arguments: Namespace) -> int:
    try:
        url = address(place(arguments.root.resolve(), arguments.runtime), arguments.gateway, os.environ)
        with reading(
            url.reveal(), Author(gateway=arguments.gateway, stack=arguments.gateway, who="a reader")
        ) as ledger:
            moves = ledger.moves(newest=arguments.newest)
    except LedgerError as error:
        sys.stderr.write(f"{Redactor(()).lines(str(error))}\n")
        return ExitCode.COULD_NOT_TELL
    if arguments.json:
        sys.stdout.write(json.dumps([_plain(move) for move in moves], indent=1) + "\n")
    else:
        sys.stdout.write("".join(f"{_text(move)}\n" for move in moves) or "no belt ever served here\n")
    return ExitCode.PASSED


def _text(move: Entry) -> str:
    """One move, in lines that fit any terminal."""
    when = (move.moved_at or move.at).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    late = ", booked late" if move.moved_at else ""
    heights = ", ".join(f"{chain} at {height:,}" for chain, height in move.heights.items())
    lines = (
        f"by {move.who} on stack {move.stack}",
        f"certificate: {move.certificate}" if move.certificate else "",
        f"heights: {heights}" if heights else "",
        f"{move.result.value}: {move.detail}" if move.result else "",
        f"looked at right after: {move.look}: {move.told}" if move.look else "",
    )
    told = [line for each in lines for line in wrap(each, WIDTH)]
    return "\n".join((f"{move.seq:>4}  {when}  {_what(move)}{late}", *(f"{INDENT}{line}" for line in told)))


def _what(move: Entry) -> str:
    kind = f"{move.kind.value} ({move.mode})" if move.mode else move.kind.value
    way = f"{move.from_belt} → {move.belt}" if move.from_belt else f"to {move.belt}"
    return f"{way}  {kind}{'' if move.result else ', not ended'}"


def _plain(move: Entry) -> dict[str, object]:
    return {
        "move": move.seq,
        "at": move.at.isoformat(),
        "movedAt": move.moved_at and move.moved_at.isoformat(),
        "kind": move.kind.value,
        "mode": move.mode,
        "belt": move.belt,
        "identity": move.identity,
        "from": move.from_belt,
        "who": move.who,
        "stack": move.stack,
        "certificate": move.certificate and str(move.certificate),
        "heights": move.heights,
        "result": move.result and move.result.value,
        "detail": move.detail,
        "look": move.look,
        "told": move.told,
    }


COMMAND = Command(
    name="history", help="where the alias went, and by whose word", arguments=_arguments, run=_run
)
