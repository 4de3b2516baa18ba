"""Runs a command on another host over SSH, with keys and passwords held in memory only."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncssh

from tools.command_plugin.errors import CommandError, OperationError, killed
from tools.command_plugin.output import Output, Say, Stream, Tail, collect
from tools.command_plugin.values import Properties

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
LAST_WORDS = 3.0
# One connection carries one command: any other child of its sshd is that command, and leads its own group.
KILL = (
    "ps -A -o pid= -o ppid= | while read -r pid parent; do "
    'if [ "$parent" = "$PPID" ] && [ "$pid" != "$$" ]; then kill -KILL -- "-$pid"; fi; done'
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
REFUSED = (
    "the SSH server did not accept the environment variable{s} {names}: it accepts only what AcceptEnv in "
    "its configuration names. Where a POSIX shell runs the command, write 'VAR=value command' instead"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """How to reach one host, possibly through another."""

    host: str
    port: int
    user: str
    password: str | None = field(repr=False)
    keys: tuple[asyncssh.SSHKey, ...] = field(repr=False)
    agent: str | None
    host_key: asyncssh.SSHKey | None
    attempts: int | None
    seconds: int | None
    proxy: "Connection | None" = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One command and everything that it needs."""

    command: str
    shown: str
    connection: Connection
    environment: Mapping[str, str] = field(repr=False)
    wished: Mapping[str, str] = field(repr=False)
    stdin: str | None = field(repr=False)
    out: Say
    err: Say
    say: Say
    warn: Callable[[str], Awaitable[None]]


def connection(given: Properties, agent: str | None) -> Connection:
    """Read a `connection` input; a key that cannot be read is refused before any connection is made."""
    proxy = given.get("proxy")
    limit = int(given.get("dialErrorLimit", 10))
    return Connection(
        host=given["host"],
        port=int(given.get("port", 22)),
        user=given.get("user", "root"),
        password=given.get("password"),
        keys=tuple(_private_key(given)),
        agent=given.get("agentSocketPath") or agent,
        host_key=_host_key(given.get("hostKey")),
        attempts=None if limit < 0 else limit + 1,
        seconds=int(given.get("perDialTimeout", 15)) or None,
        proxy=connection(proxy, agent) if proxy else None,
    )


def _private_key(given: Properties) -> list[asyncssh.SSHKey]:
    if "privateKey" not in given:
        return []
    try:
        return [asyncssh.import_private_key(given["privateKey"], given.get("privateKeyPassword"))]
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise OperationError(f"the private key of the connection cannot be read: {error}") from None


def _host_key(given: str | None) -> asyncssh.SSHKey | None:
    if given is None:
        return None
    try:
        return asyncssh.import_public_key(given)
    except asyncssh.KeyImportError as error:
        raise OperationError(f"failed to parse host key: {error}") from None


async def run(job: Job) -> Output:
    """Run the command to the end of its output; if this is cancelled, kill its process group on the host."""
    async with _connected(job.connection, job.say) as peer:
        environment = await _accepted(peer, job)
        process = await peer.create_process(job.command, env=environment, encoding=None)
        tail = Tail()
        try:
            stdout, stderr = await _talk(process, job, tail)
        except asyncio.CancelledError as why:
            await _kill(peer, process)
            raise CommandError(killed(why), job.shown, tail.text()) from None
        except (asyncssh.Error, OSError) as error:
            raise CommandError(
                f"connection to {job.connection.host} lost: {error}", job.shown, tail.text()
            ) from None
        if reason := _reason(process):
            raise CommandError(reason, job.shown, tail.text())
        return Output(stdout=stdout(), stderr=stderr())


@asynccontextmanager
async def _connected(target: Connection, say: Say) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with AsyncExitStack() as opened:
        tunnel = None
        if target.proxy is not None:
            tunnel = await opened.enter_async_context(await _dialled(target.proxy, "Dial proxy", say, None))
        yield await opened.enter_async_context(await _dialled(target, "Dial", say, tunnel))


async def _dialled(
    target: Connection, what: str, say: Say, tunnel: asyncssh.SSHClientConnection | None
) -> asyncssh.SSHClientConnection:
    failed = 0
    pause = FIRST_PAUSE
    while True:
        try:
            async with asyncio.timeout(target.seconds):
                return await asyncssh.connect(tunnel=tunnel or (), **_options(target))
        except (OSError, TimeoutError, asyncssh.Error) as error:
            failed += 1
            if failed == target.attempts:
                where = f"{what} {target.host}:{target.port}"
                raise OperationError(
                    f"{where}: after {failed} failed attempts: {_words(error, target)}"
                ) from None
        await say(
            f"{what} {failed}/{'inf' if target.attempts is None else target.attempts - 1} failed: retrying"
        )
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


def _options(target: Connection) -> dict[str, Any]:
    return {
        "host": target.host,
        "port": target.port,
        "username": target.user,
        "password": target.password,
        "client_keys": list(target.keys) or None,
        "agent_path": target.agent,
        "known_hosts": None if target.host_key is None else ([target.host_key], [], []),
        "config": None,
    }


def _words(error: Exception, target: Connection) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {target.seconds} s"
    return str(error) or type(error).__name__


async def _accepted(peer: asyncssh.SSHClientConnection, job: Job) -> dict[str, str]:
    """The variables to send, after a test: a server silently drops what its AcceptEnv does not name."""
    wanted = {**job.wished, **job.environment}
    if not wanted:
        return {}
    if strange := [name for name in wanted if not _NAME.fullmatch(name)]:
        raise OperationError(f"not names of environment variables: {', '.join(map(repr, strange))}")
    probe = 'printf %s "' + "".join(f"${{{name}+{name} }}" for name in wanted) + '"'
    answer = await peer.run(probe, env=wanted)
    arrived = set(str(answer.stdout or "").split())
    if missing := sorted(set(job.environment) - arrived):
        raise OperationError(_refusal(missing))
    if missing := sorted(set(job.wished) - arrived):
        await job.warn(_refusal(missing))
    return wanted


def _refusal(names: list[str]) -> str:
    return REFUSED.format(s="s" if len(names) > 1 else "", names=", ".join(names))


async def _talk(
    process: asyncssh.SSHClientProcess[bytes], job: Job, tail: Tail
) -> tuple[Callable[[], str], Callable[[], str]]:
    async with asyncio.TaskGroup() as talk:
        talk.create_task(_feed(process, job.stdin))
        stdout = talk.create_task(collect(_stream(process.stdout), "stdout", tail, job.out))
        stderr = talk.create_task(collect(_stream(process.stderr), "stderr", tail, job.err))
    await process.wait()
    return stdout.result(), stderr.result()


def _stream(reader: asyncssh.SSHReader[bytes]) -> Stream:
    return reader


async def _feed(process: asyncssh.SSHClientProcess[bytes], stdin: str | None) -> None:
    with contextlib.suppress(
        BrokenPipeError, ConnectionResetError
    ):  # a command need not read what it is given
        if stdin:
            process.stdin.write(stdin.encode())
            await process.stdin.drain()
        process.stdin.write_eof()


async def _kill(peer: asyncssh.SSHClientConnection, process: asyncssh.SSHClientProcess[bytes]) -> None:
    """Kill the command's process group: by a signal, and by a command, as sshd accepts no signal for root."""
    with contextlib.suppress(OSError, asyncssh.Error, TimeoutError):
        async with asyncio.timeout(LAST_WORDS):
            process.send_signal("KILL")
            await peer.run(KILL)


def _reason(process: asyncssh.SSHClientProcess[bytes]) -> str | None:
    if process.exit_status == 0:
        return None
    if process.exit_signal is not None:
        return f"Process exited from signal {process.exit_signal[0]}"
    if process.exit_status is None:
        return "remote command exited without exit status or exit signal"
    return f"Process exited with status {process.exit_status}"
