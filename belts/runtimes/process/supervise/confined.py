"""Holds the programs of a belt to what was declared, those that run already and those that start later."""

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
    """A host that cannot hold a belt brings it up all the same: `status` says what it is not held to."""
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
    """How a belt is held; None for what is no belt, or does not show whether it is one."""
    with suppress(OSError):
        if any(layout.request(part).exists() for part in limit.PARTS):
            return group.seen(layout)
    return None


def outside(layout: Layout) -> tuple[str, ...]:
    """Programs that run and are not held, such as one that was started while its group was not there."""
    inside = group.members(layout)
    return tuple(sorted({one.program for one in leftovers.of_belt(layout) if one.pid not in inside}))
