"""What `status` says of what keeps an indexer."""

import os
import subprocess
import sys

import pytest

from belts.runtimes.process.supervise import caged
from belts.runtimes.process.supervise.caged import Caged


@pytest.mark.parametrize(
    ("user", "files", "said"),
    [
        (1_879_067_109, True, "a user of its own (1879067109), and Landlock keeps it to its files"),
        (1_879_067_109, False, "a user of its own (1879067109), and this kernel has no Landlock to keep it"),
        (None, True, "no user of its own, and Landlock keeps it to its files"),
        (None, False, "nothing keeps its indexer from what user "),
    ],
)
def test_words(user: int | None, files: bool, said: str) -> None:
    """Each wall by itself, and what it means that there is none."""
    words = Caged(user=user, files=files, sockets=True).words("green")
    assert said in words
    assert "sockets" not in words


def test_sockets_that_are_in_its_reach() -> None:
    """That is told, with what it could do, and what would keep it."""
    words = Caged(user=None, files=True, sockets=False).words("green")
    assert f"nothing keeps it from the sockets of user {os.geteuid()}: it may end supervisors" in words


VIEW = """
import ctypes, sys
if ctypes.CDLL(None).unshare(0x10000000 | 0x20000) != 0:  # a user namespace, with a view of its own
    sys.exit("denied")
print("in", flush=True)
sys.stdin.read()
"""


def test_a_view() -> None:
    """The kernel tells who sees a file system of its own."""
    assert not caged._has_a_view(os.getpid())
    with subprocess.Popen(
        [sys.executable, "-c", VIEW], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        if other.stdout.readline() == b"":
            pytest.skip("user namespaces are denied here")
        assert caged._has_a_view(other.pid)
        other.stdin.close()
