"""A Pulumi that the machine already has: new enough, and able to run Python programs."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.pulumi.version import OLDEST, Version, parse

ANSWER_S = 15.0
LANGUAGE = "pulumi-language-python"


@dataclass(frozen=True, kw_only=True, slots=True)
class Installed:
    """A Pulumi that can be used."""

    pulumi: Path
    language: Path
    version: Version


@dataclass(frozen=True, kw_only=True, slots=True)
class Unusable:
    """Why the machine's Pulumi is not used."""

    reason: str


def search_path(environ: Mapping[str, str], *, without: Path) -> str:
    """PATH without the folder that we fill, so that we never find our own links."""
    folders = environ.get("PATH", "").split(os.pathsep)
    return os.pathsep.join(each for each in folders if each and Path(each).resolve() != without.resolve())


def fingerprint(path: str) -> tuple[str, ...]:
    """Detects, without running it, whether the first Pulumi on a search path has changed."""
    name = shutil.which("pulumi", path=path)
    if name is None:
        return ("none",)
    seen = Path(name).stat()
    return (name, str(seen.st_size), str(seen.st_mtime_ns))


def find(path: str) -> Installed | Unusable:
    """The first Pulumi on a search path, if it is suitable."""
    name = shutil.which("pulumi", path=path)
    if name is None:
        return Unusable(reason="there is no pulumi on PATH")
    pulumi = Path(name).absolute()
    version = _ask(pulumi)
    if isinstance(version, Unusable):
        return version
    if version < OLDEST:
        return Unusable(reason=f"{pulumi} is {version}; {OLDEST} or newer is needed")
    language = _language_host(pulumi, path)
    if language is None:
        return Unusable(
            reason=f"{pulumi} has no {LANGUAGE} beside it nor on PATH, so it cannot run Python programs"
        )
    return Installed(pulumi=pulumi, language=language, version=version)


def _ask(pulumi: Path) -> Version | Unusable:
    with tempfile.TemporaryDirectory() as home:
        return _ask_at_home(pulumi, home)


def _ask_at_home(pulumi: Path, home: str) -> Version | Unusable:
    quiet = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": home}
    try:
        answer = subprocess.run(
            [pulumi, "version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ANSWER_S,
            env=quiet,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Unusable(reason=f"{pulumi} does not run: {error}")
    version = parse(answer.stdout)
    if answer.returncode or version is None:
        return Unusable(
            reason=f"{pulumi} version says {answer.stdout.strip()!r} and ends with {answer.returncode}"
        )
    return version


def _language_host(pulumi: Path, path: str) -> Path | None:
    for folder in (pulumi.parent, pulumi.resolve().parent):
        beside = shutil.which(LANGUAGE, path=str(folder))
        if beside:
            return Path(beside)
    anywhere = shutil.which(LANGUAGE, path=path)
    return Path(anywhere).absolute() if anywhere else None
