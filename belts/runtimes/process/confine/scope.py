"""The control group of a belt where systemd looks after them: a scope, made and removed by systemd.

Processes that run are put into it, so that none is started anew, and an ordinary user's own systemd can do it
for him. It is delegated: nobody but the kernel decides what is ended in it.
"""

import errno
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

BOOTED = Path("/run/systemd/system")
GROUPS = Path("/sys/fs/cgroup")
MANAGER = (
    "org.freedesktop.systemd1",
    "/org/freedesktop/systemd1",
    "org.freedesktop.systemd1.Manager",
)
SECONDS = 10.0
USERS = Path("/run/user")


def available() -> bool:
    """Whether systemd runs this host, and can be asked."""
    return BOOTED.is_dir() and all(shutil.which(program) for program in ("busctl", "systemctl"))


def answers() -> bool:
    """Whether there is one to ask: a user's own goes with his last session, where he does not linger."""
    return os.geteuid() == 0 or (_runtime() / "systemd" / "private").exists()


def service(name: str) -> str:
    """The unit that keeps a belt, where one does."""
    return f"belts-{name}.service"


def hold(name: str, pids: Sequence[int], *, memory: int, processes: int) -> Path:
    """The group in which these processes are, with these limits in bytes and numbers.

    It is that of the belt's service where systemd keeps its supervisor: there the limits last, as the service
    does. Else it is that of a scope.
    """
    numbers = [str(len(pids)), *map(str, pids)]
    kept = _group(service(name)) is not None
    unit = service(name) if kept else f"belts-{name}.scope"
    if _group(unit) is None:
        properties = [
            *("PIDs", "au", *numbers),
            *("Delegate", "b", "true"),
            *("MemoryMax", "t", str(memory)),
            *("MemorySwapMax", "t", "0"),
            *("TasksMax", "t", str(processes)),
        ]
        _manager("StartTransientUnit", "ssa(sv)a(sa(sv))", unit, "fail", "5", *properties, "0")
    else:
        limits = [f"MemoryMax={memory}", "MemorySwapMax=0", f"TasksMax={processes}"]
        run("systemctl", "set-property", *([] if kept else ["--runtime"]), unit, *limits)
        _manager("AttachProcessesToUnit", "ssau", unit, "", *numbers)
    group = _group(unit)
    if group is None:
        raise OSError(errno.ENOENT, f"systemd has made no control group for {unit}")
    return group


def _group(unit: str) -> Path | None:
    """Where its memory is counted; None while nothing is in it."""
    path = run("systemctl", "show", "--property=ControlGroup", "--value", unit).strip().lstrip("/")
    places = (GROUPS / path, GROUPS / "memory" / path)
    return next((place for place in places if path and (place / "cgroup.procs").exists()), None)


def _manager(method: str, signature: str, *arguments: str) -> None:
    run("busctl", "call", *MANAGER, method, signature, *arguments)


def run(
    program: str, *arguments: str, to: str = "to hold it", user: bool = True, seconds: float = SECONDS
) -> str:
    """Asks systemd, for an ordinary user his own one; `to` says what for, where it refuses."""
    whose = () if os.geteuid() == 0 or not user else ("--user",)
    try:
        done = subprocess.run(
            [program, *whose, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as slow:
        raise OSError(errno.ETIMEDOUT, f"systemd does not answer `{program}` within {seconds:g} s") from slow
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        raise OSError(errno.EIO, f"systemd refuses {to} ({said})")
    return done.stdout


def _environment() -> dict[str, str]:
    """It names where a user's own systemd is: cron names none, and `su` may keep another user's."""
    named = {} if os.geteuid() == 0 or not _runtime().is_dir() else {"XDG_RUNTIME_DIR": str(_runtime())}
    return {**os.environ, **named}


def _runtime() -> Path:
    return USERS / str(os.geteuid())
