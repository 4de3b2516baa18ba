"""Every query that works today keeps working, and no list that consumers read gets shorter."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gate.amounts import amount
from gate.checks import forms, metadata
from gate.checks.check import Check
from gate.checks.wording import NOBODY_SERVES, unseen
from gate.claims import Access, Claim, Part
from gate.finding import Finding, Point, failed, passed
from gate.observations import Cause, Observations, SchemaSeen, Unobserved, both
from gate.observations.counts import Counts, EntityCounts
from gate.observations.entities import DERIVED_SUFFIXES, entities_of
from gate.observations.graphql import RowLimit
from gate.policy import Policy, snippet
from gate.policy.model import Mode
from gate.policy.waivers import Waiver

# Loading a policy loads the checks for the names of their parts, even for a rollback, which judges nothing.
# So the schema comparison is imported where it is used.
if TYPE_CHECKING:
    from graphql import GraphQLSchema

    from gate.schema import Change

PUBLIC = Part(
    claim=Claim.SCHEMA,
    name="public",
    sentence="every query that the public role can make today it can make to the candidate",
    needs=frozenset({Access.GRAPHQL}),
    reads=("serving_schema", "candidate_schema"),
)
ADMIN = Part(
    claim=Claim.SCHEMA,
    name="admin",
    sentence="every query that an administrator can make today can be made to the candidate",
    needs=frozenset({Access.GRAPHQL}),
    reads=("serving_schema", "candidate_schema"),
    acceptable=True,
    without="what consumers that hold an admin secret would lose",
)
LIMITS = Part(
    claim=Claim.SCHEMA,
    name="limits",
    sentence="no list gives the public role fewer rows than it does today",
    needs=frozenset({Access.GRAPHQL}),
    reads=("serving_limits", "candidate_limits"),
)
ENUMS = Part(
    claim=Claim.SCHEMA,
    name="enums",
    sentence="every value of every enum of today's database can be in the candidate's",
    needs=frozenset({Access.DATABASE}),
    reads=("serving_enums", "candidate_enums"),
    acceptable=True,
    without="whether an enum lost a value: GraphQL shows it as a scalar",
)
PARTS = (PUBLIC, ADMIN, ENUMS, LIMITS, forms.FORMS, metadata.METADATA)

NO_SECRET = Unobserved(reason="no admin secret is given for both belts", cause=Cause.NOT_GIVEN)


def judge(seen: Observations, policy: Policy) -> Finding:
    """Every query and every list that consumers have today works on the candidate as it did."""
    points = (
        *_role(seen, policy, PUBLIC, "public"),
        *_role(seen, policy, ADMIN, "admin"),
        *_enums(seen, policy),
        *_limits(seen, policy),
        *forms.points(seen, policy),
        *metadata.points(seen, policy),
    )
    additions = [line for point in points for line in point.evidence if line.endswith(" was added.")]
    summary = f"nothing breaks, {amount(len(set(additions)), 'addition')}" if additions else "nothing breaks"
    return Finding(claim=Claim.SCHEMA, points=points, summary=NOBODY_SERVES if seen.first else summary)


CHECK = Check(claim=Claim.SCHEMA, parts=PARTS, judge=judge)


def _role(seen: Observations, policy: Policy, part: Part, role: str) -> Iterator[Point]:
    """Compares one role's schema on both belts."""
    if seen.first:
        yield passed(part, expected=part.sentence, observed=NOBODY_SERVES)
        return
    schemas = both(_schema(seen.serving_schema, role), _schema(seen.candidate_schema, role))
    if isinstance(schemas, Unobserved):
        yield unseen(part, schemas, expected=part.sentence)
    else:
        yield from _compared(seen, policy, part, *schemas)


def _compared(
    seen: Observations, policy: Policy, part: Part, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Point]:
    """Compares one role's two schemas."""
    from gate.schema import compare, without_known  # noqa: PLC0415
    from gate.schema.introspection import described  # noqa: PLC0415

    entities = entities_of(old)
    today, known = without_known(old, new, entities)
    before, after = described(today), described(new)
    covered = _waived(policy, before, entities)
    return _judged(seen, part, compare(before, after), covered, known=known)


def _enums(seen: Observations, policy: Policy) -> Iterator[Point]:
    """Compares the enum types of both databases."""
    from gate.schema import enum_changes  # noqa: PLC0415

    if seen.first:
        yield passed(ENUMS, expected=ENUMS.sentence, observed=NOBODY_SERVES)
        return
    enums = both(seen.serving_enums, seen.candidate_enums)
    if isinstance(enums, Unobserved):
        yield unseen(ENUMS, enums, expected=ENUMS.sentence)
        return
    serving, candidate = enums
    covered: dict[str, Waiver] = {waiver.change: waiver for waiver in policy.waivers.schema}
    yield from _judged(seen, ENUMS, enum_changes(dict(serving.types), dict(candidate.types)), covered)


def _judged(
    seen: Observations,
    part: Part,
    changes: "Iterable[Change]",
    covered: Mapping[str, Waiver],
    *,
    known: Collection[str] = (),
) -> Iterator[Point]:
    """One point for every breaking change without a waiver, or one for everything else."""
    harmless, waived, broken = list(known), list[str](), list[Point]()
    for change in changes:
        waiver = covered.get(change.words)
        if not change.breaks:
            harmless.append(change.words)
        elif waiver is not None and waiver.holds(seen.began):
            waived.append(f"{change.words} Waived until {waiver.expires}: {waiver.reason}")
        else:
            broken.append(_break(seen, part, change, waiver))
    yield from broken
    if not broken:
        observed = f"{amount(len(waived), 'planned break')}" if waived else "nothing breaks"
        yield passed(part, expected=part.sentence, observed=observed, evidence=harmless, waived=waived)


def _break(seen: Observations, part: Part, change: "Change", waiver: Waiver | None) -> Point:
    """The point for a breaking change."""
    ended = f" The waiver for it ended on {waiver.expires}." if waiver else ""
    return failed(
        part,
        expected=part.sentence,
        observed=f"{change.words}{ended}",
        advice="Restore it in the candidate; or, if consumers know of it, waive exactly this change.",
        paste=snippet.waiver("schema", {"change": change.words}, at=seen.began),
    )


def _waived(policy: Policy, schema: "GraphQLSchema", entities: frozenset[str]) -> dict[str, Waiver]:
    """The waived changes: those named by their text, and all that a waived entity takes with it."""
    covered: dict[str, Waiver] = {waiver.change: waiver for waiver in policy.waivers.schema}
    for waiver in policy.waivers.entities:
        for words in _going_with(waiver.entity, entities, schema):
            covered.setdefault(words, waiver)
    return covered


def _going_with(entity: str, entities: frozenset[str], schema: "GraphQLSchema") -> Iterator[str]:
    """The changes that removing one entity necessarily causes."""
    others = tuple(f"{other}_" for other in entities if other.startswith(f"{entity}_"))
    for name in schema.type_map:
        if name == entity or (name.startswith(f"{entity}_") and not f"{name}_".startswith(others)):
            yield f"{name} was removed."
    for root in filter(None, (schema.query_type, schema.subscription_type)):
        for suffix in ("", *DERIVED_SUFFIXES):
            yield f"Field {root.name}.{entity}{suffix} was removed."


def _limits(seen: Observations, policy: Policy) -> Iterator[Point]:
    """Compares every list of the serving belt with the candidate's."""
    if seen.first:
        yield passed(LIMITS, expected=LIMITS.sentence, observed=NOBODY_SERVES)
        return
    limits = both(seen.serving_limits, seen.candidate_limits)
    if isinstance(limits, Unobserved):
        yield unseen(LIMITS, limits, expected=LIMITS.sentence)
        return
    serving, candidate = limits
    points = [
        _limit(name, today, candidate.of(name), _least(name, today, seen, policy))
        for name, today in serving.lists
    ]
    worse = [point for point in points if point is not None]
    yield from worse
    if not serving.lists:
        none = Unobserved(reason="the serving belt has no list to compare", cause=Cause.UNDECIDABLE)
        yield unseen(LIMITS, none, expected=LIMITS.sentence)
    elif not worse:
        yield passed(
            LIMITS,
            expected=LIMITS.sentence,
            observed=f"{amount(len(points), 'list', 'is', 'are')} as long as today",
            evidence=tuple(_limit_words(name, limit) for name, limit in candidate.lists),
        )


def _least(name: str, today: RowLimit | Unobserved, seen: Observations, policy: Policy) -> int:
    """How many rows a list has to return at least: as many as today, less what the policy gives up.

    Envio's own tables are no entities: raw events of undone blocks stay, on one belt and not the other.
    """
    schema = seen.serving_schema
    if not isinstance(schema, SchemaSeen) or isinstance(schema.public, Unobserved):
        return 0
    if isinstance(today, Unobserved) or name not in entities_of(schema.public):
        return 0
    floor = policy.entity(name).floor if policy.mode is Mode.EXPANSION else 0
    least = today.given - floor * sum(not chain.new for chain in policy.chains)
    gone = {str(waiver.chain) for waiver in policy.waivers.chains if waiver.holds(seen.began)}
    return min(least, _staying(name, seen, floor, gone)) if gone else least


def _staying(name: str, seen: Observations, floor: int, gone: Collection[str]) -> int:
    """The counted rows of the serving belt, without those on chains that are given up."""
    counts = seen.counts.entities if isinstance(seen.counts, Counts) else ()
    groups = [
        group
        for one in counts
        if isinstance(one, EntityCounts) and one.entity == name
        for group in one.groups
        if group.chain not in gone
    ]
    return sum(max(0, group.serving - floor) for group in groups)


def _limit(
    name: str, today: RowLimit | Unobserved, then: RowLimit | Unobserved | None, least: int
) -> Point | None:
    """Judges one list. A removed list is a break of the schema and reported there."""
    expected = f"{name} gives as many rows as today"
    if then is None:
        return None
    limits = both(today, then)
    if isinstance(limits, Unobserved):
        return unseen(LIMITS, limits, expected=expected)
    now, later = limits
    if later.given >= now.given:
        return None
    if not later.cut:
        return None if not later.short or later.given >= least else _short(name, least, later)
    return failed(
        LIMITS,
        expected=f"{name} gives {amount(now.given, 'row')} when {now.asked:,} are asked for, as today",
        observed=f"it gives {later.given:,}, and has more",
        advice="Raise the row limit of the candidate's public role to that of the serving belt.",
    )


def _short(name: str, least: int, later: RowLimit) -> Point:
    """The point for a list that ends too early, although no limit cuts it."""
    return failed(
        LIMITS,
        expected=f"{name} gives at least {amount(least, 'row')}, as today but for what the policy gives up",
        observed=f"it gives {later.given:,}, not by its limit, and no more came while the gate looked",
        advice="Find out why the candidate lacks rows, or what hides them from the public role.",
    )


def _limit_words(name: str, limit: RowLimit | Unobserved) -> str:
    """Describes one list of the candidate, for the evidence."""
    if isinstance(limit, Unobserved):
        return f"{name}: {limit.reason}"
    if limit.cut:
        return f"{name}: cut at {amount(limit.given, 'row')}"
    return f"{name}: no limit seen in {amount(limit.given, 'row')}"


def _schema(seen: SchemaSeen | Unobserved, role: str) -> Mapping[str, Any] | Unobserved:
    """One role's introspection."""
    if isinstance(seen, Unobserved):
        return seen
    found = seen.public if role == "public" else seen.admin
    return NO_SECRET if found is None else found
