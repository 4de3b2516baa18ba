"""Consumers receive values in the same JSON form as today."""

from collections.abc import Iterator

from gate.amounts import amount
from gate.checks.wording import NOBODY_SERVES, unseen
from gate.claims import Access, Claim, Part
from gate.finding import Point, failed, passed, untold
from gate.observations import Observations, Unobserved, both
from gate.observations.forms import FormsSeen, ListForms
from gate.policy import Policy

FORMS = Part(
    claim=Claim.SCHEMA,
    name="forms",
    sentence="every value comes in the JSON form that it has today: a number as a number, a text as a text",
    needs=frozenset({Access.GRAPHQL}),
    reads=("serving_forms", "candidate_forms"),
)
ADVICE = (
    "Give the candidate's engine the settings of the serving belt's (`stringifyNumeric`, the time zone of its"
    " database), or waive the exact change."
)


def points(seen: Observations, policy: Policy) -> Iterator[Point]:
    """One point for every field whose form changed, or one for all of them."""
    if seen.first:
        yield passed(FORMS, expected=FORMS.sentence, observed=NOBODY_SERVES)
        return
    forms = both(seen.serving_forms, seen.candidate_forms)
    if isinstance(forms, Unobserved):
        yield unseen(FORMS, forms, expected=FORMS.sentence)
    else:
        yield from _compared(*forms, seen, policy)


def _compared(
    serving: FormsSeen, candidate: FormsSeen, seen: Observations, policy: Policy
) -> Iterator[Point]:
    """Compares list by list. Skips lists that cannot be read today or are gone; others report those."""
    alike, worse, waived = 0, [], []
    for name, today in sorted(serving.lists.items()):
        then = candidate.lists.get(name)
        if isinstance(today, Unobserved) or then is None:
            continue
        if isinstance(then, Unobserved):
            worse.append(unseen(FORMS, then, expected=f"the values of {name}"))
            continue
        for change in _changes(name, today, then):
            waiver = next((one for one in policy.waivers.schema if one.change == change), None)
            if waiver is not None and waiver.holds(seen.began):
                waived.append(f"{change} Waived until {waiver.expires}: {waiver.reason}")
            else:
                worse.append(failed(FORMS, expected=FORMS.sentence, observed=change, advice=ADVICE))
        alike += len(today.fields.keys() & then.fields.keys())
    yield from worse
    if not worse and not alike:
        yield untold(
            FORMS,
            expected="fields of which both belts give a value",
            observed="there was none",
            advice="Check that both belts have rows.",
        )
    elif not worse:
        observed = f"{amount(alike, 'field', 'comes as it does', 'come as they do')} today"
        yield passed(FORMS, expected=FORMS.sentence, observed=observed, waived=waived)


def _changes(name: str, today: ListForms, then: ListForms) -> Iterator[str]:
    """The fields of one list whose form changed; the schema claim reports changed types."""
    for field, (kind, form) in sorted(today.fields.items()):
        now = then.fields.get(field)
        if now is not None and now[0] == kind and now[1] is not form:
            yield f"Values of {name}.{field} changed from {form} to {now[1]}."
