"""`python -m gate history`: where the alias went, newest first, and by whose word."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gate.commands.command import Command
from gate.ledger import Entry, LedgerError, Occasion, reading
from gate.outcome import ExitCode
from gate.promotion.ledger_address import LEDGER_VARIABLE, address
from gate.redact import Redactor

COLUMNS = ("move", "when", "what", "belt", "from", "by", "certificate", "heights", "result")


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--gateway", default="gateway", metavar="NAME", help="whose history")
    parser.add_argument("--root", type=Path, default=Path(".belts/hosts"), help="the directory of the belts")
    parser.add_argument("--newest", type=int, metavar="N", help="no more than the newest N moves")
    parser.add_argument("--json", action="store_true")
    parser.epilog = f"A ledger of your own is named by its URL in the environment variable {LEDGER_VARIABLE}."


def _run(arguments: Namespace) -> int:
    try:
        url = address(arguments.root.resolve(), arguments.gateway, os.environ)
        with reading(
            url.reveal(), Occasion(gateway=arguments.gateway, stack=arguments.gateway, who="a reader")
        ) as ledger:
            moves = ledger.moves(newest=arguments.newest)
    except LedgerError as error:
        sys.stderr.write(f"{Redactor(()).text(str(error))}\n")
        return ExitCode.COULD_NOT_TELL
    if arguments.json:
        sys.stdout.write(json.dumps([_plain(move) for move in moves], indent=1) + "\n")
    else:
        _print(moves)
    return ExitCode.PASSED


def _print(moves: tuple[Entry, ...]) -> None:
    console = Console(file=sys.stdout)
    if not moves:
        console.print("no belt ever served here")
        return
    table = Table(*COLUMNS, box=None, pad_edge=False)
    for move in moves:
        table.add_row(*map(str, _row(move)))
    console.print(table)


def _row(move: Entry) -> tuple[str, ...]:
    mode = f", {move.mode}" if move.mode else ""
    late = " (booked late)" if move.moved_at else ""
    return (
        str(move.seq),
        (move.moved_at or move.at).strftime("%Y-%m-%d %H:%M:%S"),
        f"{move.kind.value}{mode}{late}",
        move.belt,
        move.from_belt or "-",
        f"{move.who} ({move.stack})",
        str(move.certificate or "-")[:8],
        ", ".join(f"{chain}:{height}" for chain, height in move.heights.items()),
        f"{move.result.value}: {move.detail}" if move.result else "not ended",
    )


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
    }


COMMAND = Command(
    name="history", help="where the alias went, and by whose word", arguments=_arguments, run=_run
)
