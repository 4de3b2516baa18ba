"""Runs a command on this machine, in a process group of its own."""

import asyncio
import contextlib
import os
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.command_plugin.errors import CommandError, killed
from tools.command_plugin.guard import Guard, kill_group
from tools.command_plugin.output import Output, Say, Tail, collect

SHELL = ("/bin/sh", "-c")
LAST_WORDS = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One command and everything that it needs."""

    command: str
    shown: str
    environment: Mapping[str, str]
    stdin: str | None
    out: Say
    err: Say
    interpreter: Sequence[str] = SHELL
    directory: Path | None = None


async def run(job: Job, guard: Guard) -> Output:
    """Run the command to the end of its output; when this is cancelled, its whole process group is killed."""
    process = await _start(job)
    tail = Tail()
    try:
        with guard.over(process.pid):
            stdout, stderr = await _talk(process, job, tail)
            code = await process.wait()
    except asyncio.CancelledError as why:
        kill_group(process.pid)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), LAST_WORDS)
        raise CommandError(killed(why), job.shown, tail.text()) from None
    if code:
        raise CommandError(_reason(code), job.shown, tail.text())
    return Output(stdout=stdout(), stderr=stderr())


async def _start(job: Job) -> Process:
    program, *arguments = [*job.interpreter, job.command]
    if job.directory is not None and not job.directory.is_dir():
        raise CommandError(f"chdir {job.directory}: no such file or directory", job.shown)
    found = shutil.which(program) if os.sep not in program else program
    if found is None:
        raise CommandError(f'exec: "{program}": executable file not found in $PATH', job.shown)
    try:
        return await asyncio.create_subprocess_exec(
            found,
            *arguments,
            stdin=PIPE if job.stdin else DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            cwd=job.directory,
            env=job.environment,
            process_group=0,
        )
    except OSError as error:
        raise CommandError(f"exec {found}: {(error.strerror or str(error)).lower()}", job.shown) from None
    except ValueError as error:  # a NUL in the command or in its environment
        raise CommandError(
            f"exec {found}: NUL in the command or its environment ({error})", job.shown
        ) from None


async def _talk(process: Process, job: Job, tail: Tail) -> tuple[Callable[[], str], Callable[[], str]]:
    if process.stdout is None or process.stderr is None:
        raise CommandError("the command has no output to read", job.shown)
    async with asyncio.TaskGroup() as talk:
        talk.create_task(_feed(process, job.stdin))
        stdout = talk.create_task(collect(process.stdout, "stdout", tail, job.out))
        stderr = talk.create_task(collect(process.stderr, "stderr", tail, job.err))
    return stdout.result(), stderr.result()


async def _feed(process: Process, stdin: str | None) -> None:
    if not stdin or process.stdin is None:
        return
    with contextlib.suppress(
        BrokenPipeError, ConnectionResetError
    ):  # a command need not read what it is given
        process.stdin.write(stdin.encode())
        await process.stdin.drain()
        process.stdin.close()
        await process.stdin.wait_closed()


def _reason(code: int) -> str:
    if code > 0:
        return f"exit status {code}"
    return f"signal: {(signal.strsignal(-code) or str(-code)).lower()}"
