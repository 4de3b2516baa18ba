"""Hands the processes of belts to systemd, if that runs the host: the system's, or a user's own.

If systemd refuses, that is reported, and the process is started without it.
"""

import os
import pwd
from hashlib import sha256
from pathlib import Path

from belts.files import is_draft, replace
from belts.runtimes.process import toolchain
from belts.runtimes.process.confine import group, scope
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.progress import note
from belts.runtimes.process.supervise import service
from belts.runtimes.process.supervise.service import Service

SYSTEM = Path("/etc/systemd/system")
READABLE = 0o644
OURS = "belts-"
CWD = "WorkingDirectory="
STOP_S = service.STOP_S + scope.SECONDS
"""systemd may wait for the end of what a unit keeps, such as a database that writes its checkpoint."""


def available() -> bool:
    """Whether systemd runs this host, and can be asked."""
    return scope.available()


def unit(layout: Layout) -> str:
    """The unit of one belt, whose control group is the belt's."""
    return scope.service(group.name(layout))


def keeper(root: Path) -> Service:
    """The keeper of the belts below a directory. Belts that it started keep running when it ends."""
    digest = sha256(str(root).encode()).hexdigest()[:12]
    return Service(
        unit=f"{OURS}keeper-{digest}.service",
        what=f"the keeper of what is below {root}",
        argv=(str(toolchain.python()), "-m", "belts", "keep", "--root", str(root)),
        cwd=toolchain.CHECKOUT,
        env={"PYTHONUNBUFFERED": "1"},
        alone=True,
    )


def install(one: Service) -> bool:
    """Writes the unit and enables it at boot; returns False if that was so already.

    If systemd refuses, restores the former unit: otherwise the next call would find nothing left to do.
    """
    before = _read(one.unit)
    if one.alone and _is_of_who_asks(before):
        return False
    wanted = service.text(one, user=_user(), wanted_by=_wanted_by())
    files = {one.unit: wanted, service.GATEWAYS: service.GATEWAYS_TEXT}
    changed = [name for name, text in files.items() if _read(name) != text]
    if not changed:
        return False
    folder().mkdir(parents=True, exist_ok=True)
    for name in changed:
        replace(folder() / name, files[name], mode=READABLE)
    try:
        _systemctl("daemon-reload")
        _systemctl("enable", one.unit)
        if one.alone and before is not None:  # it takes nothing along, and the earlier one knows less
            _systemctl("try-restart", "--no-block", one.unit)
    except OSError:
        _restore(one.unit, before)
        raise
    _linger()
    return True


def start(one: Service) -> None:
    install(one)
    _systemctl("start", one.unit)


def rest(name: str) -> None:
    """Stops a unit and its pending start; does nothing without a unit."""
    if _read(name) is not None and scope.answers():
        _systemctl("stop", name, seconds=STOP_S)


def forget(name: str) -> None:
    """Ends a unit with everything that it keeps, and removes its file.

    If a user's systemd does not run, it keeps nothing, but the unit file would start it again.
    """
    if _read(name) is None:
        return
    answers = scope.answers()
    if answers:
        _systemctl("disable", "--now", name, seconds=STOP_S)
        _systemctl("revert", name)  # the limits that were set on it
    (folder() / name).unlink(missing_ok=True)
    if not [each for each in folder().glob(f"{OURS}*.service") if not is_draft(each.name, each.name)]:
        (folder() / service.GATEWAYS).unlink(missing_ok=True)
    if answers:
        _systemctl("daemon-reload")


def folder() -> Path:
    """The folder of the current user's units."""
    if os.geteuid() == 0:
        return SYSTEM
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"


def _linger() -> None:
    """Enables lingering; without it a user's services start and end with their sessions."""
    if os.geteuid() == 0:
        return
    try:
        scope.run("loginctl", "enable-linger", to="to start his services with the host", user=False)
    except OSError as why:
        now = f"as root: `loginctl enable-linger {_name()}`"
        note(f"what runs here does not start with the host: {why.strerror or why}; {now}")


def _is_of_who_asks(text: str | None) -> bool:
    """Whether another toolchain handed this over, which keeps the keeper while its checkout exists."""
    lines = text.splitlines() if text and os.environ.get(toolchain.HANDED_OVER) else []
    places = [line.partition("=")[2].replace("%%", "%") for line in lines if line.startswith(CWD)]
    return any(Path(place).is_dir() for place in places)


def _restore(name: str, before: str | None) -> None:
    if before is None:
        (folder() / name).unlink(missing_ok=True)
    else:
        replace(folder() / name, before, mode=READABLE)


def _systemctl(*arguments: str, seconds: float = scope.SECONDS) -> None:
    scope.run("systemctl", *arguments, to=f"to {arguments[0]} {arguments[-1]}", seconds=seconds)


def _read(name: str) -> str | None:
    try:
        return (folder() / name).read_text()
    except (OSError, ValueError):
        return None


def _user() -> str:
    """The unit's user; a user's own systemd takes none."""
    return _name() if os.geteuid() == 0 else ""


def _name() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def _wanted_by() -> str:
    return "multi-user.target" if os.geteuid() == 0 else "default.target"
