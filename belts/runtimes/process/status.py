"""The belts of this host, as a table or as JSON."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from belts.runtimes import bill
from belts.runtimes.cost import Census
from belts.runtimes.process import binding, damage
from belts.runtimes.process.confine.group import Held
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import disk, host_identity, keeper, pace
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import idle, siblings
from belts.runtimes.process.parts import prover_note
from belts.runtimes.process.seed import settled
from belts.runtimes.process.supervise import caged, confined, hung, live, supervisord
from belts.runtimes.process.supervise.live import Live
from belts.runtimes.process.wire import recorded
from belts.spec.indexer import Profile

HEADER = ("BELT", "PART", "STATE", "PROGRAM", "PID", "PORT", "SINCE")


def as_json(layouts: Sequence[Layout]) -> dict[str, Any]:
    room = disk.look(layouts)
    return {
        "belts": {
            layout.belt: {
                "supervisor": supervisord.pid(layout),
                "unread": list(_unread(layout)),
                "toolchain": _toolchain_as_json(layout),
                "parts": {
                    part: {
                        "state": str(seen.health),
                        "generation": seen.generation,
                        "ports": list(seen.ports),
                        "unfinished": seen.unfinished,
                        "programs": {name: state.pid for name, state in seen.programs.items()},
                        **_said(layout, part),
                    }
                    for part, seen in live.read(layout.root, layout.belt).items()
                },
                "hangs": list(hung.alarms(layout)),
                "idle": idle.words(layout),
                "profile": _profile(layout),
                "pace": list(pace.words(layout)),
                **_limits_as_json(layout),
                **_caged_as_json(layout),
            }
            for layout in layouts
        },
        "host": host_identity.told(layouts[0].root) if layouts else None,
        "keeper": keeper.pid(layouts[0].root) if layouts else None,
        "budget": list(_budget(layouts)),
        "disk": None if room is None else {"free": room.free, "size": room.size, "days": room.days},
    }


def as_table(layouts: Sequence[Layout]) -> str:
    parts = {layout: live.read(layout.root, layout.belt) for layout in layouts}
    rows = [HEADER, *(row for layout, seen in parts.items() for row in _rows(layout, seen))]
    if len(rows) == 1:
        return "no belts on this host"
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    unfinished = [one.unfinished for seen in parts.values() for one in seen.values() if one.unfinished]
    unread = [words for layout in layouts for words in _unread(layout)]
    proofs = [f"{layout.belt}: prover: {said}" for layout in layouts if (said := prover_note.said(layout))]
    remedies = [_remedy(layout) for layout in layouts if not supervisord.pid(layout)]
    bound = [line for layout in layouts for line in _toolchain(layout)]
    limits = [line for layout in layouts for line in _limits(layout)]
    hangs = [line for layout in layouts for line in _hangs(layout)]
    judged = [held.words(layout.belt) for layout in layouts if (held := caged.seen(layout))]
    unkept = [] if keeper.pid(layouts[0].root) else [_unkept(layouts[0])]
    room = disk.look(layouts)
    left = [f"disk: {room.words()} below {layouts[0].root}"] if room else []
    host = [f"host: {host_identity.told(layouts[0].root)}"]
    paces = [line for layout in layouts for line in pace.words(layout)]
    settling = [words for layout in layouts if (words := _profile(layout))]
    idles = [words for layout in layouts if (words := idle.words(layout))]
    costs = [f"budget: {line}" for line in _budget(layouts)]
    left += [*costs, *idles, *settling, *paces]
    told = (*unread, *unfinished, *hangs, *proofs, *bound, *limits, *judged, *left, *host, *remedies, *unkept)
    return "\n".join([*lines, *told])


def _hangs(layout: Layout) -> tuple[str, ...]:
    """Parts that hang and are left, with what to do; and those that were restarted for it of late."""
    left = (f"{words}; read {layout.logs}, then end its process" for words in hung.alarms(layout))
    return (*left, *hung.restarted(layout, datetime.now(UTC)))


def _budget(layouts: Sequence[Layout]) -> Iterator[str]:
    """What the belts cost; one that is asked for by its name, what it costs alone."""
    census = siblings.census(layouts[0].root) if layouts else Census()
    names = {layout.belt for layout in layouts}
    yield from (bill.of(belt) for belt in census.alive if belt.name in names)
    yield from bill.together(census, datetime.now(UTC))


def _unkept(layout: Layout) -> str:
    return (
        f"nobody keeps these belts: what dies with its supervisor or its host stays down until"
        f" `python -m belts keep --root {layout.root}` runs; docs/host.md says how it starts with the host"
    )


def _profile(layout: Layout) -> str | None:
    """Which profile a belt with `auto` has, and since when."""
    body = recorded.look(layout).indexer
    if body is None or body.profile is not Profile.AUTO:
        return None
    since = settled.since(layout, body.seed)
    if since is None:
        return f"{layout.belt}: profile auto: backfill, until it has settled at the heads of its chains"
    return f"{layout.belt}: profile auto: steady, since it has settled ({since:%Y-%m-%d %H:%M} UTC)"


def _unread(layout: Layout) -> tuple[str, ...]:
    return (*damage.of_belt(layout), *damage.leases(layout))


def _toolchain_as_json(layout: Layout) -> dict[str, Any] | None:
    """Which one keeps the belt; `unread` says where that cannot be known."""
    with suppress(Refused):
        if (kept := binding.of_belt(layout)) is not None:
            return {"checkout": str(kept.checkout), "here": binding.elsewhere(layout) is None}
    return None


def _toolchain(layout: Layout) -> Iterator[str]:
    with suppress(Refused):
        if (other := binding.elsewhere(layout)) is not None:
            yield f"{layout.belt}: {binding.kept_elsewhere(layout, other)}"


def _limits_as_json(layout: Layout) -> dict[str, Any]:
    held = confined.seen(layout)
    if held is None:
        return {}
    if not isinstance(held, Held):
        return {"limits": {"held": False, "why": held.why}}
    return {
        "limits": {
            "held": True,
            "memoryMb": held.memory_mb,
            "takenMb": held.taken_mb,
            "processes": held.processes,
            "ended": held.ended,
            "outside": list(confined.outside(layout)),
        }
    }


def _caged_as_json(layout: Layout) -> dict[str, Any]:
    """What keeps the belt's indexer from the rest of the host."""
    held = caged.seen(layout)
    return (
        {}
        if held is None
        else {"indexer": {"user": held.user, "landlock": held.files, "socketsHidden": held.sockets}}
    )


def _limits(layout: Layout) -> Iterator[str]:
    """What holds a belt to the memory that was declared for it."""
    held = confined.seen(layout)
    if held is None:
        return
    if not isinstance(held, Held):
        yield f"{layout.belt}: nothing holds it to its memory: {held.why}; docs/host.md says what does"
        return
    most = f" and {held.processes:,} processes" if held.processes else ", and to no number of processes"
    yield f"{layout.belt}: held to {held.memory_mb:,} MB of memory (takes {held.taken_mb:,}){most}"
    if held.wanted_mb < held.memory_mb:
        yield f"{layout.belt}: to be held to {held.wanted_mb:,} MB, once it needs no more: {_heal(layout)}"
    if held.ended:
        yield f"{layout.belt}: {held.ended:,} of its processes were ended for taking more: let it declare it"
    if outside := confined.outside(layout):
        yield f"{layout.belt}: not held to it: {', '.join(outside)}; {_heal(layout)} takes them in"


def _said(layout: Layout, part: str) -> dict[str, str]:
    """What a part says of itself: of a belt's prover, how far it is."""
    said = prover_note.said(layout) if part == "prover" else None
    return {"said": said} if said else {}


def _rows(layout: Layout, parts: Mapping[str, Live]) -> Iterator[tuple[str, ...]]:
    number = supervisord.pid(layout)
    state = "up" if number else "down"
    yield (layout.belt, "supervisor", state, "supervisord", str(number or "-"), "-", "-")
    for part, seen in parts.items():
        yield from _part_rows(layout, part, seen)


def _part_rows(layout: Layout, part: str, seen: Live) -> Iterator[tuple[str, ...]]:
    ports = [str(port) for port in seen.ports] or ["-"]
    names = list(seen.programs) or ["-"]
    for index, name in enumerate(names):
        program = seen.programs.get(name)
        pid = str(program.pid) if program and program.pid else "-"
        port = ports[index] if index < len(ports) else "-"
        yield (
            layout.belt,
            part,
            str(seen.health),
            name,
            pid,
            port,
            _since(program.started_at if program else 0),
        )


def _remedy(layout: Layout) -> str:
    return f"{layout.belt}: its supervisor is not there; bring it back with {_heal(layout)}"


def _heal(layout: Layout) -> str:
    return f"`python -m belts heal --root {layout.root} {layout.belt}`"


def _since(started_at: int) -> str:
    if not started_at:
        return "-"
    seconds = max(0, int(time.time()) - started_at)
    return f"{seconds // 3600:d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
