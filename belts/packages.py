"""A program that was started by a Python without what it needs says what to do, and shows no traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from belts.refusal import told

LEAST = (3, 11)
OURS = ("belts", "gate", "stacks", "demo", "examples", "bench", "tools", "tests")
USAGE = 2


@contextmanager
def at_hand(program: str) -> Iterator[None]:
    """Ends the program, with exit code 2, where this Python is too old or lacks one of the packages."""
    if sys.version_info < LEAST:
        _end(program, "a Python of version {}.{}".format(*sys.version_info[:2]))
    try:
        yield
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package in OURS:
            raise
        _end(program, f"one that has no {package or missing}")


def _end(program: str, seen: str) -> None:
    text = told(
        f"`python -m {program}` was started by a Python that cannot run it: {sys.executable}",
        expected="Python {}.{} or newer, with the packages of requirements.txt".format(*LEAST),
        seen=seen,
        now=f"`make shell` first; or, from cron or CI, `.venv/bin/python -m {program}` of `make setup`",
    )
    print(text, file=sys.stderr)
    sys.exit(USAGE)
