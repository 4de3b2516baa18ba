"""`python -m examples.etl --settings etl.json --copy points.sqlite`: follows the belt that serves."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from belts.refusal import Refusal
from examples.etl import follow, settings
from examples.etl.follow import Step
from examples.etl.serving import serving
from examples.etl.sqlite_copy import Copy

PASSED, USAGE, COULD_NOT_TELL, INTERRUPTED = 0, 2, 3, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one step after the other; what cannot be read now is reported and tried again."""
    parser = argparse.ArgumentParser(prog="python -m examples.etl", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True, help="a JSON file, for its owner alone")
    parser.add_argument("--copy", type=Path, required=True, help="the SQLite file that is kept like the belt")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two steps")
    parser.add_argument("--once", action="store_true", help="one step, and its end is the command's")
    parser.add_argument("--compare", action="store_true", help="compare also what is replayed otherwise")
    wanted = parser.parse_args(argv)
    try:
        with Copy.opened(wanted.copy) as copy:
            while True:
                code = _step(copy, wanted.settings, compare=wanted.compare)
                if wanted.once or code == USAGE:
                    return code
                time.sleep(wanted.every)
    except KeyboardInterrupt:
        return INTERRUPTED


def _step(copy: Copy, place: Path, *, compare: bool) -> int:
    """Reads the settings again in each step, so that a new belt can be added there while this runs."""
    try:
        told = settings.read(place)
        done = follow.step(copy, told, serving(told), compare=compare)
    except settings.BadSettings as why:
        print(why, file=sys.stderr)
        return USAGE
    except Refusal as why:
        print(why, file=sys.stderr)
        return COULD_NOT_TELL
    except psycopg.Error as why:
        print(f"the belt's database was lost; tried again: {type(why).__name__}", file=sys.stderr)
        return COULD_NOT_TELL
    print(_words(done), flush=True)
    return PASSED


def _words(done: Step) -> str:
    heights = ", ".join(f"{chain} at {block:,}" for chain, block in sorted(done.heights.items()))
    read = ", ".join(f"{rows:,} {entity}" for entity, rows in done.read.items() if rows)
    moved = " (another belt: all compared)" if done.moved else ""
    return f"{done.belt}{moved}: {heights}; read {read or 'nothing'}"


if __name__ == "__main__":
    sys.exit(main())
