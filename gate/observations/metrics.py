"""What a belt's metrics endpoint shows of its indexer's process."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricsSeen:
    """The indexer's process, observed twice. `None` is what the endpoint does not show.

    `started` and `started_before` are the start of the process at the last and at the first look. `database`
    is the one that it writes to: system identifier and OID.
    """

    at: datetime
    version: str | None = None
    heap_limit_mb: int | None = None
    reseeds: bool | None = None
    started: datetime | None = None
    started_before: datetime | None = None
    database: tuple[int, int] | None = None
