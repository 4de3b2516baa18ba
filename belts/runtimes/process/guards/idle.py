"""Idle belts, which cost money: they serve no alias, and had no reader for days.

Readers are seen only by a look: the keeper looks once an hour, and so does any command that asks what is
idle.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from belts.runtimes.lease import Lease
from belts.runtimes.process import lease_files
from belts.runtimes.process.files import moments
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import readers, siblings
from belts.runtimes.process.guards.retirement import PARTS
from belts.runtimes.process.wire import recorded

EVERY = timedelta(hours=1)


def words(layout: Layout, now: datetime | None = None) -> str | None:
    """Reports that a belt is idle, and since when; None if it is not, or if that is not known yet."""
    moment = now or datetime.now(UTC)
    requests = recorded.look(layout).requests
    if not any(request.part in PARTS for request in requests):
        return None
    since = _since(layout, moment)
    days = timedelta(days=siblings.budget(requests).idle_days)
    if since is None or moment - since < days or not _unneeded(layout, moment):
        return None
    return (
        f"{layout.belt} is idle: it serves nobody, and nobody was seen to read it for"
        f" {(moment - since).days} days; `pulumi destroy --run-program --stack {layout.belt}` retires it"
    )


@dataclass(frozen=True, slots=True)
class Watch:
    """Records once an hour which belts are needed."""

    _looked: dict[Path, datetime] = field(default_factory=dict)

    def look(self, layouts: Iterable[Layout], now: datetime | None = None) -> None:
        """Checks each belt that was not checked within the hour."""
        moment = now or datetime.now(UTC)
        for layout in layouts:
            last = self._looked.get(layout.home)
            if last is not None and timedelta() <= moment - last < EVERY:
                continue
            self._looked[layout.home] = moment
            if any(request.part in PARTS for request in recorded.look(layout).requests):
                _unneeded(layout, moment)


def _unneeded(layout: Layout, now: datetime) -> bool:
    """Whether no gateway holds it and nobody reads it now; records the moment if it is needed."""
    if not lease_files.holding(layout.home, now=now) and not readers.of_belt(layout):
        return True
    moments.need(layout, now)
    return False


def _since(layout: Layout, now: datetime) -> datetime | None:
    """Since when the belt has not been needed: at the earliest its creation, or the end of its last lease.

    If neither is known, nor any need recorded, counting starts now.
    """
    ends = [
        one.until + one.missed
        for one in lease_files.of_belt(layout.home)
        if isinstance(one, Lease) and one.until
    ]
    found = [one for one in (moments.born(layout), moments.needed(layout), *ends) if one is not None]
    if not found:
        moments.need(layout, now)
    return max(found, default=None)
