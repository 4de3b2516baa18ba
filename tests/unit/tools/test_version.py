"""Versions of Pulumi."""

import pytest

from tools.pulumi.version import OLDEST, Version, parse


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v3.259.0", Version(3, 259, 0)),
        ("3.250.0\n", Version(3, 250, 0)),
        ("v3.260.1-alpha.x1a2b3c", Version(3, 260, 1, released=False)),
        ("v3.260.0-dev.0+dirty", Version(3, 260, 0, released=False)),
        ("v3.251.2+build.7", Version(3, 251, 2)),
    ],
)
def test_reads_what_pulumi_prints(text: str, version: Version) -> None:
    assert parse(text) == version


@pytest.mark.parametrize(
    "text", ["", "v3.259", "pulumi v3.259.0", "3.259.0.1", "error: no such command", "v3.x.0"]
)
def test_anything_else_is_no_version(text: str) -> None:
    """A program that prints something else is not Pulumi, however it is called."""
    assert parse(text) is None


def test_numbers_are_compared_as_numbers() -> None:
    assert Version(3, 99, 0) < OLDEST < Version(3, 1000, 0)


def test_a_pre_release_is_older_than_its_release() -> None:
    """3.250.0-alpha came before what we need was finished."""
    assert Version(3, 250, 0, released=False) < OLDEST
    assert Version(3, 250, 1, released=False) > OLDEST
