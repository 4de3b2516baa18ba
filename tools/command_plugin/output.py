"""A command's output: complete for the state, by lines for Pulumi's log, and its end for an error."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from tools.command_plugin.errors import OperationError

CHUNK = 65536
LINE = 60_000
TAIL = 16_384

Say = Callable[[str], Awaitable[None]]


class Stream(Protocol):
    """A source of a command's output: a pipe, or a channel to another host."""

    async def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """Both streams of a finished command."""

    stdout: str = ""
    stderr: str = ""


@dataclass(kw_only=True, slots=True)
class Tail:
    """The last bytes that a command printed on either stream, in order."""

    kept: bytearray = field(default_factory=bytearray)
    dropped: int = 0

    def add(self, chunk: bytes) -> None:
        """Keep the chunk, and drop the oldest bytes above the limit."""
        self.kept += chunk
        if (excess := len(self.kept) - TAIL) > 0:
            del self.kept[:excess]
            self.dropped += excess

    def text(self) -> str:
        """The bytes that were kept, as text, and how many were dropped."""
        said = self.kept.decode(errors="replace")
        return f"({self.dropped} bytes before this are left out)\n{said}" if self.dropped else said


async def nobody(_line: str) -> None:
    """Log nothing."""


async def collect(stream: Stream, name: str, tail: Tail, say: Say) -> Callable[[], str]:
    """Read a stream to its end; the result, when called, is its text, or raises if it is not UTF-8."""
    whole = bytearray()
    line = bytearray()
    while chunk := await stream.read(CHUNK):
        whole += chunk
        tail.add(chunk)
        line += chunk
        await _say_lines(line, say)
    if line:
        await say(line.decode(errors="replace"))
    return lambda: _text(bytes(whole), name)


async def _say_lines(line: bytearray, say: Say) -> None:
    start = 0
    while (end := line.find(b"\n", start)) >= 0:
        await say(line[start:end].removesuffix(b"\r").decode(errors="replace"))
        start = end + 1
    while len(line) - start > LINE:
        await say(line[start : start + LINE].decode(errors="replace"))
        start += LINE
    del line[:start]


def _text(whole: bytes, name: str) -> str:
    try:
        return whole.decode().removesuffix("\n")
    except UnicodeDecodeError as error:
        raise OperationError(
            f"{name} of the command is not valid UTF-8 (byte {error.start} is 0x{whole[error.start]:02x}), "
            "and a property can hold nothing else; the command has run"
        ) from None
