"""What was asked of this host, belt by belt.

Read by `status`, by `heal`, and by the checks of every other belt.
"""

import json
from pathlib import Path

from belts.host.errors import BadRequest, Refused
from belts.host.layout import Layout, read_json, write_private_json
from belts.host.parsers import PARSERS
from belts.host.request import Request, from_json


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
    for part in PARSERS:
        try:
            raw = read_json(layout.request(part))
            if raw is not None:
                found.append(from_json(raw | {"root": str(layout.root)}))
        except (json.JSONDecodeError, BadRequest) as mistake:
            raise Refused(
                f"{layout.belt}: what was asked for cannot be read",
                expected=f"a request of this version in {layout.request(part)}",
                seen=str(mistake),
                now=f"apply it, or `python -m belts.host remove --all --root {layout.root} {layout.belt}`",
            ) from mistake
    return tuple(found)


def of_host(root: Path) -> tuple[Request, ...]:
    return tuple(request for layout in belts(root) for request in of_belt(layout))
