"""The recorded requests of this host, belt by belt.

They are read by `status`, by `heal`, and by the checks of every other belt: an unreadable request of one belt
is reported, and does not affect the others.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from belts.files import leads_nowhere, read, read_json, why_unread, write_private, write_private_json
from belts.refusal import Caught
from belts.runtimes.process.errors import BadRequest, Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.wire.request import NAME, PARTS, VERSION, Request, from_json
from belts.spec.indexer import Indexer

NOTHING: Mapping[str, str] = MappingProxyType({})
WHENCE = frozenset({"generation", "root", "host"})
BEGUN, UNREADABLE = "", "unreadable"
WHY = {
    BEGUN: "it was begun and did not come to its end",
    UNREADABLE: "what says that it came to its end cannot be read",
}


def record(request: Request, told: Mapping[str, str] = NOTHING) -> None:
    """Records a request before its work begins, so that a half-done part can be removed and its ports count.

    `told` are the secrets passed with it. Until `applied` is called, the record is known to differ from what
    was last carried out; if it is the same already, nothing is written.
    """
    layout = request.layout
    if _applied(layout, request.part) != _digests(request, told):
        write_private(layout.applied(request.part), BEGUN)
    write_private_json(layout.request(request.part), request.raw)


Files = tuple[bytes | None, bytes | None]
"""The record of one part, as its files' raw content."""


def lying(request: Request) -> Files:
    """The record before a request, to be put back if the request changes nothing."""
    request_file, applied_file = _files(request)
    return _bytes(request_file), _bytes(applied_file)


def put_back(request: Request, files: Files) -> None:
    """Restores a record, since the former request is what still runs."""
    for place, content in zip(_files(request), files, strict=True):
        if content is None:
            place.unlink(missing_ok=True)
        else:
            write_private(place, content.decode(errors="replace"))


def _files(request: Request) -> tuple[Path, Path]:
    return request.layout.request(request.part), request.layout.applied(request.part)


def _bytes(place: Path) -> bytes | None:
    try:
        return read(place)
    except OSError:  # what said nothing before is not put back
        return None


def applied(request: Request, told: Mapping[str, str] = NOTHING) -> None:
    """Records that the request was carried out completely."""
    write_private(request.layout.applied(request.part), _digests(request, told))


def unfinished(request: Request) -> str | None:
    """Why the recorded request may not be what runs; None if it was carried out completely.

    Returns None for a request of an earlier release, which did not record that.
    """
    found = _applied(request.layout, request.part)
    if found is None or found.partition(" ")[0] == _digests(request, NOTHING).partition(" ")[0]:
        return None
    why = WHY.get(found, "it was edited since it was carried out")
    return (
        f"{request.belt}: what was asked of its {request.part} last may not be what runs: {why};"
        f" `pulumi up --stack {request.belt}` carries out what its stack says"
    )


def forget(layout: Layout, part: str) -> None:
    layout.request(part).unlink(missing_ok=True)
    layout.applied(part).unlink(missing_ok=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """A request of one part that cannot be read."""

    layout: Layout
    part: str
    refusal: Refused
    later: bool = False
    """Whether a later release wrote it: only that release reads it, and no other overwrites it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The readable and unreadable requests; the parts of a belt are ordered by dependency."""

    requests: tuple[Request, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def indexer(self) -> Indexer | None:
        """The indexer of one belt; None if there is none, or its request cannot be read."""
        return next((each.body for each in self.requests if isinstance(each.body, Indexer)), None)


def belts(root: Path) -> tuple[Layout, ...]:
    """Every belt and gateway, including those whose files cannot be looked at, which reading them reports."""
    if not root.is_dir():
        return ()
    names = sorted(place.name for place in root.iterdir() if _is_belt(place))
    return tuple(Layout(root=root, belt=name) for name in names)


def look(layout: Layout) -> Asked:
    """The requests of one belt."""
    requests, unread = [], []
    for part in PARTS:
        try:
            found = _request(layout, part)
        except _Unread as why:
            unread.append(Unread(layout=layout, part=part, refusal=why.refusal, later=why.later))
        else:
            requests += [] if found is None else [found]
    return Asked(requests=tuple(requests), unread=tuple(unread))


def of_belt(layout: Layout) -> tuple[Request, ...]:
    """All requests of a belt; raises `Refused` if one cannot be read."""
    asked = look(layout)
    for unread in asked.unread:
        raise unread.refusal
    return asked.requests


def of_host(root: Path) -> Asked:
    """The requests of every belt of the host."""
    found = [look(layout) for layout in belts(root)]
    return Asked(
        requests=tuple(request for asked in found for request in asked.requests),
        unread=tuple(unread for asked in found for unread in asked.unread),
    )


class _Unread(Caught):
    """Why one request cannot be read."""

    def __init__(self, refusal: Refused, *, later: bool) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal
        self.later = later


def _applied(layout: Layout, part: str) -> str | None:
    """The digests of what was carried out; an unreadable file counts as not carried out."""
    file = layout.applied(part)
    try:
        return read(file).decode()
    except FileNotFoundError:
        return UNREADABLE if leads_nowhere(file) else None
    except (OSError, ValueError):
        return UNREADABLE


def _digests(request: Request, told: Mapping[str, str]) -> str:
    """Digests of the request, without its time and host, and of the secrets beside it."""
    body = {key: value for key, value in request.raw.items() if key not in WHENCE}
    return " ".join(_digest(each) for each in (body, dict(told)))


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _is_belt(place: Path) -> bool:
    if re.fullmatch(NAME, place.name) is None:
        return False
    try:
        (place / "requests").lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _request(layout: Layout, part: str) -> Request | None:
    try:
        raw = read_json(layout.request(part))
        if raw is None:
            return None
        _refuse_later(layout, part, raw)
        return _own(layout, part, from_json(raw | {"root": str(layout.root)}))
    except BadRequest as mistake:
        raise _unread(layout, part, mistake.seen) from mistake
    except (OSError, ValueError) as fault:
        raise _unread(layout, part, why_unread(fault)) from fault


def _own(layout: Layout, part: str, request: Request) -> Request:
    if (request.belt, request.part) != (layout.belt, part):
        raise ValueError(f"what was asked of the {request.part} of {request.belt}")
    return request


def _unread(layout: Layout, part: str, seen: str) -> _Unread:
    refusal = Refused(
        f"{layout.belt}: what was asked for cannot be read",
        expected=f"a request of this version in {layout.request(part)}",
        seen=seen,
        now=f"apply it, or `python -m belts remove --all --root {layout.root} {layout.belt}`",
    )
    return _Unread(refusal, later=False)


def _refuse_later(layout: Layout, part: str, raw: dict[str, Any]) -> None:
    """Refuses a later release's request, which only that release may read, heal and remove."""
    version = raw.get("version")
    if isinstance(version, int) and version > VERSION:
        refusal = Refused(
            f"{layout.belt}: what was asked for cannot be read",
            expected=f"a request of version {VERSION} in {layout.request(part)}",
            seen=f"version {version}, which `python -m belts apply` of a later release wrote",
            now="run this with that release",
        )
        raise _Unread(refusal, later=True)
