"""Versions of Pulumi, as ``pulumi version`` prints them."""

import re
from dataclasses import dataclass

PATTERN = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


@dataclass(frozen=True, order=True, slots=True)
class Version:
    """Ordered as semantic versions are: a pre-release comes before its release."""

    major: int
    minor: int
    patch: int
    released: bool = True

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}{'' if self.released else ' (pre-release)'}"


def parse(text: str) -> Version | None:
    """The version in a line of output, or None if the line is something else."""
    match = PATTERN.fullmatch(text.strip())
    if match is None:
        return None
    major, minor, patch, pre_release, _build = match.groups()
    return Version(int(major), int(minor), int(patch), released=pre_release is None)


OLDEST = Version(3, 250, 0)
PINNED = Version(3, 259, 0)
LANGUAGE_HOST = Version(3, 78, 0)
