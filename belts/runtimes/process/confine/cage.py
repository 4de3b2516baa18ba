"""How a judged program is confined: a user of its own, a view without other belts, and only its files."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEETING_PLACES = tuple(map(Path, ("/run", "/tmp", "/var/tmp", "/dev/shm")))  # noqa: S108 -- hidden, not used
"""Where programs of a host leave their sockets, including those of its containers and services."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cage:
    """How one program is confined.

    `user` is None if no other user is available: then Landlock confines it to `read` and `write`, and, where
    the kernel permits, `hidden` is put out of its reach, because Landlock does not cover sockets. If
    `needed`, a kernel without Landlock (say, after the next boot) may not start the program.
    """

    user: int | None
    hidden: tuple[Path, ...]
    read: tuple[Path, ...]
    write: tuple[Path, ...]
    needed: bool = False

    def spec(self) -> dict[str, Any]:
        """The cage as `launch` reads it. A file behind a link is allowed under both names."""
        return {
            "user": self.user,
            "hidden": [str(place) for place in self.hidden],
            "read": both_names(self.read),
            "write": both_names(self.write),
            "needed": self.needed,
        }


def both_names(places: tuple[Path, ...]) -> list[str]:
    return sorted({name for place in places for name in (str(place), os.path.realpath(place))})


def outermost(places: tuple[Path, ...]) -> tuple[Path, ...]:
    """The existing directories that lie in none of the others."""
    return tuple(sorted({each for each in places if each.is_dir() and not set(places) & set(each.parents)}))


def closed(places: tuple[Path, ...]) -> tuple[Path, ...]:
    """The outermost directories on the way to these places that not every user may pass through."""
    ways = [Path(name).parents for name in both_names(places)]
    found = {place for way in ways for place in way if not place.stat().st_mode & 0o001}
    return tuple(sorted(place for place in found if not found & set(place.parents)))
