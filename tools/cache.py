"""The cache that all checkouts share: a folder appears in it complete, or not at all."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.lockfile import alone

BUILDING = ".building-"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cache:
    """A folder of finished folders, each named by what it was made from."""

    root: Path

    def get(
        self,
        key: str,
        *,
        complete: Callable[[Path], bool],
        make: Callable[[Path], None],
        waiting: Callable[[str], None],
    ) -> Path:
        """The folder of this key, made by ``make`` if it is missing; only one process makes it.

        ``make`` gets an empty folder and fills its subfolder ``out``; everything else in it is deleted.
        """
        place = self.root / key
        if complete(place):
            return place
        with alone(self.root / f"{key}.lock", waiting=waiting):
            if complete(place):
                return place
            self._drop_abandoned(key)
            work = Path(tempfile.mkdtemp(prefix=f"{BUILDING}{key}-", dir=self.root))
            try:
                (work / "out").mkdir()
                make(work)
                if place.exists():
                    place.rename(work / "broken")
                (work / "out").rename(place)
            finally:
                shutil.rmtree(work, ignore_errors=True)
        return place

    def _drop_abandoned(self, key: str) -> None:
        """Deletes what killed processes left unfinished; we hold the lock, so it is not in use."""
        for left in self.root.glob(f"{BUILDING}{key}-*"):
            shutil.rmtree(left, ignore_errors=True)
