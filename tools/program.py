"""Runs the programs of a step: all output to a log, progress line by line, nothing left running."""

import os
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.failure import StepFailed

TAIL = 15
GRACE_S = 5.0

# A program is killed with its parent, so that two set-ups never write into one folder.
TIED_TO_US = ("setpriv", "--pdeathsig", "TERM", "--") if shutil.which("setpriv") else ()

# Variables of a person's shell that would make pip, npm, Python or Go work outside this checkout.
BENDING = (
    "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PIP_TARGET", "PIP_USER", "PYTHONHOME", "PYTHONPATH",
    "VIRTUAL_ENV", "NODE_ENV", "NODE_OPTIONS", "NODE_PATH", "npm_config_prefix",
    "GOBIN", "GOFLAGS", "GOOS", "GOARCH", "GOWORK",
)  # fmt: skip


@dataclass
class Running:
    """The running programs, and the files that they must keep open."""

    held: tuple[int, ...] = ()
    stopped: bool = False
    _children: set[subprocess.Popen[str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> subprocess.Popen[str]:
        """Start a program in a group of its own. It keeps the held locks open, should it outlive us."""
        with self._lock:
            if self.stopped:
                raise KeyboardInterrupt
            child = subprocess.Popen(
                [*TIED_TO_US, *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
                pass_fds=self.held,
            )
            self._children.add(child)
            return child

    def ended(self, child: subprocess.Popen[str]) -> None:
        """Forget a program that has ended."""
        with self._lock:
            self._children.discard(child)

    def stop(self) -> None:
        """End every program and its group, and start none afterwards."""
        with self._lock:
            self.stopped = True
            children = tuple(self._children)
        for child in children:
            _signal(child, signal.SIGTERM)
        for child in children:
            try:
                child.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                _signal(child, signal.SIGKILL)
                child.wait()


def _signal(child: subprocess.Popen[str], number: signal.Signals) -> None:
    if child.poll() is None:
        os.killpg(child.pid, number)


def plain_environment(environ: Mapping[str, str], **more: str) -> dict[str, str]:
    """The environment without variables that would make a program work outside this checkout."""
    return {name: value for name, value in environ.items() if name not in BENDING} | more


@dataclass(frozen=True, kw_only=True, slots=True)
class Programs:
    """How steps run programs, and where their logs are."""

    running: Running
    logs: Path

    def run(
        self,
        what: str,
        command: Sequence[str],
        *,
        log: str,
        cwd: Path,
        env: Mapping[str, str],
        on_line: Callable[[str], None] = lambda _: None,
        within: float | None = None,
    ) -> None:
        """Run to the end, or raise with the last lines; stop what takes longer than ``within`` seconds."""
        self.logs.mkdir(parents=True, exist_ok=True)
        path = self.logs / f"{log}.log"
        tail: deque[str] = deque(maxlen=TAIL)
        child = self.running.start(command, env=env, cwd=cwd)
        deadline = threading.Timer(within or 0, _signal, (child, signal.SIGKILL))
        if within is not None:
            deadline.start()
        try:
            with path.open("a") as sink:
                sink.write(f"$ {' '.join(map(str, command))}\n")
                for line in child.stdout or ():
                    sink.write(line)
                    tail.append(line.rstrip())
                    on_line(line.rstrip())
            code = child.wait()
        finally:
            deadline.cancel()
            self.running.ended(child)
        if self.running.stopped:
            raise KeyboardInterrupt
        if code:
            raise StepFailed(what, command=command, code=code, tail=tuple(tail), log=path)
