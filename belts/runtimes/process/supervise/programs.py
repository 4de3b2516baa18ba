"""One program of a belt, as data, and its rendering for supervisord."""

import hashlib
import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from belts.runtimes.process import kept_code, toolchain
from belts.runtimes.process.confine.cage import Cage
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import launch, leftovers

LOG_BYTES = 10 * 1024 * 1024
LOG_BACKUPS = 3
ENDLESS_RETRIES = 1_000_000
BASE_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """What runs, and the files it reads at its start.

    If one of them changes, the program counts as another one.
    """

    name: str
    argv: tuple[str, ...]
    cwd: Path
    env: dict[str, str] = field(default_factory=dict, repr=False)
    files: tuple[Path, ...] = ()
    user: str = "same"
    cage: Cage | None = None
    port: int | None = None
    """A port that the supervisor opens and keeps; the program finds it open as its descriptor 0."""
    stop_signal: str = "TERM"
    stop_wait_s: int = 10
    priority: int = 500

    def spec(self, layout: Layout, *, parent: int | str) -> dict[str, Any]:
        """What `launch` reads: with the whole environment, since nothing of the caller's may leak in."""
        marked = {leftovers.MARK: leftovers.mark(layout, self.name)}
        home = {"HOME": str(self.cwd)}
        return {
            "argv": list(self.argv),
            "cwd": str(self.cwd),
            "env": BASE_ENVIRONMENT | home | self.env | marked,
            "user": self.user,
            "parent": parent,
            **({"cage": self.cage.spec()} if self.cage else {}),
        }

    def spec_file(self, layout: Layout) -> Path:
        return layout.programs / f"{self.name}.json"

    def section_file(self, layout: Layout) -> Path:
        return layout.programs / f"{self.name}.conf"

    def supervised_spec(self, layout: Layout) -> str:
        return json.dumps(self.spec(layout, parent=str(pidfile(layout))), indent=2, sort_keys=True) + "\n"

    def digest(self, layout: Layout) -> str:
        told = hashlib.sha256(self.supervised_spec(layout).encode())
        for file in self.files:
            told.update(file.read_bytes())
        return told.hexdigest()[:16]

    def section(self, layout: Layout) -> str:
        command = [*launcher(), str(self.spec_file(layout)), self.digest(layout)]
        settings = {
            "command": " ".join(shlex.quote(word) for word in command),
            "autostart": "true",
            "autorestart": "true",
            "startsecs": "1",
            "startretries": str(ENDLESS_RETRIES),
            "stopsignal": self.stop_signal,
            "stopwaitsecs": str(self.stop_wait_s),
            "stopasgroup": "true",
            "killasgroup": "true",
            "priority": str(self.priority),
            "redirect_stderr": "true",
            "stdout_logfile": str(layout.log(self.name)),
            "stdout_logfile_maxbytes": str(LOG_BYTES),
            "stdout_logfile_backups": str(LOG_BACKUPS),
        }
        kind = "program"
        if self.port is not None:
            kind, settings["socket"] = "fcgi-program", f"tcp://127.0.0.1:{self.port}"
        lines = [f"{key}={ini_value(value)}" for key, value in settings.items()]
        return "\n".join([f"[{kind}:{self.name}]", *lines]) + "\n"


def launch_file() -> Path:
    """The script that starts every program, from the code kept at the bring-up; its imports lie beside it."""
    return kept_code.code() / Path(launch.__file__).resolve().relative_to(toolchain.CODE)


def launcher() -> tuple[str, ...]:
    return (str(toolchain.python()), "-I", "-S", str(launch_file()))


def pidfile(layout: Layout) -> Path:
    return layout.supervisor / "supervisord.pid"


def ini_value(value: str) -> str:
    """Escapes `%`, which supervisor expands; refuses line breaks, and a blank before `;` or `#`."""
    if "\n" in value or " ;" in value or " #" in value:
        raise Refused(
            "a path cannot be written into the supervisor's configuration",
            expected="no line break, and no blank before ; or #",
            seen=repr(value),
            now="use a directory with a plainer name",
        )
    return value.replace("%", "%%")
