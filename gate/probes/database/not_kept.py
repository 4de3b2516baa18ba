"""What a belt keeps only where its indexer's config says so, and what to do where it does not."""

from gate.observations.unobserved import Cause
from gate.probes.unseen import UnseenError

SEED = "and seed a fresh belt with it"


def raw_events(whose: str) -> UnseenError:
    """The error for a belt without raw events; `whose` names the belt."""
    return UnseenError(
        f"{whose} keeps no raw events",
        Cause.UNSUPPORTED,
        advice=f"Write `raw_events: true` into the indexer's config {SEED}",
    )


def history(entity: str) -> UnseenError:
    """The error for an entity of which one belt has no history."""
    return UnseenError(
        f"a belt keeps no history of {entity}",
        Cause.UNSUPPORTED,
        advice=f"Write `rollback_on_reorg: true` into the indexer's config {SEED}",
    )
