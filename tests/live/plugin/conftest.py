"""Real Pulumi stacks, run once with the stand-in plugin and once with the real one where there is one."""

import itertools
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live import places
from tests.live.plugin.engine import Stack
from tests.live.plugin.kinds import CHECKOUT, CHOICE, PLACE, PLUGIN, STAND_IN, real_plugin

Stacks = Callable[[], Stack]


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """One of the two plugins that the same tests describe."""

    name: str
    executable: Path


@pytest.fixture(scope="session", params=["stand-in", "real"])
def plugin(request: pytest.FixtureRequest) -> Plugin:
    """Each of the two plugins in turn."""
    if request.param == "stand-in":
        return Plugin(name="stand-in", executable=STAND_IN)
    real = real_plugin()
    if real is None:
        pytest.skip(f"no real command plugin: none in a Pulumi home, and {CHOICE} names none")
    return Plugin(name="real", executable=real)


@pytest.fixture(scope="session")
def new_stack() -> Iterator[Callable[[Path, str], Stack]]:
    """A maker of empty stacks whose engine finds the given plugin `on PATH` or `in the plugins directory`."""
    root = places.temporary("b-")
    count = itertools.count()
    empty: list[Stack] = []

    def make(executable: Path, where: str) -> Stack:
        here = root / str(next(count))
        (here / "bin").mkdir(parents=True)
        for name in ("pulumi", "pulumi-language-python", "pulumi-language-python-exec"):
            (here / "bin" / name).symlink_to(tool(name))
        found = here / "bin" if where == "on PATH" else here / "home" / PLACE
        found.mkdir(parents=True, exist_ok=True)
        (found / PLUGIN).symlink_to(executable)
        path = (here / "bin", Path(sys.executable).parent, "/usr/local/bin", "/usr/bin", "/bin")
        environment = {
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": str(here),
            "PULUMI_HOME": str(here / "home"),
        }
        return Stack.new(here, environment, like=empty[0] if empty else None)

    empty.append(make(STAND_IN, "on PATH"))
    yield make
    shutil.rmtree(root)


def tool(name: str) -> Path:
    """A part of the toolchain, from this checkout if it has one."""
    ours = CHECKOUT / ".tools/bin" / name
    found = ours if ours.exists() else shutil.which(name)
    assert found, f"{name} is neither in .tools/bin nor on PATH; `make setup` gets it"
    return Path(found)


@pytest.fixture(scope="module")
def stacks(plugin: Plugin, new_stack: Callable[[Path, str], Stack]) -> Stacks:
    """A maker of empty stacks for each of the two plugins."""
    return lambda: new_stack(plugin.executable, "on PATH")


@pytest.fixture(scope="module")
def stand_in_stacks(new_stack: Callable[[Path, str], Stack]) -> Stacks:
    """A maker of empty stacks for what the stand-in promises beyond the real plugin."""
    return lambda: new_stack(STAND_IN, "on PATH")
