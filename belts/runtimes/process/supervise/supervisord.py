"""The supervisord process of one belt: started when needed, ended with everything that it keeps."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from belts.files import private_dir, read, write_private
from belts.runtimes.process import kept_code, toolchain
from belts.runtimes.process.confine import group
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout, homes
from belts.runtimes.process.progress import note
from belts.runtimes.process.supervise import control, leftovers, systemd
from belts.runtimes.process.supervise.programs import BASE_ENVIRONMENT, ini_value, pidfile
from belts.runtimes.process.supervise.service import Service

MODULE = "belts.runtimes.process.supervise.ports"
START_DEADLINE_S = 20.0
STOP_DEADLINE_S = 90.0
GATEWAY = ("caddy", "ledger")


def pid(layout: Layout) -> int | None:
    """The pid of this belt's living supervisord. A stored number proves nothing: its directory must match."""
    try:
        number = int(read(pidfile(layout)))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        return _unnoted(layout)
    return number if _stands(layout, number) else None


def _unnoted(layout: Layout) -> int | None:
    """The supervisord whose pid file cannot be read: a second one beside it would start everything twice."""
    numbers = (int(place.name) for place in Path("/proc").iterdir() if place.name.isdigit())
    return next((each for each in numbers if _stands(layout, each) and _is_supervisord(each)), None)


def _is_supervisord(number: int) -> bool:
    try:
        return MODULE.encode() in (Path("/proc") / str(number) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def ensure(layout: Layout) -> None:
    """Ensures that one answers. Kills what an earlier one left first, so that no port is held twice."""
    if pid(layout) is None:
        _let_systemd_rest(layout)
        _clear_the_place(layout)
        _start(layout)
    elif systemd.available():
        _with_systemd(systemd.install, layout)  # one that runs without it is started by it after a reboot
    wait_until_it_answers(layout)


def shut_down(layout: Layout) -> None:
    """Ends supervisord and every program that it keeps."""
    if systemd.available():
        systemd.forget(systemd.unit(layout))  # who is ended past it would be started again by it
        if not [home for home in homes(layout.root) if home != layout.home and (home / "requests").exists()]:
            systemd.forget(systemd.keeper(layout.root).unit)
    number = pid(layout)
    if number is not None:
        _end(layout, number)
    _clear_the_place(layout)


def wait_until_it_answers(layout: Layout) -> None:
    end = time.monotonic() + START_DEADLINE_S
    while (why := _silence(layout)) is not None:
        if time.monotonic() > end:
            raise Refused(
                f"the supervisor of {layout.belt} does not answer",
                expected=f"an answer on {layout.supervisor / control.SOCKET} within {START_DEADLINE_S:.0f} s",
                seen=f"{why} (its process: {pid(layout) or 'none'})",
                now=f"read {_log(layout)}, end the process if there is one, and run the same again",
            )
        time.sleep(0.02)


def write_configuration(layout: Layout) -> None:
    private_dir(layout.programs)
    sections = [file.read_text() for file in sorted(layout.programs.glob("*.conf"))]
    write_private(_configuration(layout), "\n".join([_own_sections(layout), *sections]))


def _start(layout: Layout) -> None:
    """Starts supervisord through systemd, if that runs the host, so that it restarts.

    Otherwise it gets a session of its own and nothing of the caller's: it outlives the command, and knows no
    secret.
    """
    write_configuration(layout)
    private_dir(layout.logs)
    if systemd.available() and _with_systemd(systemd.start, layout):
        return
    service = _service(layout)
    subprocess.Popen(
        service.argv,
        cwd=service.cwd,
        env=dict(service.env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        umask=0o077,
    )


def _service(layout: Layout) -> Service:
    return Service(
        unit=systemd.unit(layout),
        what=f"the parts of {layout.belt}",
        argv=(str(toolchain.python()), "-m", MODULE, "-c", str(_configuration(layout))),
        cwd=layout.supervisor,
        env={**BASE_ENVIRONMENT, "HOME": str(layout.supervisor), "PYTHONPATH": str(kept_code.code())},
        first=any(layout.request(part).exists() for part in GATEWAY),
    )


def _with_systemd(do: Callable[[Service], object], layout: Layout) -> bool:
    """Applies something to the services of the belt and of the keeper of this directory."""
    try:
        do(_service(layout))
        do(systemd.keeper(layout.root))
    except OSError as why:
        words = why.strerror or why
        note(f"{layout.belt}: systemd does not keep it: {words}; docs/host.md says what else does")
        return False
    return True


def _let_systemd_rest(layout: Layout) -> None:
    """Stops systemd's attempts: it takes no lock of ours, and would lose its socket and pid file to us."""
    if not systemd.available():
        return
    try:
        systemd.rest(systemd.unit(layout))
    except OSError as why:
        note(f"{layout.belt}: systemd may start it at the same time: {why.strerror or why}")


def _end(layout: Layout, number: int) -> None:
    os.kill(number, signal.SIGTERM)
    end = time.monotonic() + STOP_DEADLINE_S
    while _stands(layout, number):  # it takes its number away before it is gone itself
        if time.monotonic() > end:
            note(f"{layout.belt}: the supervisor (pid {number}) does not end, killing it")
            os.kill(number, signal.SIGKILL)
        time.sleep(0.02)


def _stands(layout: Layout, number: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
        return (Path("/proc") / str(number) / "cwd").readlink() == Path(os.path.realpath(layout.supervisor))
    return False


def _clear_the_place(layout: Layout) -> None:
    for process in leftovers.kill(layout):
        note(f"{layout.belt}: ended {process.program} (pid {process.pid}), which had outlived its supervisor")
    for number in group.end_all(layout):
        note(f"{layout.belt}: ended pid {number}, which had left its program and could not leave its group")
    for left in (layout.supervisor / control.SOCKET, pidfile(layout)):
        left.unlink(missing_ok=True)


def _silence(layout: Layout) -> str | None:
    try:
        with control.connect(layout) as connected:
            connected.ping()
    except OSError as why:
        return str(why)
    return None


def _configuration(layout: Layout) -> Path:
    return layout.supervisor / "supervisord.conf"


def _log(layout: Layout) -> Path:
    return layout.supervisor / "supervisord.log"


def _own_sections(layout: Layout) -> str:
    """`/proc/self/cwd` is the supervisor's directory, by a name that is never too long to bind."""
    user = "user=root\n" if os.geteuid() == 0 else ""
    return f"""[supervisord]
{user}nodaemon=true
silent=true
nocleanup=true
umask=077
identifier=belts-{ini_value(layout.belt)}
pidfile={ini_value(str(pidfile(layout)))}
logfile={ini_value(str(_log(layout)))}
logfile_maxbytes=10485760
logfile_backups=2

[unix_http_server]
file=/proc/self/cwd/{control.SOCKET}
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
