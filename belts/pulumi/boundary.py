"""The boundary between Pulumi's engine and hooks: any failure here becomes a refusal with words.

The engine treats an exception without text as success, waits forever for a hook that never ends, and hangs
when the program's event loop is stopped. So a hook only runs a child process, which it kills at the deadline,
and any exception on the way becomes a `Refusal` with a text.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from pulumi import ResourceHook, ResourceHookArgs, ResourceHookOptions

from belts.refusal import Refusal, Relayed

Ask = Callable[[ResourceHookArgs], Awaitable[None]]


def die_on_interrupt() -> None:
    """Let Ctrl-C end the program at once, which refuses what a hook was asked about."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def hook(name: str, ask: Ask) -> ResourceHook:
    """A hook for preview and update that refuses if `ask` raises anything at all."""

    async def bounded(args: ResourceHookArgs) -> None:
        try:
            await ask(args)
        except (Relayed, Refusal):
            raise
        except BaseException as error:  # noqa: BLE001 -- the engine would let it pass, or hang
            raise Refusal(
                f"{name} did not come to an end: {_words(error)}",
                expected="it to pass or to refuse",
                seen="neither, so nothing has changed",
                now="see to what it says, then run the same again",
            ) from None

    return ResourceHook(name, bounded, ResourceHookOptions(on_dry_run=True))


async def ask(command: Sequence[str], *, question: str, deadline: timedelta) -> str:
    """A command's answer to the question on its stdin; raises `Relayed` with its words unless it exits 0.

    It runs in a session of its own, is killed with all its children at the deadline, and dies with this
    process.
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
        raise Refusal(
            f"{what} had not answered after {limit:g} s and was ended",
            expected="an answer by then",
            seen="none, so nothing has changed",
            now="run the same again; what needs longer is given it by the policy's `deadline`",
        ) from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode != 0:
        if told := words.decode(errors="replace").strip():
            raise Relayed(told)
        raise Refusal(
            f"{what} ended with code {process.returncode} and without a word",
            expected="what it refuses, in words",
            seen="none, so nothing has changed",
            now="see what ended it, such as too little memory, then run the same again",
        )
    return answer.decode()


def _tied(command: Sequence[str]) -> Sequence[str]:
    """The command tied to this process's life, if the host has the tool for that."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL", "--", *command) if setpriv else command


def _words(error: BaseException) -> str:
    text = str(error).strip()
    kind = type(error).__name__
    return f"{kind}: {text}" if text else f"{kind}, without a word"
