"""The pasts that this checkout has made before, so that new chains need not wait for theirs."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from belts.runtimes.process import toolchain
from examples.chains import history, plan
from examples.chains.history import Past
from tools.cache import Cache

MOST_BYTES = 512 * 1024 * 1024
"""The most bytes that all of them may take; the longest unused goes first. The demo's six take 200 MB."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A folder of complete pasts, each named by everything that it depends on."""

    root: Path

    def put(self, wanted: plan.Plan, past: Past, say: Callable[[str], None]) -> None:
        """Puts a past where a chain wants it, and makes it if there is none; it is made once for all."""
        if not self._writable():
            history.build(wanted, past, say)
            return
        made = Cache(root=self.root).get(
            _name(wanted),
            complete=lambda place: Past(place).key() == history.key(wanted),
            make=lambda work: history.build(wanted, Past(work / "out"), say),
            waiting=say,
        )
        past.directory.mkdir(parents=True, exist_ok=True)
        past.manifest.unlink(missing_ok=True)
        for file, to in ((Past(made).state, past.state), (Past(made).manifest, past.manifest)):
            _same(file, to)
        os.utime(made)
        self._forget_unused()

    def _writable(self) -> bool:
        with suppress(OSError):
            self.root.mkdir(parents=True, exist_ok=True)
        return os.access(self.root, os.W_OK)

    def _forget_unused(self) -> None:
        found = []
        for place in self.root.glob("[0-9]*-*/"):
            with suppress(OSError):  # somebody else has just dropped it
                size = sum(file.stat().st_size for file in place.iterdir())
                found.append((place.stat().st_mtime, size, place))
        left = MOST_BYTES
        for _, size, place in sorted(found, reverse=True):
            left -= size
            if left < 0:
                shutil.rmtree(place, ignore_errors=True)


def _name(wanted: plan.Plan) -> str:
    """The plan decides the blocks, and anvil the form in which they are written."""
    said = subprocess.run([toolchain.anvil(), "--version"], capture_output=True, check=True).stdout
    return f"{wanted.chain}-{hashlib.sha256(history.key(wanted).encode() + said).hexdigest()[:32]}"


def _same(file: Path, to: Path) -> None:
    """Gives one file two names if both are on one disk, as neither is ever written to; else copies it."""
    new = to.with_name(f"{to.name}.new")
    new.unlink(missing_ok=True)
    try:
        new.hardlink_to(file)
    except OSError:
        shutil.copyfile(file, new)
    new.replace(to)
