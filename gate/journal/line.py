"""One stretch as one line of a journal."""

import json
from datetime import UTC, datetime
from typing import Any

from gate.observations.watched import ChainStretch, Stretch

VERSION = 1


def encode(stretch: Stretch) -> str:
    """The line, with its end: a torn one has none."""
    chains = {str(row.chain): [row.height, row.head, row.lag, row.unseen] for row in stretch.chains}
    text = {
        "v": VERSION,
        "from": round(stretch.begin.timestamp(), 3),
        "to": round(stretch.end.timestamp(), 3),
        "seeded": stretch.seeded,
        "chains": chains,
    }
    return json.dumps(text, separators=(",", ":")) + "\n"


def decode(line: str) -> Stretch | None:
    """The stretch in a line; None if it is torn or invalid."""
    try:
        text = json.loads(line)
        if text["v"] != VERSION or not line.endswith("\n"):
            return None
        stretch = Stretch(
            begin=_moment(text["from"]),
            end=_moment(text["to"]),
            seeded=_whole(text["seeded"]),
            chains=tuple(_chain(int(chain), *row) for chain, row in sorted(text["chains"].items())),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError):
        return None
    return stretch if stretch.begin <= stretch.end else None


def _chain(chain: int, height: Any, head: Any, lag: Any, unseen: Any) -> ChainStretch:
    return ChainStretch(
        chain=chain, height=_whole(height), head=_whole(head), lag=_whole(lag), unseen=_whole(unseen)
    )


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("not a whole number")
    return value


def _moment(seconds: Any) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError("not a moment")
    return datetime.fromtimestamp(seconds, UTC)
