"""What a lock file installs, whichever package manager wrote it: every package by its hash."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Locked:
    """One package by the folder that it is imported from, and for which machines it is, where it says so."""

    name: str
    version: str
    integrity: str | None
    place: str
    bundled: bool = False
    """Whether another one brings it along, by whose hash it is known."""
    os: tuple[str, ...] = ()
    cpu: tuple[str, ...] = ()
    libc: tuple[str, ...] = ()

    @property
    def is_for_some(self) -> bool:
        return bool(self.os or self.cpu or self.libc)

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """One lock file, by its name; `generated` is what it says of the package that Envio generates.

    `settings` are those under which its manager wrote it, and `layout` is what else in it decides which
    package is imported where. npm's has neither: it names the folder of each package.
    """

    file: str
    packages: tuple[Locked, ...]
    generated: Mapping[str, Any] | None
    settings: Mapping[str, Any] = field(default_factory=dict)
    layout: object = None
    changing: tuple[str, ...] = ()
    """What of the file changes packages after their hash was checked, or by code that its manager runs."""

    @property
    def unknown(self) -> tuple[Locked, ...]:
        """The packages without a hash."""
        return tuple(each for each in self.packages if each.integrity is None and not each.bundled)

    @property
    def generated_needs(self) -> Mapping[str, str]:
        """The dependencies of the package that Envio generates."""
        return dict((self.generated or {}).get("dependencies") or {})

    @property
    def meaning(self) -> object:
        """What is installed by it, whatever else the file says."""
        named = [[each.place, each.name, each.version, each.integrity] for each in self.packages]
        return named if self.layout is None else [named, self.layout]


def machines(entry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """For which machines a package is, as fields of `Locked`."""
    told = {key: entry.get(key) or () for key in ("os", "cpu", "libc")}
    return {key: (each,) if isinstance(each, str) else tuple(map(str, each)) for key, each in told.items()}
