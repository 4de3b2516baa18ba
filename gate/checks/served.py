"""Consumers receive what the candidate's own database holds."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from belts.envio.release import VIEWS
from gate.amounts import agree, amount
from gate.checks import constructs
from gate.checks.metadata import no_permission
from gate.checks.wording import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Point, failed, passed, untold
from gate.observations import Cause, Observations, SchemaSeen, Unobserved
from gate.observations.entities import entities_of
from gate.observations.graphql import Role
from gate.observations.plain import uneven
from gate.observations.rows import Kind
from gate.observations.served import (
    ListAbsent,
    ListSeen,
    ListServed,
    ListUnread,
    RowUnlike,
    Served,
    Stranger,
    ViewServed,
    ViewUnread,
)
from gate.policy import Policy, snippet

SERVED = Part(
    claim=Claim.CONTENT,
    name="served",
    sentence="what consumers get, however and whenever they ask, is what the candidate's own database holds",
    needs=frozenset({Access.GRAPHQL, Access.DATABASE}),
    reads=("served",),
    acceptable=True,
    without="whether GraphQL gives the rows that were proved",
)
LISTED = 20  # rows and questions in the report; the totals are in the text
LONGEST = 60  # characters of a key


def points(seen: Observations, policy: Policy) -> Iterator[Point]:
    """A point for every entity and role, for every view of the progress, and for foreign data."""
    if isinstance(seen.served, Unobserved):
        yield unseen(SERVED, seen.served, expected=SERVED.sentence)
        return
    for one in seen.served.lists:
        yield from _list(one, seen, policy)
    for view in seen.served.views:
        yield _view(view)
    yield from _nothing(seen.served, policy)


def _nothing(served: Served, policy: Policy) -> Iterator[Point]:
    """Points for a role that received no rows, and for a belt that shows no progress: both prove nothing."""
    for role in (Role.PUBLIC, *policy.served.roles):
        if not any(isinstance(one, ListServed) and one.read for one in served.lists if one.role == role):
            yield untold(
                SERVED,
                expected=f"rows that {role} gets",
                observed="not one row was compared",
                advice=f"Check that {role} may read the candidate's entities, and that it has synced.",
            )
    if not served.views:
        yield untold(
            SERVED,
            expected="the belt's progress, as consumers are told of it",
            observed=f"neither {' nor '.join(VIEWS)} is there for public",
            advice="Let Envio track its views as it does at a first start.",
        )


def _list(one: ListSeen, seen: Observations, policy: Policy) -> Iterator[Point]:
    match one:
        case ListServed():
            yield from _served(one, seen)
        case ListUnread():
            named = replace(one.why, reason=f"{one.entity} for {one.role}: {one.why.reason}")
            yield unseen(SERVED, named, expected=f"the rows of {one.entity}, as {one.role} gets them")
        case ListAbsent():
            yield from _absent(one, seen, policy)
        case Stranger():
            yield failed(
                SERVED,
                expected="nothing but the belt's own entities",
                observed=f"{one.role} gets {one.entity}, which is no table of the candidate's database",
                advice="Take it out of the engine's metadata: its rows come from elsewhere.",
            )


def _served(one: ListServed, seen: Observations) -> Iterator[Point]:
    """Judges one list against the database's rows."""
    expected = f"the rows of {one.entity} for {one.role} as the database holds them"
    evidence = tuple(f"{one.entity} {row_words(row)}" for row in one.rows[:LISTED]) + tuple(
        f"{one.entity}: {wrong.asked}: held {wrong.held}, given {wrong.given}{often(wrong.often)}"
        for wrong in one.wrong[:LISTED]
    )
    faults = [*_unlike(one), *(f"asked for {wrong.asked}, it answers otherwise" for wrong in one.wrong[:3])]
    if faults:
        yield failed(
            SERVED,
            expected=expected,
            observed=f"{one.entity} for {one.role}: {'; '.join(faults)}",
            advice="Look at the permission, the metadata, the table, and whatever answers before the engine.",
            evidence=evidence,
        )
    if one.uneven:
        yield failed(
            SERVED,
            expected=f"{one.entity} to be a plain table, that shows every reader the same",
            observed=f"{one.entity}: {', '.join(one.uneven)}",
            advice="Take it away: Envio makes plain tables, and consumers get what the proof does not see.",
        )
    yield from _open(one, seen)
    yield from constructs.points(SERVED, one)
    if not faults:
        yield passed(SERVED, expected=expected, observed=_read(one), evidence=evidence)


def _open(one: ListServed, seen: Observations) -> Iterator[Point]:
    """The points for what could not be decided about a list."""
    if one.restless:
        yield untold(
            SERVED,
            expected=f"rows of {one.entity} that stand still for a moment",
            observed=f"{amount(one.restless, 'row')} changed in every look",
            advice="Run the gate again when the candidate writes less.",
        )
    if one.unsettled:
        yield untold(
            SERVED,
            expected=f"answers about {one.entity} that stand still for a moment",
            observed=f"{one.entity} for {one.role}: {', '.join(one.unsettled)}: it changed in every look",
            advice="Run the gate again when the candidate writes less.",
        )
    if one.held and not one.read:
        yield untold(
            SERVED,
            expected=f"rows of {one.entity} to compare",
            observed=f"none of {one.held:,} was compared",
            advice="Run the gate again, with a longer deadline in the policy if this goes on.",
        )
    if one.unfollowed:
        fields = ", ".join(one.unfollowed)
        yield untold(
            SERVED,
            expected=f"fields of {one.entity} that lead where their names say, or where metadata does",
            observed=f"{one.entity}: where {fields} comes from cannot be told",
            advice="Give the candidate's admin secret, or leave the field to Envio.",
        )
    if not one.whole:
        yield _drawn(one, seen)


def _drawn(one: ListServed, seen: Observations) -> Point:
    """Judges a list too large to read whole: nothing may stand between its table and the consumer."""
    expected = f"nothing between {one.entity} and {one.role}, as not all of its rows are read"
    observed = (
        f"{one.read:,} of {amount(one.held, 'row')} of {one.entity} {agree(one.read, 'was', 'were')}"
        " compared, over the whole range of keys"
    )
    metadata = seen.candidate_metadata
    if isinstance(metadata, Unobserved):
        return unseen(SERVED, metadata, expected=expected)
    found = uneven(metadata, one.entity, one.role)
    if not found:
        rest = "the rest is served as it lies there"
        if one.before is not None:
            rest += f", through the same door as at {one.before:%H:%M:%S}"
        return passed(SERVED, expected=expected, observed=f"{observed}; {rest}")
    return failed(
        SERVED,
        expected=expected,
        observed=f"{observed}, and {'; '.join(found)}",
        advice="Let Envio set the engine's metadata, or raise `served.whole` in the policy.",
    )


def _absent(one: ListAbsent, seen: Observations, policy: Policy) -> Iterator[Point]:
    """Judges an entity that a role does not receive. It is reported even if no consumer has it today."""
    if one.role != Role.PUBLIC:
        yield from _withheld(one, seen, policy)
        return
    expected = f"{one.entity} for {one.role}, or that the policy calls it hidden"
    observed = f"{one.entity} is in the database, and {one.role} does not get it"
    today = _today(seen)
    waiver = next((each for each in policy.waivers.entities if each.entity == one.entity), None)
    if one.entity in policy.served.hidden:
        yield passed(SERVED, expected=expected, observed=f"{observed}, as the policy says")
    elif waiver is not None and waiver.holds(seen.began):
        yield passed(
            SERVED,
            expected=expected,
            observed=observed,
            waived=(f"entity {one.entity} until {waiver.expires}: {waiver.reason}",),
        )
    elif isinstance(today, frozenset) and one.entity in today:
        yield failed(
            SERVED,
            expected=f"{one.entity} for {one.role}, as today",
            observed=observed,
            advice=f"Track {one.entity} in the candidate's engine, with a permission for {one.role}.",
        )
    elif isinstance(today, frozenset) and one.internal and not seen.first:
        told = f"{observed}, nor does it today: the belt's schema calls it internal"
        yield passed(SERVED, expected=expected, observed=told)
    else:
        yield untold(
            SERVED,
            expected=expected,
            observed=observed,
            advice=f"Track {one.entity}, or name it under `served.hidden` in the policy.",
        )


def _withheld(one: ListAbsent, seen: Observations, policy: Policy) -> Iterator[Point]:
    """Judges an entity withheld from a custom role, which may see little but must keep what it sees today."""
    expected = f"{one.entity} for {one.role}, as today"
    observed = f"{one.entity} is in the database, and {one.role} does not get it"
    waived = waivers_of(policy, seen, one.entity, no_permission(one.entity, one.role))
    if isinstance(one.today, Unobserved):
        yield unseen(SERVED, one.today, expected=expected)
    elif one.today and waived:
        yield passed(SERVED, expected=expected, observed=observed, waived=waived)
    elif one.today:
        yield failed(
            SERVED,
            expected=expected,
            observed=observed,
            advice=f"Give {one.role} its permission on {one.entity} in the candidate's engine.",
            paste=snippet.waiver("schema", {"change": no_permission(one.entity, one.role)}, at=seen.began),
        )


def waivers_of(policy: Policy, seen: Observations, entity: str, change: str) -> tuple[str, ...]:
    """The waivers by which a role may lose a part of an entity: one for this change, or for the entity."""
    found = [
        f"{change} Waived until {one.expires}: {one.reason}"
        for one in policy.waivers.schema
        if one.change == change and one.holds(seen.began)
    ]
    found += [
        f"entity {entity} until {one.expires}: {one.reason}"
        for one in policy.waivers.entities
        if one.entity == entity and one.holds(seen.began)
    ]
    return tuple(found)


def _today(seen: Observations) -> frozenset[str] | Unobserved:
    """The entities that the public role receives from the serving belt."""
    schema = seen.serving_schema
    if not isinstance(schema, SchemaSeen):
        return schema
    return schema.public if isinstance(schema.public, Unobserved) else entities_of(schema.public)


def _view(view: ViewServed | ViewUnread) -> Point:
    """Judges one view of the progress of the chains."""
    expected = f"{view.view} tells the chains and heights that the database holds"
    if isinstance(view, ViewUnread):
        return unseen(SERVED, view.why, expected=expected)
    if not view.chains:
        none = Unobserved(reason="the database holds no chain", cause=Cause.UNDECIDABLE)
        return unseen(SERVED, none, expected=expected)
    if view.wrong:
        more = f", and {len(view.wrong) - 3} more" if len(view.wrong) > 3 else ""
        return failed(
            SERVED,
            expected=expected,
            observed=f"{view.view}: {'; '.join(view.wrong[:3])}{more}",
            advice="Look at the view and at what answers before the engine: consumers wait by what it tells.",
            evidence=view.wrong[:LISTED],
        )
    return passed(
        SERVED, expected=expected, observed=f"{view.view}: {amount(view.chains, 'chain')}, as the database"
    )


def _unlike(one: ListServed) -> Iterator[str]:
    """How many rows differ, by kind."""
    for words in sums_of(one.rows, one.read):
        yield f"{'' if one.whole else 'at least '}{words}"


def sums_of(rows: Sequence[RowUnlike], read: int) -> Iterator[str]:
    """How many of the rows that were read differ, by kind, if any does."""
    words = ", ".join(
        f"{number} {word}"
        for kind, word in (
            (Kind.MISSING, "not given"),
            (Kind.EXTRA, "given and not held"),
            (Kind.DIFFERENT, "given otherwise"),
        )
        if (number := sum(row.kind is kind for row in rows))
    )
    if words:
        yield f"{words} of {amount(read, 'row')}"


def row_words(row: RowUnlike) -> str:
    """Describes what differs in one row."""
    key = row.key if len(row.key) <= LONGEST else f"{row.key[:LONGEST]}…"
    values = ", ".join(f"{value.field} is {value.held} and comes as {value.given}" for value in row.values)
    said = {Kind.MISSING: "is not given", Kind.EXTRA: "is given and not held", Kind.DIFFERENT: values}
    return f"{key}: {said[row.kind]}{often(row.often)}"


def often(looks: str) -> str:
    """In how many looks something was seen, if not in all."""
    return f", {looks}" if looks else ""


def _read(one: ListServed) -> str:
    if not one.held and not one.read:
        return f"{one.entity} for {one.role}: it holds no row, and gives none"
    rows = "all rows" if one.whole else f"{one.read:,} of {amount(one.held, 'row')}"
    if one.before is not None:
        rows = f"{amount(one.since, 'row')} written since the look at {one.before:%H:%M:%S}, and drawn ones,"
    return f"{one.entity} for {one.role}: {rows} as held ({one.read:,}), and {amount(one.asked, 'answer')}"
