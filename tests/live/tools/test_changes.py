"""What has changed in a real repository: on a branch since it began, on the trunk since the commit before."""

import subprocess
from pathlib import Path

import pytest

from tests.changes import since

pytestmark = pytest.mark.live


class Repository:
    """A repository that is made as the test goes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "--quiet", "--initial-branch", "main")

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@t")
        subprocess.run(["git", *who, *arguments], cwd=self.root, check=True, capture_output=True)

    def commit(self, name: str) -> None:
        (self.root / name).write_text(name)
        self.git("add", name)
        self.git("commit", "--quiet", "--message", name)


def test_what_changed(tmp_path: Path) -> None:
    """What is not committed yet is among it; where there is nothing to compare with, it is all there is."""
    assert since(tmp_path) == frozenset()
    repository = Repository(tmp_path)
    repository.commit("first")
    assert since(tmp_path) == frozenset()
    repository.commit("second")
    assert since(tmp_path) == {"second"}
    repository.git("checkout", "--quiet", "-b", "branch")
    repository.commit("third")
    repository.commit("fourth")
    (tmp_path / "first").write_text("edited")
    (tmp_path / "new").write_text("new")
    assert since(tmp_path) == {"first", "third", "fourth", "new"}
    assert since(tmp_path, "HEAD~1") == {"first", "fourth", "new"}
