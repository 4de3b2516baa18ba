"""A second checkout beside this one, made as a person makes it: cloned, then set up."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.checkout import this_checkout

ROOT = this_checkout().root


@dataclass(frozen=True, kw_only=True, slots=True)
class Clone:
    """A checkout, and the empty home of somebody who has only what this machine's cache already holds."""

    root: Path
    home: Path

    def environ(self) -> dict[str, str]:
        own = ("PULUMI_", "VIRTUAL_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        machine = os.pathsep.join(
            each for each in kept["PATH"].split(os.pathsep) if not Path(each).is_relative_to(ROOT)
        )
        cache = this_checkout().cache.parent
        # pip asks a rustc that it finds for its version; where rustup answers, it would make itself a home.
        rustup = {"RUSTUP_HOME": kept.get("RUSTUP_HOME", str(Path.home() / ".rustup"))}
        # Of its packages next to nothing is imported: what is, is compiled then.
        lazy = {"PIP_NO_COMPILE": "1"}
        return kept | rustup | lazy | {"HOME": str(self.home), "XDG_CACHE_HOME": str(cache), "PATH": machine}

    def run(self, *command: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root,
            env=self.environ(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def set_up(self) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "tools.setup")


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """What is committed, with what is changed here and not yet committed."""
    folder = tmp_path_factory.mktemp("second")
    made = Clone(root=folder / "checkout", home=folder / "home")
    made.home.mkdir()
    subprocess.run(["git", "clone", "-q", str(ROOT), str(made.root)], check=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (made.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, made.root / name)
    quiet = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost"]
    subprocess.run([*quiet, "add", "-A"], cwd=made.root, check=True)
    subprocess.run([*quiet, "commit", "-qm", "As it is now", "--allow-empty"], cwd=made.root, check=True)
    yield made
    shutil.rmtree(folder, ignore_errors=True)
