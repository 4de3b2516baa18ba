"""Which Go builds Pulumi."""

from pathlib import Path

import pytest

from tools.pulumi import go

pytestmark = pytest.mark.live


def _go(folder: Path, says: str) -> Path:
    path = folder / "go"
    path.write_text(f"#!/bin/sh\necho {says}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    "says", ["go version go1.25.11 linux/amd64", "go version go1.26.8 X:nocoverage linux/arm64"]
)
def test_one_that_is_new_enough_is_used(tmp_path: Path, says: str) -> None:
    path = _go(tmp_path, says)
    assert go.on_path(str(tmp_path), at_least=(1, 25, 11), env={}) == path


@pytest.mark.parametrize(
    "says", ["go version go1.25.9 linux/amd64", "go version devel linux/amd64", "gopher"]
)
def test_one_that_is_too_old_or_something_else_is_not(tmp_path: Path, says: str) -> None:
    _go(tmp_path, says)
    assert go.on_path(str(tmp_path), at_least=(1, 25, 11), env={}) is None


def test_it_is_never_allowed_to_fetch_another_version_of_itself(tmp_path: Path) -> None:
    """A newer toolchain is not among what we pin."""
    path = tmp_path / "go"
    path.write_text('#!/bin/sh\necho "$GOTOOLCHAIN" >"$0.told"\n')
    path.chmod(0o755)
    go.on_path(str(tmp_path), at_least=(1,), env={"GOTOOLCHAIN": "auto"})
    assert (tmp_path / "go.told").read_text() == "local\n"


def test_the_oldest_go_is_read_from_the_modules() -> None:
    assert go.wanted("module x\n\ngo 1.25.11\n\nrequire y v1.0.0\n") == (1, 25, 11)
