"""Every comparison of the core has a test that fails when it is broken: tried, by breaking each."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.hosts import CHECKOUT

pytestmark = [pytest.mark.live, pytest.mark.deep]

TESTS = Path("tests/unit/gate/core")
PLAIN = ("-x", "-q", "-p", "no:cacheprovider")
SILENT = ("--tb=no", "--assert=plain")
"""Which case fails is enough; what it compared nobody reads."""


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One text of one file replaced by another; it must be there once."""

    file: str
    old: str
    new: str
    tests: str

    @property
    def name(self) -> str:
        return f"{Path(self.file).stem}: {self.old.strip()}"


def check(claim: str, old: str, new: str) -> Mutation:
    return Mutation(file=f"gate/checks/{claim}.py", old=old, new=new, tests=f"test_{claim}.py")


def within(module: str, tests: str, old: str, new: str) -> Mutation:
    return Mutation(file=f"gate/{module}.py", old=old, new=new, tests=f"test_{tests}.py")


MUTATIONS = (
    check("distinct", "other.place == at.candidate.graphql.place", "False"),
    check("distinct", "    if _same(serving, candidate):", "    if False:"),
    check("distinct", "    if _same(alias.progress, serving):", "    if True:"),
    check("distinct", "    if _place(serving) == _place(candidate):", "    if False:"),
    check("distinct", "    if not seen.lock.taken_on_both:", "    if False:"),
    check("distinct", "        elif not _same(*doors):", "        elif False:"),
    check("distinct", "bool(known) and one.ids == other.ids", "one.ids == other.ids"),
    check("distinct", "known <= one.mark and known <= other.mark", "True"),
    check("reachable", "    if not isinstance(answer, Unobserved):", "    if True:"),
    check("reachable", "    if answer.cause not in FAULTS:", "    if True:"),
    check("complete", "= promised - found.ids, found.ids - promised", "= set(), found.ids - promised"),
    check("complete", "= promised - found.ids, found.ids - promised", "= promised - found.ids, set()"),
    check("complete", "sorted(serving.ids - candidate.ids)", "[]"),
    check("complete", "sorted(serving - candidate)", "[]"),
    check("complete", "    return more - announced", "    return frozenset()"),
    check("complete", " if policy.mode is Mode.EXPANSION else set()", ""),
    within("checks/loss", "complete", "waiver is not None and waiver.holds(at)", "waiver is not None"),
    check("height", "watch.last.candidate < watch.target:", "watch.last.candidate < watch.target - 1:"),
    check("height", "watch.lag > chain.lag_limit", "watch.lag > chain.lag_limit + 1"),
    check("height", "    if watch.candidate_moved:", "    if True:"),
    check("height", "    if watch.head_moved:", "    if False:"),
    check("height", "since < policy.settle", "False"),
    check("height", "    if watch.caught_up_at is None:", "    if False:"),
    check("schema", "        if not change.breaks:", "        if True:"),
    check("schema", "waiver is not None and waiver.holds(seen.began)", "waiver is not None"),
    check("schema", "later.given >= now.given", "True"),
    check("schema", "    if not later.cut:", "    if later.cut:"),
    check("runtime", "    if metrics.version != release.METRICS.plain(pin):", "    if False:"),
    check("runtime", "metrics.heap_limit_mb < declared", "metrics.heap_limit_mb < declared - 1"),
    check("runtime", "    if metrics.reseeds:", "    if False:"),
    check("runtime", "metrics.started - metrics.started_before > timedelta(seconds=1)", "False"),
    check("runtime", "    if up < policy.settle:", "    if False:"),
    within("schema/changes", "schema", "for each in before - after", "for each in ()"),
    within("schema/changes", "schema", "or change.type not in ADDITIONS", ""),
    within("schema/changes", "schema", "before.name != after.name", "False"),
    within("schema/changes", "schema", "before is not None and after is None", "False"),
    within("verdict", "verdict", "if self.partial or", "if"),
    within("verdict", "verdict", "not self.required <= told", "False"),
    within("verdict", "verdict", "point.part.acceptable and", ""),
    within("finding", "verdict", "return max(point.weight for point", "return min(point.weight for point"),
    within("finding", "verdict", "self.points + tuple(map(unspoken, missing))", "self.points"),
    within("policy/waivers", "schema", "at.date() <= self.expires", "True"),
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gate, what it knows of belts, and the tests of its core; compiled once, changed file by file."""
    place = tmp_path_factory.mktemp("mutations")
    for part in ("gate", "belts", "tests/unit/gate/core"):
        shutil.copytree(CHECKOUT / part, place / part, ignore=shutil.ignore_patterns("__pycache__"))
    for package in ("tests", "tests/unit", "tests/unit/gate"):
        (place / package / "__init__.py").touch()
    return place


@pytest.fixture
def mutated(copy: Path, mutation: Mutation) -> Iterator[Path]:
    """The copy, with one file of it broken for as long as the test runs."""
    file = copy / mutation.file
    text = file.read_text()
    assert text.count(mutation.old) == 1, (
        f"{mutation.file} holds {text.count(mutation.old)} of {mutation.old!r}"
    )
    _write(file, text.replace(mutation.old, mutation.new))
    yield copy
    _write(file, text)


def _write(file: Path, text: str) -> None:
    """Sets a new time: Python would run what it compiled of a file with the same second and size."""
    next_second = int(file.stat().st_mtime) + 1
    file.write_text(text)
    os.utime(file, (next_second, next_second))


def test_the_copy(copy: Path) -> None:
    """All cases pass on the unbroken copy, so a failure below is due to the mutation."""
    done = _tests(copy, *sorted({mutation.tests for mutation in MUTATIONS}))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation(mutated: Path, mutation: Mutation) -> None:
    """With the comparison broken, at least one of its cases fails."""
    done = _tests(mutated, mutation.tests, flags=SILENT)
    assert done.returncode == 1, done.stdout + done.stderr


def _tests(place: Path, *files: str, flags: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Runs tests of the core until the first fails; none of those that are broken here needs a plugin."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", *PLAIN, *flags, *(TESTS / file for file in files)],
        cwd=place,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
