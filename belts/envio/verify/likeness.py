"""Which known release an unknown one is run like: the nearest by version; the run shows the rest."""

import re
from dataclasses import replace

from belts.envio.release import LATER, RELEASES, EnvioRelease, release_of

VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-[a-z]+\.(\d+))?")
RELEASED = 10**9
"""A release sorts after all of its prereleases."""
Order = tuple[int, int, int, int]


def order(version: str) -> Order | None:
    """The sort key of a version; None if it is not in Envio's format."""
    found = VERSION.fullmatch(version)
    if found is None:
        return None
    major, minor, patch, step = found.groups()
    return int(major), int(minor), int(patch), int(step) if step is not None else RELEASED


def like(version: str) -> EnvioRelease | None:
    """A known release with this version: itself, else the last before it in its generation, or the first.

    None if its generation is unknown, or its version cannot be read.
    """
    if (known := release_of(version)) is not None:
        return known
    wanted = order(version)
    if wanted is None:
        return None
    if wanted >= (3, 0, 0, RELEASED):
        return replace(LATER, version=version) if wanted[0] == 3 else None
    ranked = sorted((found, each) for each in RELEASES if (found := order(each)) and found[0] == wanted[0])
    if not ranked:
        return None
    before = [each for found, each in ranked if found <= wanted]
    base = RELEASES[before[-1] if before else ranked[0][1]]
    return replace(base, version=version, tools={}, builds={})
