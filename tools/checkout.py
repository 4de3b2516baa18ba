"""The paths of one checkout, and of the one cache that checkouts share."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkout:
    """One clone of the repository. Nothing is ever written outside it, except to ``cache``."""

    root: Path
    cache: Path

    @property
    def venv(self) -> Path:
        """The virtual environment: Python and its packages."""
        return self.root / ".venv"

    @property
    def node_modules(self) -> Path:
        """The Node packages."""
        return self.root / "node_modules"

    @property
    def tools(self) -> Path:
        """The toolchain: programs, logs, stamps."""
        return self.root / ".tools"

    @property
    def bin(self) -> Path:
        """The programs, second on PATH behind the virtual environment's."""
        return self.tools / "bin"

    @property
    def logs(self) -> Path:
        """The output of each step's programs."""
        return self.tools / "log"

    @property
    def stamps(self) -> Path:
        """The digest of what each finished step was made from."""
        return self.tools / "stamps"

    @property
    def pulumi_home(self) -> Path:
        """Pulumi's own folder: plugins and credentials."""
        return self.tools / "pulumi-home"

    @property
    def belts(self) -> Path:
        """The files of the demo and its belts."""
        return self.root / ".belts"

    @property
    def state(self) -> Path:
        """The folder in which the demo's Pulumi stacks are kept."""
        return self.belts / "state"

    @property
    def passphrase(self) -> Path:
        """The passphrase that encrypts the secrets of those stacks."""
        return self.belts / "passphrase"

    def site_packages(self) -> Path:
        """The folder in which the virtual environment keeps packages."""
        found = sorted((self.venv / "lib").glob("python3.*/site-packages"))
        return found[-1] if found else self.venv / "lib" / "python3" / "site-packages"


def this_checkout(environ: Mapping[str, str] = os.environ) -> Checkout:
    """The checkout that this file is in."""
    named = environ.get("XDG_CACHE_HOME", "")
    home = environ.get("HOME") or str(Path.home())
    cache = (
        Path(named) if named.startswith("/") else Path(home) / ".cache"
    )  # a relative one is void by its standard
    return Checkout(root=Path(__file__).resolve().parent.parent, cache=cache / "belts")
