"""Makes an update of what died: a request whose part is up is repeated as it was, any other one is a new one.

A `Command` is not run again while its inputs stay the same, whatever has died on the host. So each request
carries a generation, which the host records. A part that is up keeps the one it has, and nothing changes; a
part that is down, or unknown to the host, gets a fresh one, and the next `pulumi up` brings it back. So does
a part of which something was asked that did not come to its end: what runs and what is recorded may be that,
while Pulumi's state has what was asked before.
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
    """The requests by part, each with the generation that makes it an update or none."""
    fresh = now.isoformat(timespec="milliseconds")
    return {
        part: {**request, "generation": _of(live.get(part)) or fresh} for part, request in requests.items()
    }


def _of(live: Live | None) -> str:
    return live.generation if live is not None and live.state == UP else ""
