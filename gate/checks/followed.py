"""Subscribers receive what the candidate's own database holds."""

from collections.abc import Iterator

from gate.amounts import amount
from gate.checks.metadata import fewer
from gate.checks.served import LISTED, often, row_words, sums_of, waivers_of
from gate.checks.wording import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Point, failed, passed, untold
from gate.observations import Observations, Unobserved
from gate.observations.followed import FieldSeen, Followed, Pushed, Subscriptions, Unfollowed, Unoffered
from gate.policy import Policy, snippet

SUBSCRIPTIONS = Part(
    claim=Claim.CONTENT,
    name="subscriptions",
    sentence="what live queries and streams give of every entity is what the candidate's own database holds",
    needs=frozenset({Access.GRAPHQL, Access.DATABASE}),
    reads=("followed",),
    acceptable=True,
    without="whether consumers that subscribe get the rows that were proved",
)
ADVICE = "Look at the engine and at whatever answers subscriptions before it."


def points(seen: Observations, policy: Policy) -> Iterator[Point]:
    """A point for every entity, way of subscribing and role, and one for the reported progress."""
    if isinstance(seen.followed, Unobserved):
        yield unseen(SUBSCRIPTIONS, seen.followed, expected=SUBSCRIPTIONS.sentence)
        return
    for one in seen.followed.fields:
        yield from _field(one, seen, policy)
    yield from _nothing(seen.followed)
    if seen.followed.progress is not None:
        yield _progress(seen.followed.progress)


def _nothing(followed: Subscriptions) -> Iterator[Point]:
    """Points for what could not be tried at all; a subscription that is not offered counts as tried."""
    if not followed.fields:
        yield untold(
            SUBSCRIPTIONS,
            expected="entities to subscribe to",
            observed="no role gets any entity",
            advice="Check that consumers may read the candidate's entities.",
        )


def _field(one: FieldSeen, seen: Observations, policy: Policy) -> Iterator[Point]:
    match one:
        case Followed():
            yield from _followed(one)
        case Unfollowed():
            yield _unfollowed(one)
        case Unoffered():
            yield _unoffered(one, seen, policy)


def _followed(one: Followed) -> Iterator[Point]:
    expected = f"the rows of {one.field} for {one.role}, subscribed to, as the database holds them"
    evidence = tuple(f"{one.field} {row_words(row)}" for row in one.rows[:LISTED]) + tuple(
        f"{one.field}: {wrong.asked}: held {wrong.held}, given {wrong.given}{often(wrong.often)}"
        for wrong in one.wrong[:LISTED]
    )
    faults = [
        *sums_of(one.rows, one.read),
        *(f"{wrong.asked}: it tells otherwise" for wrong in one.wrong[:3]),
    ]
    if faults:
        yield failed(
            SUBSCRIPTIONS,
            expected=expected,
            observed=f"{one.field} for {one.role}, subscribed to: {'; '.join(faults)}",
            advice=ADVICE,
            evidence=evidence,
        )
    if one.restless:
        yield untold(
            SUBSCRIPTIONS,
            expected=f"rows of {one.field} that stand still for a moment",
            observed=f"{amount(one.restless, 'row')} changed in every look",
            advice="Run the gate again when the candidate writes less.",
        )
    if one.unsettled:
        yield untold(
            SUBSCRIPTIONS,
            expected=f"answers about {one.field} that stand still for a moment",
            observed=f"{one.field} for {one.role}: {', '.join(one.unsettled)}: it changed in every look",
            advice="Run the gate again when the candidate writes less.",
        )
    if not faults:
        rows = (
            f"{amount(one.read, 'row')} as held" if one.read else "it holds no row to follow, and gives none"
        )
        more = f", and {amount(one.asked, 'answer')}" if one.asked else ""
        yield passed(SUBSCRIPTIONS, expected=expected, observed=f"{one.field} for {one.role}: {rows}{more}")


def _unfollowed(one: Unfollowed) -> Point:
    """Fails a subscription that only the serving belt delivers; one that neither delivers is no loss."""
    expected = f"that {one.role} can subscribe to {one.field}"
    observed = f"{one.field} for {one.role}: {one.why.reason}"
    if one.today is True:
        return failed(
            SUBSCRIPTIONS,
            expected=f"{expected}, as today",
            observed=f"{observed}; the serving belt answers",
            advice="Let the candidate answer subscriptions as the serving belt does.",
        )
    if one.today is False:
        return passed(
            SUBSCRIPTIONS, expected=expected, observed=f"{observed}; the serving belt refuses it as well"
        )
    return unseen(SUBSCRIPTIONS, Unobserved(reason=observed, cause=one.why.cause), expected=expected)


def _unoffered(one: Unoffered, seen: Observations, policy: Policy) -> Point:
    """Judges a subscription that the candidate does not offer: a loss only if the serving belt offers it."""
    entity = one.field.removesuffix("_stream")
    waived = waivers_of(policy, seen, entity, fewer(entity, one.role))
    expected = f"subscriptions to {one.field} for {one.role}, where there are any today"
    if isinstance(one.today, Unobserved):
        return unseen(SUBSCRIPTIONS, one.today, expected=expected)
    if one.today and not waived:
        return failed(
            SUBSCRIPTIONS,
            expected=expected,
            observed=f"{one.field} for {one.role} is not offered to subscribers; the serving belt offers it",
            advice=f"Let {one.role} subscribe to {one.field} in the candidate's engine, as it does today.",
            paste=snippet.waiver("schema", {"change": fewer(entity, one.role)}, at=seen.began),
        )
    return passed(
        SUBSCRIPTIONS,
        expected=expected,
        observed=f"{one.field} for {one.role} is not offered to subscribers: nothing to compare",
        waived=waived if one.today else (),
    )


def _progress(told: Pushed | Unobserved) -> Point:
    """Judges the pushed progress of the chains."""
    expected = "whoever listens to the progress is told what the database holds"
    if isinstance(told, Unobserved):
        return unseen(SUBSCRIPTIONS, told, expected=expected)
    if told.wrong:
        return failed(
            SUBSCRIPTIONS,
            expected=expected,
            observed=f"{told.view}, told {amount(told.times, 'time')}: {'; '.join(told.wrong[:3])}",
            advice=ADVICE,
            evidence=told.wrong[:LISTED],
        )
    again = f", on connections that broke off {amount(told.again, 'time')}" if told.again else ""
    observed = f"{told.view}: told {amount(told.times, 'time')}, as held{again}"
    return passed(SUBSCRIPTIONS, expected=expected, observed=observed)
