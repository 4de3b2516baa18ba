"""A run of the deep tests within a budget: what had no time is listed at the end, and is no pass.

What the change touches comes first. Which of the others come next depends on the commit, so that what one run
has no time for, another one begins with.
"""

import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.changes import nearness

NO_TIME = "no time was left in the budget"
CHECKOUT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """How long tests may be begun; a test that has begun runs to its end."""

    seconds: float
    began: float = field(default_factory=time.monotonic)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skips a test for which no time is left, in words of its own."""
        if time.monotonic() - self.began >= self.seconds:
            pytest.skip(NO_TIME)


def unrun(reports: Iterable[object]) -> list[str]:
    """The tests that had no time, out of all that were skipped."""
    return sorted(
        str(getattr(report, "nodeid", ""))
        for report in reports
        if NO_TIME in str(getattr(report, "longrepr", ""))
    )


def summary(names: Sequence[str], write: Callable[[str], None]) -> None:
    """Lists what did not run."""
    if not names:
        return
    write(f"{len(names)} deep tests did not run, for want of time; they have not passed:")
    for name in names:
        write(f"  {name}")


def turns(files: Mapping[str, str], changed: Collection[str], commit: str) -> dict[str, int]:
    """When it is the turn of each file: first the group that is nearest to a change; groups stay together."""
    groups: dict[str, list[str]] = {}
    for file, group in files.items():
        groups.setdefault(group, []).append(file)
    near = {name: max(nearness(file, changed) for file in within) for name, within in groups.items()}
    ordered = sorted(rotated(list(groups), commit), key=lambda name: -near[name])
    return {
        file: turn
        for turn, file in enumerate(each for name in ordered for each in rotated(groups[name], commit))
    }


def rotated(these: Sequence[str], commit: str) -> list[str]:
    """The same in their order, beginning where this commit's turn is."""
    if not these:
        return []
    turn = int(commit[:8] or "0", 16) % len(these)
    return [*these[turn:], *these[:turn]]


def commit_of_checkout() -> str:
    """The commit that is tested; nothing where there is no repository."""
    found = subprocess.run(
        ["git", "-C", str(CHECKOUT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() if found.returncode == 0 else ""
