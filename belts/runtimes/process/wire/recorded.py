"""What was asked of this host, belt by belt.

Read by `status`, by `heal`, and by the checks of every other belt: what cannot be read of one belt is told,
and keeps nobody from what can be read of the others.
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
    """Before the work begins, so that what is half done can be removed, and its ports are known to be
    taken.

    `told` are the secrets that came along. Until `applied` is called, what is recorded is known not to be
    what was carried out last; where it is that already, nothing is written.
    """
    layout = request.layout
    if _applied(layout, request.part) != _digests(request, told):
        write_private(layout.applied(request.part), BEGUN)
    write_private_json(layout.request(request.part), request.raw)


Files = tuple[bytes | None, bytes | None]
"""What is recorded of one part, as it lies there."""


def lying(request: Request) -> Files:
    """What is recorded before, to be put back where nothing comes of what is asked for now."""
    request_file, applied_file = _files(request)
    return _bytes(request_file), _bytes(applied_file)


def put_back(request: Request, files: Files) -> None:
    """What runs is what was asked for before, and is brought back by that."""
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
    """The request was carried out to its end."""
    write_private(request.layout.applied(request.part), _digests(request, told))


def unfinished(request: Request) -> str | None:
    """That what is recorded may not be what runs, in words; None where it was carried out to its end.

    Of what a release before this one has carried out nothing is known, and nothing is said.
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
    """What was asked of one part, and cannot be read."""

    layout: Layout
    part: str
    refusal: Refused
    later: bool = False
    """A later release asked for it: that one reads it, and nobody else writes over it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What was asked, as far as it can be read; the parts of a belt in the order in which they lean on each
    other.
    """

    requests: tuple[Request, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def indexer(self) -> Indexer | None:
        """The indexer of one belt; None where none was asked for, or nobody can read it."""
        return next((each.body for each in self.requests if isinstance(each.body, Indexer)), None)


def belts(root: Path) -> tuple[Layout, ...]:
    """Every belt and gateway, also one whose files cannot be looked at: whoever asks for them is told so."""
    if not root.is_dir():
        return ()
    names = sorted(place.name for place in root.iterdir() if _is_belt(place))
    return tuple(Layout(root=root, belt=name) for name in names)


def look(layout: Layout) -> Asked:
    """What was asked for one belt."""
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
    """All of it, or `Refused`."""
    asked = look(layout)
    for unread in asked.unread:
        raise unread.refusal
    return asked.requests


def of_host(root: Path) -> Asked:
    """What was asked for every belt of the host."""
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
    """What cannot be read is none that anybody has carried out."""
    file = layout.applied(part)
    try:
        return read(file).decode()
    except FileNotFoundError:
        return UNREADABLE if leads_nowhere(file) else None
    except (OSError, ValueError):
        return UNREADABLE


def _digests(request: Request, told: Mapping[str, str]) -> str:
    """One of the request, without when it was asked and of whom, and one of the secrets beside it."""
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
    """What a later release asked for is for that release to read, to heal and to remove."""
    version = raw.get("version")
    if isinstance(version, int) and version > VERSION:
        refusal = Refused(
            f"{layout.belt}: what was asked for cannot be read",
            expected=f"a request of version {VERSION} in {layout.request(part)}",
            seen=f"version {version}, which `python -m belts apply` of a later release wrote",
            now="run this with that release",
        )
        raise _Unread(refusal, later=True)
