"""What becomes of the bytes that a command prints."""

import pytest

from tools.command_plugin.errors import OperationError
from tools.command_plugin.output import LINE, TAIL, Tail, collect, nobody


class Pieces:
    """A stream that gives its bytes in the given pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    async def read(self, _size: int, /) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


async def said(*pieces: bytes) -> list[str]:
    """The lines that are logged."""
    lines: list[str] = []

    async def say(line: str) -> None:
        lines.append(line)

    await collect(Pieces(*pieces), "stdout", Tail(), say)
    return lines


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ((b"a\nb\n",), ["a", "b"]),
        ((b"a", b"b\n\nc"), ["ab", "", "c"]),
        ((b"a\r\n",), ["a"]),
        (("☃\n".encode()[:2], "☃\n".encode()[2:]), ["☃"]),
        ((b"\xff\n",), ["�"]),
        ((b"x" * (LINE + 1),), ["x" * LINE, "x"]),
    ],
)
async def test_lines(pieces: tuple[bytes, ...], lines: list[str]) -> None:
    """Lines are logged whole, however they arrive; only an overlong one is cut."""
    assert await said(*pieces) == lines


async def test_bytes_that_are_no_text() -> None:
    """Bytes that are not UTF-8 are refused, with the place of the first."""
    text = await collect(Pieces(b"ab\xfe"), "stderr", Tail(), nobody)
    with pytest.raises(OperationError, match=r"stderr .* \(byte 2 is 0xfe\)"):
        text()


def test_end_of_a_long_output() -> None:
    """Only the end is kept for an error, and it says how much is not."""
    tail = Tail()
    tail.add(b"x" * TAIL)
    tail.add(b"end")
    assert tail.text().startswith("(3 bytes before this are left out)\nxxx")
    assert tail.text().endswith("xend")
