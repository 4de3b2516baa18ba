"""Where everything of one checkout lives, and the one cache that checkouts share."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkout:
    """One clone of the repository. Nothing is ever written outside it, but for ``cache``."""

    root: Path
    cache: Path

    @property
    def venv(self) -> Path:
        """Python and its packages."""
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
        """What each step's programs said."""
        return self.tools / "log"

    @property
    def stamps(self) -> Path:
        """What each finished step was made from."""
        return self.tools / "stamps"

    @property
    def pulumi_home(self) -> Path:
        """Pulumi's own folder: plugins and credentials."""
        return self.tools / "pulumi-home"

    @property
    def belts(self) -> Path:
        """What the demo and its belts keep."""
        return self.root / ".belts"

    @property
    def state(self) -> Path:
        """The file backend of the demo."""
        return self.belts / "state"

    @property
    def passphrase(self) -> Path:
        """What encrypts the secrets in that backend."""
        return self.belts / "passphrase"

    def site_packages(self) -> Path:
        """Where the virtual environment keeps packages."""
        found = sorted((self.venv / "lib").glob("python3.*/site-packages"))
        return found[-1] if found else self.venv / "lib" / "python3" / "site-packages"


def this_checkout(environ: Mapping[str, str] = os.environ) -> Checkout:
    """The checkout that this file stands in."""
    named = environ.get("XDG_CACHE_HOME", "")
    home = environ.get("HOME") or str(Path.home())
    cache = (
        Path(named) if named.startswith("/") else Path(home) / ".cache"
    )  # a relative one is void by its standard
    return Checkout(root=Path(__file__).resolve().parent.parent, cache=cache / "belts")
