"""Limits the programs of a belt to what was declared, both running ones and those started later."""

import resource
from collections.abc import Iterable
from contextlib import suppress

from belts.files import private_dir
from belts.runtimes.process.confine import group, limit
from belts.runtimes.process.confine.group import Held, Loose
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import leftovers, ranks, supervisord
from belts.runtimes.process.wire.request import Request


def keep(layout: Layout, requests: Iterable[Request]) -> None:
    """Applies the limits. A host that cannot limit a belt still brings it up; `status` reports that."""
    private_dir(layout.supervisor)
    memory_mb = limit.of(requests)
    supervisor = supervisord.pid(layout)
    running = [process.pid for process in leftovers.of_belt(layout)]
    if memory_mb is not None:
        group.hold(layout, memory_mb, running, supervisor=supervisor)
    for pid in (*running, *([supervisor] if supervisor else [])):
        with suppress(OSError):  # gone meanwhile, or another user's
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
    ranks.spread(layout)


def seen(layout: Layout) -> Held | Loose | None:
    """How a belt is limited; None if it is not a belt, or does not show whether it is one."""
    with suppress(OSError):
        if any(layout.request(part).exists() for part in limit.PARTS):
            return group.seen(layout)
    return None


def outside(layout: Layout) -> tuple[str, ...]:
    """Running programs outside the limits, such as one started while the group did not exist."""
    inside = group.members(layout)
    return tuple(sorted({one.program for one in leftovers.of_belt(layout) if one.pid not in inside}))
