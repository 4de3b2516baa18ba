"""`python -m belts.engine.planner`: does the jobs that arrive on stdin, one after the other, until its end.

The kernel enforces a job's processor time by killing the process, so no code here has to watch a clock. It
also enforces the memory: an allocation beyond the limit fails, and becomes a refusal.
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
"""Its niceness relative to the engine, whose requests are light."""
_PR_SET_PDEATHSIG = 1
_GARBAGE = 50_000
"""Syntax trees contain no cycles: frequent searches for them would take a quarter of the time."""
_SCRAP = 24 * 2**20
"""A process that keeps more than this after a job exits, and the next job starts with a fresh one."""


def main() -> int:
    """Returns 0 once the engine sends no more."""
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
            # Work done once does not count towards a job.
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
    """The framed answer, and whether the process exits: it kept too much memory, or ran out of it."""
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
    # A signal to the engine's process group stops the engine, which then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICE)
    gc.set_threshold(_GARBAGE)


def _hold_to(size: int | None) -> None:
    """Limits allocations to this many bytes beyond the present ones; None restores the initial limit."""
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
