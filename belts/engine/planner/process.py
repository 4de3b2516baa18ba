"""The engine's end of the process that plans: one job at a time, client by client, and an end to each."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from belts.engine.clients.accounts import Account
from belts.engine.clients.single import Single
from belts.engine.errors import BadRequest, EngineError, too_deep
from belts.engine.planner.jobs import HEAD, Done, Job, Plan, Planned, Role, Told, World, framed, read_answer
from belts.engine.settings import Limits

WAITING = 100
"""Who comes when so many wait is told so at once."""
CROWDED = "heavy-limit-exceeded"
"""The code of what is said then."""
WALL = 12.0
"""So many times its seconds of the processor a job may take by the clock, on a machine that is busy."""
BEGINS_S = 60.0
"""How long it may take to begin, or to take up another schema, on a machine that is busy."""
_LOG = logging.getLogger("belts.engine")
_INHERITED = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL")
_GONE = (OSError, asyncio.IncompleteReadError)

Charge = Callable[[float], None]
"""Told how many seconds of a processor a job took."""


class Planner(Protocol):
    """Whoever does what is heavy."""

    async def ask(self, account: Account, world: World, job: Job, charge: Charge) -> Planned | Told:
        """The answer, or the refusal."""

    async def start(self) -> None:
        """Has it stand before anybody waits for it."""

    async def close(self) -> None:
        """It is needed no more."""


@dataclass(eq=False, slots=True)
class _Standing:
    process: Process
    wire: asyncio.StreamWriter
    said: asyncio.StreamReader
    world: World | None = None
    roles: set[str] = field(default_factory=set)


class PlannerProcess:
    """Starts it when it is first needed, and again when it has ended."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._standing: _Standing | None = None
        self._single = Single()
        self._world: tuple[World, bytes] | None = None
        """What is planned against, as it is sent: each process that is started has to be told."""
        self._tasks: set[asyncio.Task[Planned | Told]] = set()

    async def ask(self, account: Account, world: World, job: Job, charge: Charge) -> Planned | Told:
        """Waits for its turn, client by client; whoever goes away before is passed over."""
        single = self._single
        if single.busy and single.waiting >= WAITING and not account.trusted:
            raise EngineError(
                f"the engine is busy: expected at most {WAITING} heavy requests that wait, seen one more",
                code=CROWDED,
            )
        await single.begin(account)
        task = asyncio.create_task(self._in_turn(world, job, charge))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        # It is done to its end, which is near, though nobody may wait for it any more: and is paid for.
        return await asyncio.shield(task)

    async def start(self) -> None:
        """Has it stand before anybody waits for it."""
        with contextlib.suppress(OSError):
            await self._stand()

    async def close(self) -> None:
        """Ends it, and comes back when it has."""
        for task in self._tasks:
            task.cancel()
        standing = self._standing
        self._drop()
        if standing is not None:
            await standing.process.wait()

    def _ended(self, task: asyncio.Task[Planned | Told]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited for it has been told
        self._single.end()

    async def _in_turn(self, world: World, job: Job, charge: Charge) -> Planned | Told:
        try:
            frame = framed(job)
        except RecursionError:
            # It was read, and is nested too deeply to be sent: the process has no part in that.
            raise too_deep(self._limits.depth, "$") from None
        try:
            standing = await self._stand()
        except OSError as error:
            _LOG.error("the process that plans cannot be started: %s", error)
            raise EngineError("internal error", code="unexpected") from None
        try:
            await self._begin(standing, world, job)
            async with asyncio.timeout(self._limits.planning_time.total_seconds() * WALL):
                done = await _exchange(standing, frame)
        except _GONE as error:
            ending = await self._ending(standing, late=isinstance(error, TimeoutError))
            if isinstance(ending, BadRequest):  # or else it was not this job that ended it
                charge(self._limits.planning_time.total_seconds())
            raise ending from None
        except BaseException:
            self._drop()
            raise
        charge(done.seconds)
        if done.leaves:
            self._drop()
        if isinstance(done.answer, EngineError):
            raise done.answer
        return done.answer

    async def _begin(self, standing: _Standing, world: World, job: Job) -> None:
        """Has it know what it is to plan against, which is no part of the job."""
        try:
            async with asyncio.timeout(BEGINS_S):
                if standing.world is not world:
                    await _tell(standing, self._framed(world))
                    standing.world = world
                    standing.roles.clear()
                if isinstance(job, Plan) and job.role not in standing.roles:
                    await _tell(standing, framed(Role(job.role)))
                    standing.roles.add(job.role)
        except TimeoutError:
            self._drop()
            _LOG.error("the process that plans did not begin within %d s", BEGINS_S)
            raise EngineError(
                f"the engine is busy: what plans heavy requests did not begin within {BEGINS_S:g} s",
                code=CROWDED,
            ) from None

    def _framed(self, world: World) -> bytes:
        if self._world is None or self._world[0] is not world:
            self._world = world, framed(world)
        return self._world[1]

    async def _stand(self) -> _Standing:
        if self._standing is not None and self._standing.said.at_eof():
            self._drop()  # it ended between two jobs
        if self._standing is None:
            command = (sys.executable, "-m", "belts.engine.planner")
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, env=_environment()
            )
            if process.stdin is None or process.stdout is None:
                raise TypeError(command)  # both were asked for
            self._standing = _Standing(process, process.stdin, process.stdout)
        return self._standing

    async def _ending(self, standing: _Standing, *, late: bool) -> EngineError:
        """What is said of a job in which the process ended: it took too long, or something else happened."""
        self._standing = None
        seconds, most = self._limits.planning_time.total_seconds(), self._limits.planning_bytes
        if late:
            with contextlib.suppress(ProcessLookupError):
                standing.process.kill()
        # Whoever kills what has ended by itself is never told how.
        code = await standing.process.wait()
        if late or code == -signal.SIGPROF:
            return _too_much(f"{seconds:g} s")
        if code in {-signal.SIGABRT, -signal.SIGSEGV}:
            return _too_much(f"{most} bytes of memory")  # what is not Python gives up where it gets none
        _LOG.error("the process that plans ended with %d within a job", code)
        return EngineError("internal error", code="unexpected")

    def _drop(self) -> None:
        """Ends it, whatever it does just now; the next job has another one started."""
        standing, self._standing = self._standing, None
        if standing is not None:
            with contextlib.suppress(ProcessLookupError):
                standing.process.kill()


def _environment() -> dict[str, str]:
    """What Python needs to begin; the engine's own variables open its database."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


async def _tell(standing: _Standing, frame: bytes) -> None:
    """Comes back when it has understood."""
    standing.wire.write(frame)
    await standing.wire.drain()
    await standing.said.readexactly(HEAD)


async def _exchange(standing: _Standing, frame: bytes) -> Done:
    wire, said = standing.wire, standing.said
    wire.write(frame)
    await wire.drain()
    size = int.from_bytes(await said.readexactly(HEAD), "big")
    return read_answer(await said.readexactly(size))


def _too_much(most: str) -> BadRequest:
    return BadRequest(
        f"the query is too much work: expected at most {most} to plan it, seen more",
        code="planning-limit-exceeded",
    )
