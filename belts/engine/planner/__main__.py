"""`python -m belts.engine.planner`: does jobs that come on stdin, one after the other, until it ends.

What a job may take of the processor is kept by the kernel, which ends the process: nothing in here has to
look at a clock. What it may take of memory as well: an allocation beyond it fails, and is a refusal.
"""

import ctypes
import gc
import os
import pickle
import resource
import signal
import sys
import time
from typing import BinaryIO

from belts.engine.errors import BadRequest
from belts.engine.planner.desk import Desk
from belts.engine.planner.jobs import HEAD, Done, Job, Role, World, answered

NICE = 10
"""How far it stands back behind the engine, whose requests are light, where the two want one processor."""
_PR_SET_PDEATHSIG = 1
_GARBAGE = 50_000
"""Trees of texts hold no cycles: to look for some at every turn would take a quarter of the time."""
_SCRAP = 24 * 2**20
"""Who has kept so much after a job goes, and leaves it to the next one to begin with nothing."""


def main() -> int:
    """0 when the engine has no more to ask."""
    wire, said = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed is no answer
    _stand_back()
    return _serve(wire, said)


def _serve(wire: BinaryIO, said: BinaryIO) -> int:
    desk, least = None, 0
    while (frame := _frame(wire)) is not None:
        message = pickle.loads(frame)  # noqa: S301 -- the engine wrote it: both are one program
        if isinstance(message, World):
            _hold_to(None)
            desk = Desk(message)
            _hold_to(message.limits.planning_bytes)
            least = 0
            said.write(bytes(HEAD))  # it may be asked
            said.flush()
            continue
        if desk is None:
            raise RuntimeError("there is a job before there is anything to plan against")
        if isinstance(message, Role):
            # What is made once is no part of what a job takes.
            _hold_to(None)
            desk.role(message.name)
            _hold_to(desk.limits.planning_bytes)
            least = 0
            said.write(bytes(HEAD))
            said.flush()
            continue
        least = least or _resident()
        frame, leaves = _answer(desk, message, least)
        said.write(frame)
        said.flush()
        if leaves:
            return 0
    return 0


def _answer(desk: Desk, job: Job, least: int) -> tuple[bytes, bool]:
    """The answer as it is sent, and whether the process goes now: it kept too much, or got too little."""
    seconds = desk.limits.planning_time.total_seconds()
    before = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        done = Done(desk.done(job), time.process_time() - before)
        answer, leaves = answered(done), _resident() > least + _SCRAP
    except MemoryError:
        done = Done(_too_much(desk.limits.planning_bytes), time.process_time() - before)
        answer, leaves = b"", True
    signal.setitimer(signal.ITIMER_PROF, 0)
    _tidy()
    return (answered(done._replace(leaves=True)) if leaves else answer), leaves


def _too_much(most: int) -> BadRequest:
    return BadRequest(
        f"the query is too much work: expected at most {most} bytes of memory to plan it, seen more",
        code="planning-limit-exceeded",
    )


def _frame(wire: BinaryIO) -> bytes | None:
    head = wire.read(HEAD)
    if len(head) < HEAD:
        return None
    size = int.from_bytes(head, "big")
    data = wire.read(size)
    return data if len(data) == size else None


def _stand_back() -> None:
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    # Whoever stops the engine by a signal to its group stops it, which then ends this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICE)
    gc.set_threshold(_GARBAGE)


def _hold_to(size: int | None) -> None:
    """Beyond what it has by now, an allocation of so much in all fails; None is what it was started with."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    held = most
    if size is not None:
        gc.collect()
        gc.freeze()
        held = _data() + size if most == resource.RLIM_INFINITY else min(_data() + size, most)
    resource.setrlimit(resource.RLIMIT_DATA, (held, most))


def _tidy() -> None:
    ctypes.CDLL(None).malloc_trim(0)


def _data() -> int:
    return _pages(5)


def _resident() -> int:
    return _pages(1)


def _pages(place: int) -> int:
    with open("/proc/self/statm") as told:  # noqa: PTH123 -- the shortest way, once a job
        return int(told.read().split()[place]) * resource.getpagesize()


if __name__ == "__main__":
    sys.exit(main())
