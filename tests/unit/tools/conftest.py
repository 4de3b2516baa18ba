"""A checkout in a temporary folder, and a board nobody looks at."""

import io
from pathlib import Path

import pytest

from tools.checkout import Checkout
from tools.progress import Board, Lane


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "checkout"
    root.mkdir()
    return Checkout(root=root, cache=tmp_path / "cache")


@pytest.fixture
def told() -> io.StringIO:
    """What was written for the person who waits."""
    return io.StringIO()


@pytest.fixture
def board(told: io.StringIO) -> Board:
    return Board(told, live=False)


@pytest.fixture
def lane(board: Board) -> Lane:
    return board.lane("test")
