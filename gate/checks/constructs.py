"""Every construct that consumers use is answered according to the rows."""

from collections.abc import Iterator, Sequence

from gate.amounts import amount
from gate.checks.wording import unseen
from gate.claims import Part
from gate.finding import Point, failed, passed, untold
from gate.observations import Unobserved
from gate.observations.constructs import ConstructsSeen, Misanswered, Refused
from gate.observations.served import ListServed

MOST = 5
"""Constructs of one entity and role that get a point of their own; the others are only listed."""
LISTED = 20
ADVICE = "Look at the engine's version, its functions and views, and at whatever answers before it."


def points(part: Part, one: ListServed) -> Iterator[Point]:
    """A point for every construct that is answered wrongly or not at all, or one for all of them.

    Rows that keep changing, such as a counter of each chain, may show some constructs in no look. The report
    says so, and it does not block if the other constructs were answered correctly.
    """
    about = f"questions about {one.entity} for {one.role}"
    expected = f"{about} answered as its rows say, in every form"
    seen = one.constructs
    if isinstance(seen, Unobserved):
        named = f"{about}: {seen.reason}"
        yield unseen(part, Unobserved(reason=named, cause=seen.cause, advice=seen.advice), expected=expected)
        return
    yield from _wrong(part, one, seen.wrong)
    yield from _refused(part, one, seen.refused)
    for construct, why in seen.unread[:MOST]:
        more = f", and {len(seen.unread) - MOST} more" if len(seen.unread) > MOST else ""
        named = f"{one.entity} for {one.role}, {construct}{more}: {why.reason}"
        yield unseen(part, Unobserved(reason=named, cause=why.cause, advice=why.advice), expected=expected)
    still = seen.asked > len(seen.restless)
    if seen.restless and not still:
        yield untold(
            part,
            expected=f"answers about {one.entity} that stand still for a moment",
            observed=f"{one.entity} for {one.role}, {', '.join(seen.restless)}: it changed in every look",
            advice="Run the gate again when the candidate writes less.",
        )
    if one.held and not seen.asked and seen.before is None:
        yield untold(
            part,
            expected=expected,
            observed=f"{about}: none was asked, and it holds {amount(one.held, 'row')}",
            advice="Run the gate again.",
        )
    elif (seen.right and still) or seen.clean:
        yield passed(part, expected=expected, observed=f"{about}: {_all(seen)}")


def _all(seen: ConstructsSeen) -> str:
    """Describes what was answered correctly and what these rows could not show."""
    if seen.before is not None:
        return f"in every form answered rightly at {seen.before:%H:%M:%S}, by the same door"
    if not seen.asked:
        return "it holds no row to ask about"
    words = (
        f"{seen.asked:,} about {amount(seen.rows, 'row')}, in every form that is offered, answered as held"
    )
    if seen.refused:
        refused = dict.fromkeys(refused.construct for refused in seen.refused)
        words += f"; the serving belt refuses as well: {', '.join(refused)}"
    if seen.blunt:
        words += f"; these rows do not show {', '.join(seen.blunt)}"
    return (
        f"{words}; not settled, as they went on changing: {', '.join(seen.restless)}"
        if seen.restless
        else words
    )


def _wrong(part: Part, one: ListServed, wrong: Sequence[Misanswered]) -> Iterator[Point]:
    """A point for each wrong construct, with a question that reproduces it."""
    kinds = list(dict.fromkeys(each.construct for each in wrong))
    for place, construct in enumerate(kinds[:MOST]):
        found = [each for each in wrong if each.construct == construct]
        first, rest = found[0], kinds[MOST:] if place == MOST - 1 else []
        beside = ", beside other questions in one request and not alone," if first.together else ""
        beside += f", {first.often}," if first.often else ""
        named = f"; as wrong are {', '.join(rest)}" if rest else ""
        asked = f"{one.entity} for {one.role}, asked with {construct}"
        yield failed(
            part,
            expected=f"{asked}: {first.held}",
            observed=f"{asked}{beside}: {first.given}{named}",
            advice=f"Repeat it: {first.question}. {ADVICE}",
            evidence=tuple(
                f"{one.entity} {each.question}: held {each.held}, given {each.given}"
                for each in found[:LISTED]
            ),
        )


def _refused(part: Part, one: ListServed, refused: Sequence[Refused]) -> Iterator[Point]:
    """Fails a construct that only the candidate refuses; one that both belts refuse is no loss."""
    for construct in dict.fromkeys(each.construct for each in refused if each.today is not False):
        first = next(each for each in refused if each.construct == construct and each.today is not False)
        expected = f"{one.entity} for {one.role}, asked with {construct}, to be answered"
        observed = f"{one.entity} for {one.role}, asked with {construct}: {first.why.reason}"
        if first.today is True:
            yield failed(
                part,
                expected=f"{expected}, as today",
                observed=f"{observed}; the serving belt answers",
                advice=f"Repeat it: {first.question}. {ADVICE}",
                evidence=(f"{one.entity} {first.question}",),
            )
        elif isinstance(first.today, Unobserved):
            yield unseen(
                part,
                Unobserved(reason=f"{observed}; {first.today.reason}", cause=first.why.cause),
                expected=expected,
            )
