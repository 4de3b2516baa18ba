"""Runs a command to its end or its deadline: no shell, bounded output, nothing of it left behind."""

import os
import re
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from belts.reading.kinds import FILLED
from gate.amounts import amount

PASSED_ON = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "XDG_CONFIG_HOME",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy",
    "no_proxy",
)  # fmt: skip
"""What of the environment a command is given: how it finds programs, its own login, and its way out."""
SHOWN = 300
PIECE = 16 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Called:
    """How a command ended: with its code, or as `why` says. What it printed may hold anything."""

    code: int | None
    why: str = ""
    out: bytes = field(repr=False, default=b"")
    err: bytes = field(repr=False, default=b"")
    began: bool = True
    """Whether it ran at all."""

    @property
    def succeeded(self) -> bool:
        return self.code == 0 and not self.why

    @property
    def words(self) -> str:
        """How it ended, with the end of what it complained of."""
        ended = self.why or f"it ended with {self.code}"
        told = " ".join(self.err.decode(errors="replace").split())[-SHOWN:]
        return f"{ended}, and said: {told}" if told else ended


def filled(arguments: Sequence[str], words: Mapping[str, str]) -> list[str]:
    """The arguments with what the words stand for: however a value looks, each argument stays one."""
    return [re.sub(FILLED, lambda match: words.get(match[1], match[0]), each) for each in arguments]


def call(
    arguments: Sequence[str], *, secrets: Mapping[str, str], stdin: str, limit: timedelta, most: int | None
) -> Called:
    """Runs it in a session of its own; whatever of it is left at its end or its deadline is killed.

    More than `most` bytes of answer end it; with None what it prints is of no matter, and is let go.
    """
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | dict(secrets)
    try:
        process = subprocess.Popen(
            list(arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = f"{arguments[0]} cannot be run ({getattr(error, 'strerror', None) or type(error).__name__})"
        return Called(code=None, why=why, began=False)
    ends = time.monotonic() + limit.total_seconds()
    fed = threading.Thread(target=_fed, args=(process, stdin), daemon=True)
    fed.start()
    out, err = bytearray(), bytearray()
    try:
        why = _heard(process, out, err, ends=ends, most=most)
        why = why or _ended(process, ends, limit)
    finally:
        # Before it is waited for, so that the number of its group is still its own.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        fed.join(timeout=1)
    return Called(code=None if why else code, why=why, out=bytes(out), err=bytes(err))


def _fed(process: "subprocess.Popen[bytes]", stdin: str) -> None:
    """One who does not read what it is given is no fault of ours."""
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.write(stdin.encode())
        with suppress(OSError):
            process.stdin.close()


def _heard(
    process: "subprocess.Popen[bytes]", out: bytearray, err: bytearray, *, ends: float, most: int | None
) -> str:
    """Reads until it has ended, not until its pipes have: a child that it left behind may hold those."""
    with selectors.DefaultSelector() as selector:
        for pipe, kept in ((process.stdout, out), (process.stderr, err)):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                selector.register(pipe, selectors.EVENT_READ, kept)
        while selector.get_map():
            gone = _is_over(process)
            ready = selector.select(0.0 if gone else min(0.05, max(0.0, ends - time.monotonic())))
            for key, _ in ready:
                piece = os.read(key.fd, PIECE)
                if not piece:
                    selector.unregister(key.fileobj)
                key.data.extend(piece)
                del err[:-PIECE]
                if most is None:
                    out.clear()
                elif len(out) > most:
                    return f"it printed more than {amount(most, 'byte')}"
            if gone and not ready:
                return ""
            if not gone and time.monotonic() >= ends:
                return ""
    return ""


def _is_over(process: "subprocess.Popen[bytes]") -> bool:
    """Whether it has ended; it is left to be waited for, so that its number stays its own."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _ended(process: "subprocess.Popen[bytes]", ends: float, limit: timedelta) -> str:
    """Waits for one that has closed its pipes; says so where it has not ended in time."""
    while not _is_over(process):
        if time.monotonic() >= ends:
            return f"it had not ended after {limit.total_seconds():g} s, and was ended"
        time.sleep(0.01)
    return ""
