"""What a change of an Envio project means, for a pull request.

    python -m belts plan OLD NEW [--config NAME] [--heights CHAIN=BLOCK,...] [--format text|json|markdown]

OLD and NEW are directories, or REVISION:DIRECTORY as git has them. Without `--heights`, how far the belt is,
it cannot be told whether it has reached the block that a new contract begins at.
Exit codes: 0 nothing, free or resume; 1 it needs the operator's word or a fresh belt; 2 usage; 3 unclear.
"""

import argparse
import sys
from collections.abc import Sequence

from belts.envio import ProjectInvalid, read
from belts.envio.change import kept, rules
from belts.envio.change.change import Change, between
from belts.envio.change.rules import Class
from belts.plan import render, revision

NOT_TOLD = "no --heights were given"
DONE, REFUSED, USAGE, UNCLEAR = 0, 1, 2, 3


def main(argv: Sequence[str]) -> int:
    """Compare, and say what it comes to."""
    arguments = _arguments(argv)
    try:
        change = _change(arguments)
    except (ProjectInvalid, revision.NoProject) as mistake:
        print(mistake, file=sys.stderr)
        return USAGE
    print(render.FORMATS[arguments.format](change))
    return code(change)


def code(change: Change) -> int:
    """By what a reader has to do about it."""
    if change.kind <= Class.RESUME:
        return DONE
    if all(reason.rule is rules.UNCLEAR for reason in change.deciding):
        return UNCLEAR
    return REFUSED


def _change(arguments: argparse.Namespace) -> Change:
    with revision.folder(arguments.old) as before, revision.folder(arguments.new) as after:
        old, new = (read(place, arguments.config) for place in (before, after))
        return between(
            kept.of(old),
            kept.of(new),
            digests=(old.digest, new.digest),
            heights=arguments.heights or NOT_TOLD,
        )


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m belts plan", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", help="the project that the belt has")
    parser.add_argument("new", help="the project that it is to have")
    parser.add_argument("--config", default="config.yaml", help="the name of the Envio config in both")
    parser.add_argument("--heights", type=_heights, help="how far the belt is: 1=18000000,10=120000000")
    parser.add_argument("--format", choices=render.FORMATS, default="text")
    return parser.parse_args(argv)


def _heights(text: str) -> dict[int, int]:
    pairs = [each.split("=") for each in text.split(",")]
    if not all(len(pair) == 2 and all(part.isascii() and part.isdigit() for part in pair) for pair in pairs):
        raise argparse.ArgumentTypeError(f"expected CHAIN=BLOCK,CHAIN=BLOCK, got {text}")
    return {int(chain): int(block) for chain, block in pairs}
