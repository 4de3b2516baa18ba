"""Where the files of a belt are."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The directory of one belt: everything the belt has on this host is below it."""

    root: Path
    belt: str

    @property
    def home(self) -> Path:
        return self.root / self.belt

    @property
    def lock(self) -> Path:
        """Outside the belt's directory, so that removing the belt does not remove what others wait on."""
        return self.root / f".{self.belt}.lock"

    @property
    def secrets(self) -> Path:
        return self.home / "secrets.json"

    @property
    def requests(self) -> Path:
        """The request of each part, as read by `status`, `heal` and the checks of other belts."""
        return self.home / "requests"

    def request(self, part: str) -> Path:
        return self.requests / f"{part}.json"

    def applied(self, part: str) -> Path:
        """The digest of the last request that was carried out completely."""
        return self.requests / f"{part}.applied"

    @property
    def born(self) -> Path:
        """When the belt was first brought up."""
        return self.home / "born.json"

    @property
    def supervisor(self) -> Path:
        return self.home / "supervisor"

    @property
    def programs(self) -> Path:
        return self.supervisor / "programs"

    @property
    def confined(self) -> Path:
        """The control groups of the belt's programs; each program enters them at its start."""
        return self.supervisor / "confined.json"

    @property
    def disk(self) -> Path:
        """The free disk space over the last days."""
        return self.supervisor / "disk.json"

    @property
    def pace(self) -> Path:
        """The belt's distance from the heads of its chains, over the last minutes."""
        return self.supervisor / "pace.json"

    @property
    def needed(self) -> Path:
        """When a gateway or reader was last seen to need the belt."""
        return self.supervisor / "needed.json"

    @property
    def ranks(self) -> Path:
        """How early each program is killed when the host is short of memory; applied at its start."""
        return self.supervisor / "ranks.json"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    def log(self, program: str) -> Path:
        return self.logs / f"{program}.log"

    def of_part(self, part: str) -> Path:
        return self.home / part


def homes(root: Path) -> list[Path]:
    """The directories of all belts and gateways; skips those that cannot be looked at."""
    return sorted(path for path in root.glob("*") if os.path.isdir(path))  # noqa: PTH112 -- `is_dir` may raise
