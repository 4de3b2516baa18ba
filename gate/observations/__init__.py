"""Everything that the gate observed, frozen: one field per thing, with a reason if it was not seen."""

from dataclasses import dataclass
from datetime import datetime

from gate.endpoints import Endpoints
from gate.observations.alias import AliasSeen
from gate.observations.changed import Changed
from gate.observations.counts import Counts
from gate.observations.database import DatabaseIdentity, LockSeen
from gate.observations.dial import DialSeen
from gate.observations.doors import DoorsSeen
from gate.observations.enums import EnumsSeen
from gate.observations.followed import Subscriptions
from gate.observations.forms import FormsSeen
from gate.observations.graphql import Answers, RowLimits, SchemaSeen
from gate.observations.heights import Heights
from gate.observations.history import History
from gate.observations.holdings import Footprint, Holdings
from gate.observations.metadata import MetadataSeen
from gate.observations.metrics import MetricsSeen
from gate.observations.progress import Progress
from gate.observations.relay import Relay
from gate.observations.rows import Rows
from gate.observations.served import Served
from gate.observations.siblings import Siblings
from gate.observations.sound import Sound
from gate.observations.truth import Truth
from gate.observations.turns import Turns
from gate.observations.unobserved import NOT_LOOKED, Cause, Unobserved, both
from gate.observations.watched import Watched

__all__ = [
    "NOT_LOOKED",
    "AliasSeen",
    "Answers",
    "Cause",
    "Changed",
    "Counts",
    "DatabaseIdentity",
    "DialSeen",
    "DoorsSeen",
    "EnumsSeen",
    "Footprint",
    "FormsSeen",
    "Heights",
    "History",
    "Holdings",
    "LockSeen",
    "MetadataSeen",
    "MetricsSeen",
    "Observations",
    "Progress",
    "Relay",
    "RowLimits",
    "Rows",
    "SchemaSeen",
    "Served",
    "Siblings",
    "Sound",
    "Subscriptions",
    "Truth",
    "Turns",
    "Unobserved",
    "Watched",
    "both",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Observations:
    """What every probe observed. A field that no probe filled is unobserved, so nothing passes by omission.

    `chains` is a belt's chain table as its GraphQL endpoint shows it, `rows` is the same table in its
    database.
    """

    began: datetime
    endpoints: Endpoints
    turns: Turns | Unobserved = NOT_LOOKED
    serving_answers: Answers | Unobserved = NOT_LOOKED
    candidate_answers: Answers | Unobserved = NOT_LOOKED
    serving_chains: Progress | Unobserved = NOT_LOOKED
    candidate_chains: Progress | Unobserved = NOT_LOOKED
    serving_rows: Progress | Unobserved = NOT_LOOKED
    candidate_rows: Progress | Unobserved = NOT_LOOKED
    heights: Heights | Unobserved = NOT_LOOKED
    watched: Watched | Unobserved = NOT_LOOKED
    serving_schema: SchemaSeen | Unobserved = NOT_LOOKED
    candidate_schema: SchemaSeen | Unobserved = NOT_LOOKED
    serving_enums: EnumsSeen | Unobserved = NOT_LOOKED
    candidate_enums: EnumsSeen | Unobserved = NOT_LOOKED
    serving_limits: RowLimits | Unobserved = NOT_LOOKED
    candidate_limits: RowLimits | Unobserved = NOT_LOOKED
    serving_forms: FormsSeen | Unobserved = NOT_LOOKED
    candidate_forms: FormsSeen | Unobserved = NOT_LOOKED
    serving_metadata: MetadataSeen | Unobserved = NOT_LOOKED
    candidate_metadata: MetadataSeen | Unobserved = NOT_LOOKED
    candidate_metrics: MetricsSeen | Unobserved = NOT_LOOKED
    serving_changed: Changed | Unobserved = NOT_LOOKED
    candidate_changed: Changed | Unobserved = NOT_LOOKED
    counts: Counts | Unobserved = NOT_LOOKED
    content: Rows | Unobserved = NOT_LOOKED
    served: Served | Unobserved = NOT_LOOKED
    followed: Subscriptions | Unobserved = NOT_LOOKED
    sound: Sound | Unobserved = NOT_LOOKED
    truth: Truth | Unobserved = NOT_LOOKED
    history: History | Unobserved = NOT_LOOKED
    holdings: Holdings | Unobserved = NOT_LOOKED
    footprint: Footprint | Unobserved = NOT_LOOKED
    serving_database: DatabaseIdentity | Unobserved = NOT_LOOKED
    candidate_database: DatabaseIdentity | Unobserved = NOT_LOOKED
    lock: LockSeen | Unobserved = NOT_LOOKED
    dial: DialSeen | Unobserved = NOT_LOOKED
    serving_doors: DoorsSeen | Unobserved = NOT_LOOKED
    candidate_doors: DoorsSeen | Unobserved = NOT_LOOKED
    siblings: Siblings | Unobserved = NOT_LOOKED
    relay: Relay | Unobserved = NOT_LOOKED

    @property
    def first(self) -> bool:
        """True if no belt serves yet, so that there is nothing to compare the candidate with."""
        return self.endpoints.serving is None
