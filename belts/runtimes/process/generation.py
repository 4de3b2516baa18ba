"""Makes an update of what died: a request of a running part is repeated unchanged, any other is made new.

A `Command` does not run again while its inputs stay the same, whatever died on the host. So each request
carries a generation, which the host records. A part that is up keeps its generation, and nothing changes; a
part that is down, or unknown to the host, gets a new one, and the next `pulumi up` brings it back. The same
goes for a part whose last request was not carried out completely: that request may be what runs and what is
recorded, while Pulumi's state has the one before.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from belts.runtimes.process.supervise.live import Live

UP = "up"

Request = Mapping[str, Any]


def stamped(
    requests: Mapping[str, Request], live: Mapping[str, Live], *, now: datetime
) -> dict[str, Request]:
    """The requests by part, each with its generation; a new generation makes it an update."""
    fresh = now.isoformat(timespec="milliseconds")
    return {
        part: {**request, "generation": _of(live.get(part)) or fresh} for part, request in requests.items()
    }


def _of(live: Live | None) -> str:
    return live.generation if live is not None and live.state == UP else ""
