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
        """Beside the belt's directory, so that removing the belt does not remove what others wait on."""
        return self.root / f".{self.belt}.lock"

    @property
    def secrets(self) -> Path:
        return self.home / "secrets.json"

    @property
    def requests(self) -> Path:
        """What was asked for, part by part: it is how `status`, `heal` and other belts' checks know."""
        return self.home / "requests"

    def request(self, part: str) -> Path:
        return self.requests / f"{part}.json"

    def applied(self, part: str) -> Path:
        """Which request was carried out to its end, by digest."""
        return self.requests / f"{part}.applied"

    @property
    def born(self) -> Path:
        """When the belt was brought up first."""
        return self.home / "born.json"

    @property
    def supervisor(self) -> Path:
        return self.home / "supervisor"

    @property
    def programs(self) -> Path:
        return self.supervisor / "programs"

    @property
    def confined(self) -> Path:
        """Which control groups hold the belt's programs: each enters them at its start."""
        return self.supervisor / "confined.json"

    @property
    def disk(self) -> Path:
        """How much of the disk was free, over the last days."""
        return self.supervisor / "disk.json"

    @property
    def pace(self) -> Path:
        """How far the belt was from the heads of its chains, over the last minutes."""
        return self.supervisor / "pace.json"

    @property
    def needed(self) -> Path:
        """When somebody was last seen to need the belt."""
        return self.supervisor / "needed.json"

    @property
    def ranks(self) -> Path:
        """How soon each program is ended when the host's memory is short: taken at its start."""
        return self.supervisor / "ranks.json"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    def log(self, program: str) -> Path:
        return self.logs / f"{program}.log"

    def of_part(self, part: str) -> Path:
        return self.home / part


def homes(root: Path) -> list[Path]:
    """The directory of everybody here; one that cannot be looked at is none."""
    return sorted(path for path in root.glob("*") if os.path.isdir(path))  # noqa: PTH112 -- `is_dir` may raise
