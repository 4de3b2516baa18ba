"""What a byway is: a belt's own path through a gateway, open for as long as a planned break lasts.

Three agree on it here: whoever writes the alias, the gateway's Caddy, and the host that retires belts.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

FILE = "byways"
"""The file beside `route` in the alias, from which Caddy reads the byways that are open."""
MOST = 4
"""How many can be open at once: Caddy takes the file apart by one pattern."""
PATH = r"^/v/([a-z][a-z0-9-]{0,30})/v1/graphql$"
LINE = r"(\S+) ([a-z][a-z0-9-]*) (0|[1-9][0-9]{0,11})"
"""Where the belt answers, its name, and the second of its end."""

LOG = "byways"
"""The log of who used them: `LOG.log`, and those before it."""
LOG_MB, LOGS_KEPT = 8, 4
BELT, OPERATION, AGENT, ORIGIN, AT = "belt", "operation", "agent", "origin", "ts"
"""What a line of it says; no address, no query and no header beside these two."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One open byway, as Caddy reads it."""

    dial: str
    belt: str
    until: int

    def __str__(self) -> str:
        return f"{self.dial} {self.belt} {self.until}"

    @property
    def words(self) -> str:
        """Which path it is, and how long it is open."""
        return f"{path(self.belt)} is open until {datetime.fromtimestamp(self.until, UTC):%Y-%m-%d %H:%M}Z"


def path(belt: str) -> str:
    """Where consumers find it."""
    return f"/v/{belt}/v1/graphql"


def text(lines: Iterable[Line]) -> str:
    """As it is kept in the file."""
    return "\n".join(map(str, lines))


def parse(kept: str) -> Iterator[Line]:
    """What the file says; raises `ValueError` for what nobody wrote."""
    for each in kept.split("\n") if kept else ():
        found = re.fullmatch(LINE, each)
        if found is None:
            raise ValueError(f"the line {each!r}, which is no byway")
        yield Line(dial=found[1], belt=found[2], until=int(found[3]))
