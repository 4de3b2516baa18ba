"""The two projects that are compared: a folder, or a folder as a revision of its repository has it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from belts.refusal import Refusal


class NoProject(Refusal):
    """What was named is no folder, and no revision of one."""


@contextmanager
def folder(named: str) -> Iterator[Path]:
    """Where it lies, for as long as it is needed."""
    if Path(named).is_dir():
        yield Path(named).resolve()
        return
    if ":" not in named:
        raise _none(named, "no such directory")
    tree = _git("rev-parse", "--verify", "--quiet", "--end-of-options", _relative(named))
    if tree.returncode != 0:
        raise _none(
            named, tree.stderr.strip() or "no such folder in that revision, as this repository has it"
        )
    with TemporaryDirectory(prefix="belts-plan-") as place:
        # With an index of its own: what the operator has staged is none of this.
        index = {"GIT_INDEX_FILE": f"{place}/index"}
        for step in (
            ("read-tree", tree.stdout.strip()),
            ("checkout-index", "--all", f"--prefix={place}/project/"),
        ):
            done = _git(*step, **index)
            if done.returncode != 0:
                raise _none(named, done.stderr.strip())
        yield Path(place) / "project"


def _relative(named: str) -> str:
    """A folder without its path in front is the whole of the revision; `./` is from here."""
    revision, _, path = named.partition(":")
    return f"{revision}:{path.rstrip('/')}"


def _git(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", *words],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(words, 127, "", "git is not on the PATH")


def _none(named: str, seen: str) -> NoProject:
    return NoProject(
        f"{named} is no project",
        expected="a directory, or REVISION:DIRECTORY as git has it, such as main:indexer",
        seen=seen,
        now="name one of these, then run the same again",
    )
