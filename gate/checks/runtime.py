"""The candidate's indexer is the declared one, and stays up."""

from datetime import timedelta

from belts.envio import release
from gate.checks.check import Check
from gate.checks.wording import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Finding, Point, failed, passed, untold
from gate.observations import Cause, DatabaseIdentity, MetricsSeen, Observations, Unobserved
from gate.policy import Policy

METRICS = frozenset({Access.METRICS})
READS = ("candidate_metrics",)

VERSION = Part(
    claim=Claim.RUNTIME,
    name="version",
    sentence="the indexer's version is the pinned one",
    needs=METRICS,
    reads=READS,
    acceptable=True,
    without="which version wrote the data",
)
HEAP = Part(
    claim=Claim.RUNTIME,
    name="heap",
    sentence="the indexer's heap is at least the declared one",
    needs=METRICS,
    reads=READS,
    acceptable=True,
    without="that the indexer will not run out of heap once consumers depend on it",
)
RESEED = Part(
    claim=Claim.RUNTIME,
    name="reseed",
    sentence="the indexer does not start from nothing when it is restarted",
    needs=METRICS,
    reads=READS,
    acceptable=True,
    without="that a restart will not clear every chain",
)
RESTARTS = Part(
    claim=Claim.RUNTIME,
    name="restarts",
    sentence="the indexer has run without a restart for the settle time",
    needs=METRICS,
    reads=READS,
    acceptable=True,
    without="that the indexer does not restart in a loop",
)
PROCESS = Part(
    claim=Claim.RUNTIME,
    name="process",
    sentence="the metrics are those of the indexer that writes into the candidate's database",
    needs=METRICS | {Access.DATABASE},
    reads=(*READS, "candidate_database"),
    acceptable=True,
    without="that the metrics are the candidate's, and not those of another belt",
)
PARTS = (PROCESS, VERSION, HEAP, RESEED, RESTARTS)


def judge(seen: Observations, policy: Policy) -> Finding:
    """The candidate's indexer is its own and the declared one: version, heap, no reseed flag, no restarts."""
    metrics = seen.candidate_metrics
    if isinstance(metrics, Unobserved):
        points = tuple(unseen(part, metrics, expected=part.sentence) for part in PARTS)
        return Finding(claim=Claim.RUNTIME, points=points)
    return Finding(
        claim=Claim.RUNTIME,
        points=(
            _process(metrics, seen.candidate_database),
            _version(metrics, policy),
            _heap(metrics, policy),
            _reseed(metrics),
            _restarts(metrics, policy),
        ),
        summary=_summary(metrics),
    )


CHECK = Check(claim=Claim.RUNTIME, parts=PARTS, judge=judge)


def _summary(metrics: MetricsSeen) -> str:
    """Summarises what the metrics show."""
    known = [f"version {metrics.version}"] if metrics.version else []
    known += [f"heap {metrics.heap_limit_mb} MB"] if metrics.heap_limit_mb else []
    return ", ".join(known) or "nothing is shown"


def _process(metrics: MetricsSeen, database: DatabaseIdentity | Unobserved) -> Point:
    """Ties metrics to the candidate by the database that they name: another belt's would look as good."""
    if metrics.database is None:
        return _unshown(PROCESS, "belts_database_info")
    if isinstance(database, Unobserved):
        return unseen(PROCESS, database, expected=PROCESS.sentence)
    place = database.system_identifier, database.database_oid
    if metrics.database != place:
        return failed(
            PROCESS,
            expected=f"an indexer that writes into {_place(place)}",
            observed=f"it writes into {_place(metrics.database)}",
            advice="Give the metrics URL of the candidate's own indexer.",
        )
    return passed(PROCESS, expected=PROCESS.sentence, observed=f"it writes into {_place(place)}")


def _place(place: tuple[int, int]) -> str:
    return f"database {place[1]} of system {place[0]}"


def _version(metrics: MetricsSeen, policy: Policy) -> Point:
    """Compares the whole version, because state formats depend on it."""
    pin = policy.runtime.version
    if pin is None:
        return _undeclared(VERSION, "runtime.version")
    if metrics.version is None:
        return _unshown(VERSION, release.METRICS.info)
    if metrics.version != release.METRICS.plain(pin):
        return failed(
            VERSION,
            expected=f"version {pin}",
            observed=f"version {metrics.version}",
            advice="Seed the candidate afresh with the pinned version, or change the pin.",
        )
    return passed(VERSION, expected=f"version {pin}", observed=f"version {metrics.version}")


def _heap(metrics: MetricsSeen, policy: Policy) -> Point:
    """Requires the declared heap: one that is too small fails only under consumers."""
    declared = policy.runtime.heap_mb
    if declared is None:
        return _undeclared(HEAP, "runtime.heapMb")
    if metrics.heap_limit_mb is None:
        return _unshown(HEAP, "belts_heap_limit_bytes")
    expected, observed = f"at least {declared} MB", f"{metrics.heap_limit_mb} MB"
    if metrics.heap_limit_mb < declared:
        return failed(
            HEAP,
            expected=expected,
            observed=observed,
            advice="Start the candidate's indexer with the declared heap.",
        )
    return passed(HEAP, expected=expected, observed=observed)


def _reseed(metrics: MetricsSeen) -> Point:
    """Fails if the reseed flag is still set: it would clear the belt at its next restart."""
    if metrics.reseeds is None:
        return _unshown(RESEED, "belts_reseed_flag")
    if metrics.reseeds:
        return failed(
            RESEED,
            expected=RESEED.sentence,
            observed="its reseed flag is on",
            advice="Take the reseed flag away, and restart the candidate's indexer.",
        )
    return passed(RESEED, expected=RESEED.sentence, observed="its reseed flag is off")


def _restarts(metrics: MetricsSeen, policy: Policy) -> Point:
    """Requires a single start longer ago than the settle time; a younger one may be one of many."""
    if metrics.started is None or metrics.started_before is None:
        return _unshown(RESTARTS, release.METRICS.started[0])
    if metrics.started - metrics.started_before > timedelta(seconds=1):
        return failed(
            RESTARTS,
            expected=RESTARTS.sentence,
            observed="it restarted while the gate looked",
            advice="Look at the indexer's log for why it dies.",
        )
    up = metrics.at - metrics.started
    expected = f"up for {int(policy.settle.total_seconds())} s or more"
    observed = f"up for {int(up.total_seconds())} s"
    if up < policy.settle:
        return untold(
            RESTARTS,
            expected=expected,
            observed=f"{observed}: a fresh start and one of many look the same",
            advice="Wait for the settle time, then run the gate again.",
        )
    return passed(RESTARTS, expected=expected, observed=observed)


def _undeclared(part: Part, key: str) -> Point:
    """The point for a key that the policy does not declare."""
    reason = f"the policy does not declare `{key}`"
    return untold(
        part,
        expected=part.sentence,
        observed=reason,
        advice=f"Declare `{key}`, or accept `{part.path}` in the policy.",
    )


def _unshown(part: Part, gauge: str) -> Point:
    """The point for a gauge that the endpoint does not show."""
    value = Unobserved(reason=f"the metrics do not show `{gauge}`", cause=Cause.UNSUPPORTED)
    return unseen(part, value, expected=part.sentence)
