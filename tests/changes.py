"""What has changed in the checkout, and which tests are about it: tests lie as what they try lies."""

import subprocess
from collections.abc import Collection
from pathlib import Path, PurePath

TRUNKS = ("origin/HEAD", "origin/main", "main")
KINDS = ("live", "unit")


def since(checkout: Path, commit: str | None = None) -> frozenset[str]:
    """The files that differ from a commit: by default from where this branch began, on the trunk from the
    commit before. Nothing where there is no repository, or no commit before.
    """
    base = commit or _began(checkout) or "HEAD~1"
    ours = _git(checkout, "ls-files", "--others", "--exclude-standard").splitlines()
    return frozenset([*_git(checkout, "diff", "--name-only", base).splitlines(), *ours])


def nearness(file: str, changed: Collection[str]) -> int:
    """How near a file of tests lies to what has changed; nothing where it is about something else."""
    return max((_nearness(PurePath(file), PurePath(each)) for each in changed), default=0)


def _nearness(test: PurePath, changed: PurePath) -> int:
    """By the folders that both share; a test that has changed itself is the nearest."""
    if test == changed:
        return len(test.parts)
    about = [part for part in test.parent.parts[1:] if part not in KINDS]
    if changed.parts[0] == "tests":
        helps = not changed.name.startswith("test_") and changed.parent in test.parents
        return len(about) if helps else 0
    if changed.suffix == ".md":
        return 0
    parts = iter((*changed.parent.parts, changed.stem))
    return len(about) if all(part in parts for part in about) else 0


def _began(checkout: Path) -> str | None:
    """Where the history of this checkout left the trunk; nothing on the trunk itself."""
    head = _git(checkout, "rev-parse", "HEAD")
    found = (_git(checkout, "merge-base", "HEAD", trunk) for trunk in TRUNKS)
    return next((base for base in found if base and base != head), None)


def _git(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(checkout), *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""
