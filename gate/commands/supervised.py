"""Runs a coroutine and turns every end of it into an exit code."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable

from gate.boundary import words_of
from gate.outcome import ExitCode
from gate.redact import Redactor

# The time a run may take beyond its deadline: cancelled probes close, checks judge, the report is written.
MARGIN_SECONDS = 15.0


INTERRUPTED = "it was interrupted; nothing is proved, and nothing is left open"


def supervised(
    work: Callable[[], Awaitable[int]],
    *,
    seconds: float,
    redactor: Redactor,
    name: str,
    interrupted: str = INTERRUPTED,
) -> int:
    """The exit code of the work; interrupts, crashes and hangs exit with "could not tell".

    `interrupted` says what is left of work that was stopped.

    A deadline inside the loop has no effect if something blocks the loop, so a thread outside of it watches.
    Ending the process closes its connections, and the servers stop their work for it.
    """
    watch = threading.Timer(seconds + MARGIN_SECONDS, _end, [name])
    watch.daemon = True
    watch.start()
    try:
        return asyncio.run(_interruptible(work))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return _without_verdict(name, interrupted)
    except BaseException as error:  # noqa: BLE001 - the process ends with words, whatever it was
        return _without_verdict(name, redactor.text(words_of(error)))
    finally:
        watch.cancel()


async def _interruptible(work: Callable[[], Awaitable[int]]) -> int:
    """Makes SIGTERM end the work like Ctrl-C: connections are closed before the process ends."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work()


def _without_verdict(name: str, reason: str) -> int:
    """Reports a run without a verdict."""
    sys.stderr.write(f"{name}: COULD NOT TELL: {reason}\n")
    return ExitCode.COULD_NOT_TELL


def _end(name: str) -> None:
    """Ends a process that does not end by itself."""
    _without_verdict(name, "it did not end in time, because something in it blocks; nothing is proved")
    sys.stdout.flush()
    os._exit(ExitCode.COULD_NOT_TELL)
