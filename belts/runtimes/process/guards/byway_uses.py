"""Who used a belt's byway lately: by operation, agent and origin, from the log of each gateway beside it.

The log is bounded. What was dropped from it is older than all that is left, so whoever reads on is in it;
that there may have been others is said as a reader of its own.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.wire import recorded
from belts.spec.byway import AGENT, AT, BELT, LOG, LOGS_KEPT, OPERATION, ORIGIN, path
from belts.spec.gateway import Caddy, alias_of

MOST = 200
"""So many are told apart; those after them are counted as one."""
OTHERS = ("", "others", "")
OURS = "belts-"
"""Whoever calls itself so is the gate or the host, as the engine has it."""
CENTURIES = 1e11

Called = tuple[str, str, str]
"""The operation, the agent, the origin."""


@dataclass(kw_only=True, slots=True)
class Use:
    """How often, and when last."""

    times: int = 0
    last: float = 0.0

    def again(self, at: float) -> None:
        self.times, self.last = self.times + 1, max(self.last, at)


@dataclass(kw_only=True, slots=True)
class Uses:
    """All of one belt, of one gateway."""

    found: dict[Called, Use] = field(default_factory=dict)
    unread: int = 0
    """Lines that say nothing."""
    oldest: float | None = None
    """The first line that there is, of whatever belt."""
    dropped: bool = False
    """Whether there were lines before that."""

    def take(self, line: str, belt: str, since: float) -> None:
        try:
            told = json.loads(line)
            at, called = _called(told)
            named = str(told[BELT])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self.unread += 1
            return
        self.oldest = at if self.oldest is None else min(self.oldest, at)
        if named != belt or at < since or called[1].startswith(OURS):
            return
        key = called if called in self.found or len(self.found) < MOST else OTHERS
        self.found.setdefault(key, Use()).again(at)


def of_belt(layout: Layout, now: datetime | None = None) -> Iterator[tuple[str, str]]:
    """Who, as they call themselves, and what was seen of them."""
    moment = now or datetime.now(UTC)
    for gateway, days in _gateways(layout.root):
        since = (moment - timedelta(days=days)).timestamp()
        yield from shown(uses(gateway.logs, layout.belt, since), layout.belt, since)


def uses(logs: Path, belt: str, since: float) -> Uses | str:
    """What the log says; in words why it cannot be read."""
    found = Uses()
    try:
        before = sorted(logs.glob(f"{LOG}-*.log"))
        found.dropped = len(before) >= LOGS_KEPT
        for file in (*before, logs / f"{LOG}.log"):
            if file.exists():
                with file.open(encoding="utf-8", errors="replace") as lines:
                    for line in _whole(lines):
                        found.take(line, belt, since)
    except OSError as fault:
        return fault.strerror or type(fault).__name__
    return found


def shown(found: Uses | str, belt: str, since: float) -> Iterator[tuple[str, str]]:
    way = path(belt).removesuffix("/v1/graphql")
    if isinstance(found, str):
        yield way, f"who used it cannot be told: its log cannot be read ({found})"
        return
    if found.unread:
        yield f"{way} unknown", f"{found.unread} lines of its log say nothing"
    if found.dropped and found.oldest is not None and found.oldest > since:
        yield (
            f"{way} earlier",
            f"its log goes back to {_moment(found.oldest)} only; there may have been others",
        )
    for (operation, agent, origin), use in found.found.items():
        who = " ".join((way, operation or "unnamed", agent or "unnamed", origin)).strip()
        yield who, f"{use.times} requests to {path(belt)}, the last at {_moment(use.last)}"


def _gateways(root: Path) -> Iterator[tuple[Layout, int]]:
    """Each gateway of the host, and for how many days a use counts: the most, where nobody can read that."""
    for layout in recorded.belts(root):
        asked = recorded.look(layout)
        doors = [each.body for each in asked.requests if isinstance(each.body, Caddy)]
        if doors:
            yield layout, doors[0].byway_days
        elif any(each.part == "caddy" for each in asked.unread) or alias_of(layout.home).exists():
            yield layout, 90


def _whole(lines: Iterable[str]) -> Iterator[str]:
    """The last line may be in the middle of being written."""
    return (line for line in lines if line.endswith("\n"))


def _called(told: Any) -> tuple[float, Called]:
    names = tuple(str(told.get(name) or "") for name in (OPERATION, AGENT, ORIGIN))
    at = float(told[AT])
    if not 0 <= at < CENTURIES:
        raise ValueError(f"{at}, which is no moment")
    return at, (names[0], names[1], names[2])


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%MZ}"
