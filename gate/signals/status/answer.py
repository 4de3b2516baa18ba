"""The answer: who serves, and for each chain the belt's committed block and the chain's head."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gate.alias.state import Served
from gate.observations import watched
from gate.signals.status.belt import Committed
from gate.signals.status.heads import Heads
from gate.signals.status.unseen import Unseen

Json = dict[str, Any]

NOT_INDEXED = Unseen(watched.NOT_INDEXED)
NO_RPC = Unseen("no RPC of this chain was given to the gateway")


def nobody(reason: str) -> Json:
    """The answer while it is unknown who serves."""
    return {"belt": None, "reason": reason}


def serving(served: Served, committed: Committed | Unseen, heads: Heads, seen: datetime) -> Json:
    """Who serves, and how far. A chain is listed if the alias, the belt or the gateway knows it."""
    told = {} if isinstance(committed, Unseen) else committed
    chains = sorted({*served.serves.heights, *told, *heads})
    return {
        "belt": served.serves.belt,
        "since": served.since,
        "how": served.how.value,
        "certificate": served.certificate,
        "previous": served.behind[-1].belt if served.behind else None,
        "chains": {str(chain): _chain(_of(chain, committed), heads.get(chain, NO_RPC)) for chain in chains},
        "seen": seen.isoformat(timespec="milliseconds"),
    }


def _of(chain: int, committed: Committed | Unseen) -> int | Unseen:
    return committed if isinstance(committed, Unseen) else committed.get(chain, NOT_INDEXED)


def _chain(committed: int | Unseen, head: int | Unseen) -> Json:
    """Both heights and the lag, which is 0 if the provider is behind the belt."""
    lag = None if isinstance(committed, Unseen) or isinstance(head, Unseen) else max(0, head - committed)
    unseen = _reasons({"committed": committed, "head": head})
    return {"committed": _seen(committed), "head": _seen(head), "lag": lag} | (
        {"unseen": unseen} if unseen else {}
    )


def _seen(value: int | Unseen) -> int | None:
    return None if isinstance(value, Unseen) else value


def _reasons(values: Mapping[str, int | Unseen]) -> dict[str, str]:
    return {name: value.reason for name, value in values.items() if isinstance(value, Unseen)}
