"""Everything the gate saw, frozen. One field a thing; what could not be seen says why."""

from dataclasses import dataclass
from datetime import datetime

from gate.observations.database import DatabaseIdentity, LockSeen
from gate.observations.unobserved import NOT_LOOKED, Cause, Unobserved

__all__ = ["NOT_LOOKED", "Cause", "DatabaseIdentity", "LockSeen", "Observations", "Unobserved"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Observations:
    """What every probe saw. A field that no probe filled is unobserved, so nothing passes by being forgotten.

    `first` is what the endpoints say: nothing serves yet, so there is nothing to compare the candidate with.
    """

    began: datetime
    first: bool = False
    serving_database: DatabaseIdentity | Unobserved = NOT_LOOKED
    candidate_database: DatabaseIdentity | Unobserved = NOT_LOOKED
    lock: LockSeen | Unobserved = NOT_LOOKED
