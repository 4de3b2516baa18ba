"""Links in the toolchain's folder of programs."""

import os
from pathlib import Path


def link(name: Path, target: Path) -> None:
    """Make ``name`` a link to ``target``, and replace an earlier link in one step."""
    if not target.exists():
        raise FileNotFoundError(f"{target} is not there, so {name} cannot lead to it")
    name.parent.mkdir(parents=True, exist_ok=True)
    fresh = name.with_name(f".{name.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(target, name.parent.resolve()))
    fresh.replace(name)
