"""What was asked of this host, belt by belt.

Read by `status`, by `heal`, and by the checks of every other belt.
"""

import json
from pathlib import Path
from typing import Any

from belts.files import read_json, write_private_json
from belts.runtimes.process.errors import BadRequest, Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.wire.request import PARTS, VERSION, Request, from_json


def record(request: Request) -> None:
    """Before the work begins, so that what is half done can be removed, and its ports are known to be
    taken.
    """
    write_private_json(request.layout.request(request.part), request.raw)


def forget(layout: Layout, part: str) -> None:
    layout.request(part).unlink(missing_ok=True)


def belts(root: Path) -> tuple[Layout, ...]:
    if not root.is_dir():
        return ()
    names = sorted(place.name for place in root.iterdir() if (place / "requests").is_dir())
    return tuple(Layout(root=root, belt=name) for name in names)


def of_belt(layout: Layout) -> tuple[Request, ...]:
    """In the order in which the parts lean on each other."""
    found = []
    for part in PARTS:
        try:
            raw = read_json(layout.request(part))
            if raw is not None:
                _refuse_later(layout, part, raw)
                found.append(from_json(raw | {"root": str(layout.root)}))
        except (json.JSONDecodeError, BadRequest) as mistake:
            raise Refused(
                f"{layout.belt}: what was asked for cannot be read",
                expected=f"a request of this version in {layout.request(part)}",
                seen=mistake.seen if isinstance(mistake, BadRequest) else str(mistake),
                now=f"apply it, or `python -m belts remove --all --root {layout.root} {layout.belt}`",
            ) from mistake
    return tuple(found)


def _refuse_later(layout: Layout, part: str, raw: dict[str, Any]) -> None:
    """What a later release asked for is for that release to read, to heal and to remove."""
    version = raw.get("version")
    if isinstance(version, int) and version > VERSION:
        raise Refused(
            f"{layout.belt}: what was asked for cannot be read",
            expected=f"a request of version {VERSION} in {layout.request(part)}",
            seen=f"version {version}, which `python -m belts apply` of a later release wrote",
            now="run this with that release",
        )


def of_host(root: Path) -> tuple[Request, ...]:
    return tuple(request for layout in belts(root) for request in of_belt(layout))
