"""The belts of this host, as a table or as JSON."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from belts.runtimes.process import damage
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import prover_note
from belts.runtimes.process.supervise import live, supervisord
from belts.runtimes.process.supervise.live import Live

HEADER = ("BELT", "PART", "STATE", "PROGRAM", "PID", "PORT", "SINCE")


def as_json(layouts: Sequence[Layout]) -> dict[str, Any]:
    return {
        "belts": {
            layout.belt: {
                "supervisor": supervisord.pid(layout),
                "unread": list(_unread(layout)),
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
            }
            for layout in layouts
        }
    }


def as_table(layouts: Sequence[Layout]) -> str:
    rows = [HEADER, *(row for layout in layouts for row in _rows(layout))]
    if len(rows) == 1:
        return "no belts on this host"
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    seen = [one for layout in layouts for one in live.read(layout.root, layout.belt).values()]
    unfinished = [one.unfinished for one in seen if one.unfinished]
    unread = [words for layout in layouts for words in _unread(layout)]
    proofs = [f"{layout.belt}: prover: {said}" for layout in layouts if (said := prover_note.said(layout))]
    remedies = [_remedy(layout) for layout in layouts if not supervisord.pid(layout)]
    return "\n".join([*lines, *unread, *unfinished, *proofs, *remedies])


def _unread(layout: Layout) -> tuple[str, ...]:
    return (*damage.of_belt(layout), *damage.leases(layout))


def _said(layout: Layout, part: str) -> dict[str, str]:
    """What a part says of itself: of a belt's prover, how far it is."""
    said = prover_note.said(layout) if part == "prover" else None
    return {"said": said} if said else {}


def _rows(layout: Layout) -> Iterator[tuple[str, ...]]:
    number = supervisord.pid(layout)
    state = "up" if number else "down"
    yield (layout.belt, "supervisor", state, "supervisord", str(number or "-"), "-", "-")
    for part, seen in live.read(layout.root, layout.belt).items():
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
    command = f"python -m belts heal --root {layout.root} {layout.belt}"
    return f"{layout.belt}: its supervisor is not there; bring it back with `{command}`"


def _since(started_at: int) -> str:
    if not started_at:
        return "-"
    seconds = max(0, int(time.time()) - started_at)
    return f"{seconds // 3600:d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
