"""The control group of a belt on a systemd host: a scope, made and removed by systemd.

Running processes are moved into it, so that none has to be restarted, and an ordinary user's own systemd can
do it for them. It is delegated: only the kernel decides what is killed in it.
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
    """Whether this host runs systemd and has the tools to ask it."""
    return BOOTED.is_dir() and all(shutil.which(program) for program in ("busctl", "systemctl"))


def answers() -> bool:
    """Whether a systemd can be asked: a user's own ends with the last session unless the user lingers."""
    return os.geteuid() == 0 or (_runtime() / "systemd" / "private").exists()


def service(name: str) -> str:
    """The name of the unit that keeps a belt, if there is one."""
    return f"belts-{name}.service"


def hold(name: str, pids: Sequence[int], *, memory: int, processes: int) -> Path:
    """Returns the group that holds these processes under these limits (bytes, number of processes).

    It is the group of the belt's service if systemd keeps its supervisor; there the limits last as long as
    the service does. Otherwise it is the group of a scope.
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
    """The folder in which the unit's memory is counted; None while the unit is empty."""
    path = run("systemctl", "show", "--property=ControlGroup", "--value", unit).strip().lstrip("/")
    places = (GROUPS / path, GROUPS / "memory" / path)
    return next((place for place in places if path and (place / "cgroup.procs").exists()), None)


def _manager(method: str, signature: str, *arguments: str) -> None:
    run("busctl", "call", *MANAGER, method, signature, *arguments)


def run(
    program: str, *arguments: str, to: str = "to hold it", user: bool = True, seconds: float = SECONDS
) -> str:
    """Runs a systemd tool, for an ordinary user on their own systemd; `to` says what for in a refusal."""
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
    """Adds where a user's own systemd is: cron does not name it, and `su` may keep another user's."""
    named = {} if os.geteuid() == 0 or not _runtime().is_dir() else {"XDG_RUNTIME_DIR": str(_runtime())}
    return {**os.environ, **named}


def _runtime() -> Path:
    return USERS / str(os.geteuid())
