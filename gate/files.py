"""Reads the files that a run is given, and locates the evidence."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from belts.reading.mistakes import Mistake, MistakesError
from gate import endpoints_file
from gate.checks import CHECKS
from gate.endpoints import Endpoints
from gate.endpoints_file import Places
from gate.evidence import Store
from gate.policy import Policy, first_alias_mistakes, parse
from gate.seal import seal_of

T = TypeVar("T")


def read(
    endpoints: Path, policy: Path, environment: Mapping[str, str], places: Places
) -> tuple[Endpoints, Policy]:
    """Reads both files; raises the mistakes of both."""
    mistakes: list[Mistake] = []
    where = _kept(
        mistakes,
        lambda: endpoints_file.parse(_text(endpoints, "endpoints"), environment=environment, places=places),
    )
    what = _kept(mistakes, lambda: read_policy(policy, environment))
    if where is not None and what is not None and where.serving is None:
        mistakes.extend(first_alias_mistakes(what))
    if mistakes or where is None or what is None:
        raise MistakesError(mistakes, left="nothing was looked at")
    return where, what


def read_policy(policy: Path, environment: Mapping[str, str]) -> Policy:
    """The policy in a file."""
    return policy_of(policy_text(policy), environment)


def policy_text(policy: Path) -> str:
    """The text of a policy's file."""
    return _text(policy, "policy")


def policy_of(text: str, environment: Mapping[str, str]) -> Policy:
    """Parses a policy, checking it against the existing parts."""
    parts = [part for check in CHECKS for part in check.parts]
    return parse(
        text,
        environment=environment,
        acceptable=[part.path for part in parts if part.acceptable],
        core=[part.path for part in parts if not part.acceptable],
    )


def _kept(mistakes: list[Mistake], reading: Callable[[], T]) -> T | None:
    """Reads one file, adding its mistakes to those of the other file."""
    try:
        return reading()
    except MistakesError as error:
        mistakes.extend(error.mistakes)
        return None


def _text(path: Path, name: str) -> str:
    """A file's text."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        got = error.strerror if isinstance(error, OSError) and error.strerror else "bytes that are not text"
        raise MistakesError(
            [Mistake(path=name, expected=f"a file at {path}", got=got)], of=f"the {name}"
        ) from error


def evidence_store(environment: Mapping[str, str], directory: Path | None = None) -> Store:
    """The store for evidence of sampled blocks between runs, and its seal."""
    return Store(directory=directory or evidence_directory(environment), seal=seal_of(environment))


def evidence_directory(environment: Mapping[str, str]) -> Path:
    """The directory for evidence between runs."""
    home = environment.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "belts" / "evidence"
