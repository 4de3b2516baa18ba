"""The package managers that install by a lock file; nothing is resolved again, no package's script runs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from belts.envio import npm, pnpm
from belts.envio.locked import Lock
from belts.envio.release import GENERATED
from belts.runtimes.process import toolchain

USAGE = re.compile(r"(?m)^npm error\s*(?:Clean install a project|Usage:).*", re.DOTALL)
"""What npm writes behind each error of a command: how the command is used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Installer:
    """`command` is what Node runs, `files` is what it reads beside the lock and package.json, by name."""

    name: str
    command: Callable[[], tuple[str, ...]]
    files: Callable[[Lock], Mapping[str, str]]


def _npm() -> tuple[str, ...]:
    asked = ("ci", "--ignore-scripts", "--omit=dev", "--include=optional", "--prefer-offline", "--no-audit")
    return (str(toolchain.npm()), *asked)


def _pnpm() -> tuple[str, ...]:
    return (
        str(toolchain.pnpm()),
        "install",
        "--frozen-lockfile",
        "--ignore-scripts",
        "--prod",
        "--prefer-offline",
        "--reporter=append-only",
        f"--store-dir={_store()}",
        # Envio finds its packages in one flat folder, as npm makes it.
        "--config.node-linker=hoisted",
        # A link into the store would let whoever writes to one project's packages change everybody's.
        "--config.package-import-method=copy",
    )


def _store() -> Path:
    return toolchain.cache() / "pnpm"


def _workspace(lock: Lock) -> Mapping[str, str]:
    """The workspace of which the lock is: pnpm takes it for another one's where these settings differ."""
    told = {**lock.settings, "packages": [".", GENERATED]}
    return {pnpm.WORKSPACE: yaml.safe_dump(told, sort_keys=True)}


INSTALLERS: Mapping[str, Installer] = {
    npm.FILE: Installer(name="npm", command=_npm, files=lambda _: {}),
    pnpm.FILE: Installer(name="pnpm", command=_pnpm, files=_workspace),
}
"""By the lock file that each installs by."""


def without_usage(log: str) -> str:
    """The end of an installation's log, without what says nothing of this one."""
    return USAGE.sub("", log).rstrip()
