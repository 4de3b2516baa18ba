"""The boundary between the engine and what may refuse: whatever happens here ends in a refusal with words.

The engine takes an exception without text for success, waits for ever for a hook that never ends, and
hangs when the program's event loop is stopped. So a hook is only the thin parent of a child process,
which it kills at the deadline, and whatever is raised on the way, of whatever kind, becomes a `Refused`
that says something.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from pulumi import ResourceHook, ResourceHookArgs, ResourceHookOptions

from belts.refusal import Refusal

Ask = Callable[[ResourceHookArgs], Awaitable[None]]


class Refused(Exception):
    """Something must not be done; the text, which is never empty, says why."""

    def __init__(self, words: str) -> None:
        """Keep the words, or say that there were none."""
        super().__init__(words.strip() or "refused without a reason given")


def die_on_interrupt() -> None:
    """Let Ctrl-C end the program at once, which refuses whatever a hook was asked about."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def hook(name: str, ask: Ask) -> ResourceHook:
    """A hook for preview and update that refuses when `ask` raises anything at all."""

    async def bounded(args: ResourceHookArgs) -> None:
        try:
            await ask(args)
        except (Refused, Refusal):
            raise
        except BaseException as error:  # noqa: BLE001 -- the engine would let it pass, or hang
            raise Refused(f"{name} did not come to an end: {_words(error)}") from None

    return ResourceHook(name, bounded, ResourceHookOptions(on_dry_run=True))


async def ask(command: Sequence[str], *, question: str, deadline: timedelta) -> str:
    """What a command answers to the question on its stdin; `Refused`, in its words, unless it exits 0.

    It runs in a session of its own, is killed with all its children at the deadline, and dies with us.
    """
    process = await asyncio.create_subprocess_exec(
        *_tied(command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    what, limit = f"`{' '.join(command[1:])}`", deadline.total_seconds()
    try:
        async with asyncio.timeout(limit):
            answer, words = await process.communicate(question.encode())
    except TimeoutError:
        raise Refused(
            f"{what} had not answered after {limit:g} s and was ended; nothing has changed"
        ) from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode != 0:
        silent = f"{what} ended with code {process.returncode} and without a word"
        raise Refused(words.decode(errors="replace").strip() or silent)
    return answer.decode()


def _tied(command: Sequence[str]) -> Sequence[str]:
    """The command bound to die with this process, where the host has the tool for it."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL", "--", *command) if setpriv else command


def _words(error: BaseException) -> str:
    text = str(error).strip()
    kind = type(error).__name__
    return f"{kind}: {text}" if text else f"{kind}, without a word"
