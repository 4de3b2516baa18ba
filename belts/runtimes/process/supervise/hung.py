"""Parts that were restarted because they hung, and those left hanging: kept beside the supervisor.

The record outlives the keeper that wrote it, so that a restarted keeper does not count from zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from belts.files import read_json, write_private_json
from belts.runtimes.process.files.layout import Layout

MOST, WITHIN = 3, timedelta(hours=1)
"""The restarts allowed within this time: what still hangs after that is not fixed by another one."""
FILE = "hung.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hung:
    """One part: its recent restarts, and since when it has hung without being restarted."""

    restarts: tuple[datetime, ...] = ()
    since: datetime | None = None
    why: str = ""
    """The failure of its last check, and why it is not restarted."""

    def spent(self, now: datetime) -> bool:
        """Whether it was restarted often enough; future ones count too, since the clock may be set back."""
        return len(self.of_late(now)) >= MOST

    def of_late(self, now: datetime) -> tuple[datetime, ...]:
        return tuple(each for each in self.restarts if each > now - WITHIN)


def of_belt(layout: Layout) -> dict[str, Hung]:
    """The record by part; empty if the file cannot be read."""
    try:
        found = (read_json(layout.supervisor / FILE) or {}).get("parts", {})
        return {str(part): _read(each) for part, each in found.items()}
    except (OSError, ValueError, AttributeError, TypeError, KeyError):
        return {}


def note(layout: Layout, part: str, hung: Hung | None) -> None:
    """Records the state of one part."""
    known = of_belt(layout)
    wanted = {name: each for name, each in known.items() if name != part} | ({part: hung} if hung else {})
    if wanted != known:
        parts = {name: _written(each) for name, each in wanted.items()}
        write_private_json(layout.supervisor / FILE, {"parts": parts})


def alarms(layout: Layout) -> tuple[str, ...]:
    """Descriptions of the parts that hang and are not restarted."""
    return tuple(
        f"{layout.belt}: its {part} has hung since {hung.since:%Y-%m-%d %H:%M:%S} UTC: {hung.why}"
        for part, hung in sorted(of_belt(layout).items())
        if hung.since is not None
    )


def restarted(layout: Layout, now: datetime) -> tuple[str, ...]:
    """Descriptions of the parts that were restarted within the last hour."""
    late = {part: hung.of_late(now) for part, hung in sorted(of_belt(layout).items())}
    return tuple(
        f"{layout.belt}: its {part} hung and was restarted"
        f" ({len(times)} of {MOST} within an hour; the last at {max(times):%H:%M:%S} UTC)"
        for part, times in late.items()
        if times
    )


def _read(raw: Mapping[str, Any]) -> Hung:
    return Hung(
        restarts=tuple(_time(each) for each in raw["restarts"]),
        since=_time(raw["since"]) if raw["since"] else None,
        why=str(raw["why"]),
    )


def _written(hung: Hung) -> dict[str, Any]:
    return {
        "restarts": [each.isoformat() for each in hung.restarts],
        "since": hung.since.isoformat() if hung.since else None,
        "why": hung.why,
    }


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
