"""The settings of the ETL, in one file: it holds passwords, so only its owner may read it."""

import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from belts.refusal import Refusal

DEPTH = 200
"""The blocks that Envio may undo on a chain, if its config does not set another number."""
KEYS = frozenset({"status", "databases", "once", "depth"})


class BadSettings(Refusal):
    """The settings file cannot be used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Once:
    """For an entity whose rows are written once: the columns with a row's chain and block."""

    chain: str
    block: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The URL that names the serving belt, each belt's database, and the entities never rewritten."""

    status: str
    databases: Mapping[str, str] = field(repr=False)
    once: Mapping[str, Once]
    depth: int = DEPTH


def read(file: Path) -> Settings:
    """Reads the settings; every error here is a mistake in the file, as no belt has been read yet."""
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise _bad(file, seen="one that others may read", now=f"`chmod 600 {file}`, then run it again")
        return _settings(dict(json.loads(file.read_text())))
    except (OSError, ValueError, KeyError, TypeError) as why:
        raise _bad(
            file, seen=f"{type(why).__name__}: {why}", now="docs/consumers.md shows one; then run it again"
        ) from None


def _settings(told: Mapping[str, Any]) -> Settings:
    if strange := sorted(told.keys() - KEYS):
        raise ValueError(f"nobody knows {', '.join(strange)}")
    depth = told.get("depth", DEPTH)
    if not isinstance(depth, int) or isinstance(depth, bool) or depth < 0:
        raise ValueError(f"depth is {depth!r}, and no number of blocks")
    return Settings(
        status=str(told["status"]),
        databases={str(belt): str(url) for belt, url in dict(told["databases"]).items()},
        once={
            str(entity): Once(chain=str(columns["chain"]), block=str(columns["block"]))
            for entity, columns in dict(told.get("once", {})).items()
        },
        depth=depth,
    )


def _bad(file: Path, *, seen: str, now: str) -> BadSettings:
    return BadSettings(
        f"{file} cannot be used",
        expected="a JSON file of its owner's, with status, databases and, if need be, once and depth",
        seen=seen,
        now=now,
    )
