"""What a program that is judged is kept to: a user of its own, a view without other belts, and its files."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEETING_PLACES = tuple(map(Path, ("/run", "/tmp", "/var/tmp", "/dev/shm")))  # noqa: S108 -- hidden, not used
"""Where programs of a host leave their sockets, those of its containers and of its services among them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cage:
    """`user` is None where no other user can be had: then Landlock keeps it to `read` and `write`, and where
    the kernel lets it, what is `hidden` from it is out of its reach: Landlock knows no sockets.

    `needed`: what has no Landlock, as another kernel at the next boot, may not start it.
    """

    user: int | None
    hidden: tuple[Path, ...]
    read: tuple[Path, ...]
    write: tuple[Path, ...]
    needed: bool = False

    def spec(self) -> dict[str, Any]:
        """As `launch` reads it. Whatever leads to a file by a link is shown by both names."""
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
    """Those that are there, and lie in none of the others."""
    return tuple(sorted({each for each in places if each.is_dir() and not set(places) & set(each.parents)}))


def closed(places: tuple[Path, ...]) -> tuple[Path, ...]:
    """The outermost directories on the way to these that not every user may pass through."""
    ways = [Path(name).parents for name in both_names(places)]
    found = {place for way in ways for place in way if not place.stat().st_mode & 0o001}
    return tuple(sorted(place for place in found if not found & set(place.parents)))
