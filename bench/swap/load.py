"""Starts the consumers, each kind in a process of its own, and collects their records.

`python -m bench.swap.load h1|h2|ws PORT NUMBER NOTED QUESTION MARK=BELT…` prints `ready` when all are
connected, asks until its stdin ends, and then writes its records to the file NOTED: a pipe was seen to accept
only a part of some ten megabytes after uvloop had run, without an error.
"""

import asyncio
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import uvloop

from belts.runtimes.process import toolchain
from bench.swap import http1, http2, sockets
from bench.swap.asking import Asking, Connection, Marks
from bench.swap.counting import Answers, Event
from bench.swap.ways import a_home

KINDS: Mapping[str, type[Connection]] = {"h1": http1.Connection, "h2": http2.Connection}
ENDS_WITHIN_S = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Consumers:
    """The question, and what identifies the belt in an answer."""

    question: str
    marks: Mapping[str, str]
    """Belts by a text that only their answers contain; the first one found decides."""


@dataclass(kw_only=True)
class Load:
    """A running load; its records are available once it has ended."""

    process: "subprocess.Popen[bytes]"
    noted: list[Any] = field(default_factory=list)

    @property
    def answers(self) -> Answers:
        """The records of a load of requests."""
        [found] = self.noted
        assert isinstance(found, Answers)
        return found

    @property
    def events(self) -> list[Event]:
        """The records of a load of subscriptions."""
        [found] = self.noted
        assert isinstance(found, list)
        return found


@contextmanager
def running(kind: str, *, port: int, number: int, consumers: Consumers) -> Iterator[Load]:
    """Keeps this many connections open and busy during the block."""
    marks = [f"{text}={belt}" for text, belt in consumers.marks.items()]
    with a_home() as home:
        command = [sys.executable, "-m", "bench.swap.load", kind, str(port), str(number), str(home / "noted")]
        process = subprocess.Popen(
            [*command, consumers.question, *marks],
            cwd=toolchain.CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        load = Load(process=process)
        try:
            if _stream(process.stdout).readline() != b"ready\n":
                raise RuntimeError(f"the load of {number} {kind} connections did not come up")
            yield load
            process.communicate(timeout=ENDS_WITHIN_S)
            if process.returncode != 0:
                raise RuntimeError(f"the load of {kind} connections ended with {process.returncode}")
            load.noted.append(pickle.loads((home / "noted").read_bytes()))
        finally:
            process.kill()
            process.wait()
            _stream(process.stdin).close()
            _stream(process.stdout).close()


def _stream(found: IO[bytes] | None) -> IO[bytes]:
    assert found is not None
    return found


async def ask(kind: str, port: int, number: int, question: str, marks: Marks) -> Answers | list[Event]:
    """Asks until stdin ends."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), stop.set)
    names = tuple(dict.fromkeys(belt for _, belt in marks.found))
    if kind == "ws":
        return await sockets.run(
            port=port, number=number, question=question, marks=marks, stop=stop, ready=_ready
        )
    answers = Answers(names=names)
    asking = Asking(port=port, question=question.encode(), marks=marks, answers=answers)
    await asking.run(KINDS[kind], number, stop=stop, ready=_ready)
    return answers


def _ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def main(kind: str, port: str, number: str, noted: str, question: str, *marks: str) -> int:
    """Runs one kind of consumer."""
    pairs = [mark.rsplit("=", 1) for mark in marks]
    found = Marks(found=[(text.encode(), belt) for text, belt in pairs])
    answers = uvloop.run(ask(kind, int(port), int(number), question, found))
    Path(noted).write_bytes(pickle.dumps(answers))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
