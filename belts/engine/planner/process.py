"""The engine's end of the planning process: one job at a time, client by client, each with a limit."""

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
"""When this many wait, further clients are refused at once."""
CROWDED = "heavy-limit-exceeded"
"""The error code of that refusal."""
WALL = 12.0
"""A job's wall-clock limit, as a multiple of its processor seconds, for a busy machine."""
BEGINS_S = 60.0
"""How long it may take to start, or to load another schema, on a busy machine."""
_LOG = logging.getLogger("belts.engine")
_INHERITED = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL")
_GONE = (OSError, asyncio.IncompleteReadError)

Charge = Callable[[float], None]
"""Called with the processor seconds that a job took."""


class Planner(Protocol):
    """What does heavy work."""

    async def ask(self, account: Account, world: World, job: Job, charge: Charge) -> Planned | Told:
        """Returns the answer, or raises the refusal."""

    async def start(self) -> None:
        """Starts it before it is needed."""

    async def close(self) -> None:
        """Shuts it down."""


@dataclass(eq=False, slots=True)
class _Standing:
    process: Process
    wire: asyncio.StreamWriter
    said: asyncio.StreamReader
    world: World | None = None
    roles: set[str] = field(default_factory=set)


class PlannerProcess:
    """Starts the process when first needed, and again after it has ended."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._standing: _Standing | None = None
        self._single = Single()
        self._world: tuple[World, bytes] | None = None
        """The current world in its framed form, since each new process must receive it."""
        self._tasks: set[asyncio.Task[Planned | Told]] = set()

    async def ask(self, account: Account, world: World, job: Job, charge: Charge) -> Planned | Told:
        """Waits for its turn, client by client; cancelled waiters are skipped."""
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
        # The job is completed and charged even if its client no longer waits: its end is near.
        return await asyncio.shield(task)

    async def start(self) -> None:
        """Starts it before it is needed."""
        with contextlib.suppress(OSError):
            await self._stand()

    async def close(self) -> None:
        """Kills the process, and waits for its end."""
        for task in self._tasks:
            task.cancel()
        standing = self._standing
        self._drop()
        if standing is not None:
            await standing.process.wait()

    def _ended(self, task: asyncio.Task[Planned | Told]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # its waiters have received the exception
        self._single.end()

    async def _in_turn(self, world: World, job: Job, charge: Charge) -> Planned | Told:
        try:
            frame = framed(job)
        except RecursionError:
            # It could be read, but is nested too deeply to be sent; the process is not at fault.
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
        """Sends the world and role to plan against, outside the job's limits."""
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
        """The error for a job in which the process ended: it exceeded a limit, or something else failed."""
        self._standing = None
        seconds, most = self._limits.planning_time.total_seconds(), self._limits.planning_bytes
        if late:
            with contextlib.suppress(ProcessLookupError):
                standing.process.kill()
        # Killing a process that already ended would lose its exit code.
        code = await standing.process.wait()
        if late or code == -signal.SIGPROF:
            return _too_much(f"{seconds:g} s")
        if code in {-signal.SIGABRT, -signal.SIGSEGV}:
            return _too_much(f"{most} bytes of memory")  # what is not Python gives up where it gets none
        _LOG.error("the process that plans ended with %d within a job", code)
        return EngineError("internal error", code="unexpected")

    def _drop(self) -> None:
        """Kills it, whatever it is doing; the next job starts another one."""
        standing, self._standing = self._standing, None
        if standing is not None:
            with contextlib.suppress(ProcessLookupError):
                standing.process.kill()


def _environment() -> dict[str, str]:
    """The variables that Python needs to start; the engine's own contain its database's credentials."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


async def _tell(standing: _Standing, frame: bytes) -> None:
    """Sends a frame and waits for the acknowledgement."""
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
