"""Stands in for the claims that need a dead serving belt, using what its last certificate recorded.

Each of these checks replaces the check of the same claim, has the same parts, and demands as much as can be
demanded without the belt. What cannot be known any more stays undecided.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from belts.spec.identity import Identity
from gate.amounts import agree, amount
from gate.checks import budget, content, counts, dialled, distinct, reachable
from gate.checks.check import Check
from gate.checks.entities import absent
from gate.checks.wording import unseen
from gate.claims import Claim, Part
from gate.finding import Finding, Point, failed, passed, untold
from gate.observations import Observations, Progress, Unobserved
from gate.observations.rows import EntityAbsent, EntityUnread
from gate.observations.state import EntityHeld, GroupHeld, Held
from gate.outcome import Outcome
from gate.policy import Policy
from gate.policy.model import Mode
from gate.policy.waivers import DataWaiver, Recovery

OWN_DATABASE = "Give the candidate its own database, and seed it afresh."


@dataclass(frozen=True, kw_only=True, slots=True)
class Dead:
    """What is known of the dead serving belt.

    `identities` are those of its database and of the candidate's. `held` is what the candidate holds of the
    recorded rows.
    """

    recovery: Recovery
    serving: Identity
    candidate: Identity
    held: Held | Unobserved

    @property
    def waiver(self) -> str:
        """The waiver line that shows in the report that this was not proved on the belt itself."""
        return f"recovery of {self.recovery.belt} until {self.recovery.expires}: {self.recovery.reason}"


def checks(dead: Dead) -> tuple[Check, ...]:
    """The checks that replace those that would ask the dead belt."""
    return (_distinct(dead), _reachable(dead), _counts(dead), _content(dead), unpriced(dead))


def _distinct(dead: Dead) -> Check:
    def judge(seen: Observations, policy: Policy) -> Finding:
        """The candidate is a belt of its own, and not the dead belt under another name."""
        asked = distinct.judge(seen, policy)
        kept = [point for point in asked.points if point.part in {distinct.ADDRESSES, dialled.DIAL}]
        own = [point for point in asked.points if point.part is distinct.ONE_BELT][-1:]
        alias = _given(distinct.ALIAS, dead, "the alias leads to the dead belt")
        points = (*kept, _answers(seen, dead), alias, _two_databases(dead), *own)
        return Finding(claim=Claim.DISTINCT, points=points, summary="another belt than the dead one")

    return Check(claim=Claim.DISTINCT, parts=distinct.PARTS, judge=judge)


def _answers(seen: Observations, dead: Dead) -> Point:
    """Passes as the dead belt answers nobody; fails if the recorded catch-up times are the candidate's."""
    part = distinct.ANSWERS
    then, now = seen.serving_chains, seen.candidate_chains
    if isinstance(then, Progress) and isinstance(now, Progress) and then.mark and then.mark == now.mark:
        return failed(
            part,
            expected=part.sentence,
            observed="the candidate caught up with each chain at the very moment at which the dead belt did",
            advice=OWN_DATABASE,
        )
    return _given(part, dead, "the dead belt answers nobody, and the candidate does")


def _two_databases(dead: Dead) -> Point:
    """Compares the declared identities; the candidate was seen to match its declaration."""
    part = distinct.DATABASE
    places = {(one.system_identifier, one.database_oid) for one in (dead.serving, dead.candidate)}
    if len(places) == 1:
        return failed(part, expected=part.sentence, observed="both are one database", advice=OWN_DATABASE)
    return passed(
        part, expected=part.sentence, observed="they were declared to be two", waived=(dead.waiver,)
    )


def _reachable(dead: Dead) -> Check:
    def judge(seen: Observations, policy: Policy) -> Finding:
        """The candidate answers GraphQL; the serving belt is dead, as the gate has seen for itself."""
        asked = reachable.judge(seen, policy)
        points = [point for point in asked.points if point.part is reachable.CANDIDATE]
        points.append(_given(reachable.SERVING, dead, f"{dead.recovery.belt} is dead"))
        return Finding(claim=Claim.REACHABLE, points=tuple(points), summary="the candidate answers")

    return Check(claim=Claim.REACHABLE, parts=reachable.PARTS, judge=judge)


def unpriced(dead: Dead) -> Check:
    """The budget check of a recovery, also used while a belt has only stalled; it always passes."""

    def judge(_seen: Observations, _policy: Policy) -> Finding:
        """What the belts cost keeps back no recovery."""
        observed = f"not asked: consumers wait for another belt than {dead.recovery.belt}"
        points = tuple(_given(part, dead, observed) for part in budget.PARTS)
        return Finding(claim=Claim.BUDGET, points=points, summary="not asked in a recovery")

    return Check(claim=Claim.BUDGET, parts=budget.PARTS, judge=judge)


def _given(part: Part, dead: Dead, observed: str) -> Point:
    return passed(part, expected=part.sentence, observed=observed, waived=(dead.waiver,))


Decide = Callable[[EntityHeld, Policy], Point]


def _counts(dead: Dead) -> Check:
    def judge(seen: Observations, policy: Policy) -> Finding:
        """The candidate has as many rows of every entity as the dead belt had at its last certificate."""
        compared = _given(counts.COMPARED, dead, "compared where the last certificate remembers rows")
        points = (compared, *counted(dead.held, seen, policy))
        return Finding(claim=Claim.COUNTS, points=points, summary=_summary(dead.held))

    return Check(claim=Claim.COUNTS, parts=counts.PARTS, judge=judge)


def _content(dead: Dead) -> Check:
    def judge(seen: Observations, policy: Policy) -> Finding:
        """The candidate's rows are those that the dead belt had at its last certificate, all in one sum."""
        told = alike(dead.held, seen, policy)
        return content.made_of(told, seen, policy, summary=_summary(dead.held), remembered=dead.held)

    return Check(claim=Claim.CONTENT, parts=content.PARTS, judge=judge)


def counted(held: Held | Unobserved, seen: Observations, policy: Policy) -> Iterator[Point]:
    """Judges whether the candidate has as many rows as were recorded."""
    return _points(counts.ROWS, held, seen, policy, _counted)


def alike(held: Held | Unobserved, seen: Observations, policy: Policy) -> Iterator[Point]:
    """Judges whether the candidate's rows are those that were recorded."""

    def decided(entity: EntityHeld, policy: Policy) -> Point:
        return _alike(entity, policy, [one for one in policy.waivers.data if one.holds(seen.began)])

    return _points(content.ROWS, held, seen, policy, decided)


def _points(
    part: Part, held: Held | Unobserved, seen: Observations, policy: Policy, decide: Decide
) -> Iterator[Point]:
    if isinstance(held, Unobserved):
        yield unseen(part, held, expected=part.sentence)
        return
    for entity in held.entities:
        if isinstance(entity, EntityUnread):
            yield unseen(part, entity.why, expected=f"the rows of {entity.entity} that were remembered")
        elif isinstance(entity, EntityAbsent):
            yield absent(part, entity, seen, policy)
        else:
            yield decide(entity, policy)
    if not _rows(held):
        yield untold(
            part,
            expected="rows that the last certificate remembers",
            observed="it remembers not one row",
            advice="There is nothing to measure the candidate by: bring the serving belt back.",
        )


def _counted(entity: EntityHeld, policy: Policy) -> Point:
    """Rows whose former state is not recoverable are counted as they are now: none may be gone."""
    more = policy.mode is Mode.EXPANSION or bool(entity.later)
    expected = f"{'at least ' if more else ''}as many rows of {entity.entity} as were remembered"
    wrong = [
        group for group in entity.groups if (group.now < group.then if more else group.now != group.then)
    ]
    evidence = [f"{entity.entity} was counted {entity.basis}"]
    if entity.later:
        evidence.append(f"{entity.entity} is counted as it is now: {entity.later}")
    if wrong:
        return failed(
            counts.ROWS,
            expected=expected,
            observed="; ".join(_words(group) for group in wrong),
            advice=f"Find out why the candidate has not the rows of {entity.entity}, and seed it afresh.",
            evidence=evidence,
        )
    total = sum(group.now for group in entity.groups)
    return passed(
        counts.ROWS, expected=expected, observed=f"{entity.entity}: {amount(total, 'row')}", evidence=evidence
    )


def _alike(entity: EntityHeld, policy: Policy, waivers: list[DataWaiver]) -> Point:
    """Compares checksums. They show that some row differs, not which, so exemptions cannot be subtracted."""
    part, expected = content.ROWS, f"the very rows of {entity.entity} that were remembered"
    worst = max((_weight(group) for group in entity.groups), default=Outcome.PASSED)
    if entity.absent_columns:
        return failed(
            part,
            expected=f"every column of {entity.entity} that the dead belt had",
            observed=f"the candidate has no column {', '.join(entity.absent_columns)}",
            advice="Bring the column back into the candidate's schema, and seed it afresh.",
        )
    if worst is Outcome.PASSED:
        rows = sum(group.then for group in entity.groups)
        return passed(
            part, expected=expected, observed=f"{entity.entity}: {amount(rows, 'row')}, alike as a whole"
        )
    unequal = [group for group in entity.groups if group.alike is False]
    exemptions = {group: entity.doubt or _exemption(entity, policy, waivers, group) for group in unequal}
    if other := [group for group, exemption in exemptions.items() if not exemption]:
        return failed(
            part,
            expected=expected,
            observed=f"{entity.entity}: other rows {_where(other)}",
            advice="Find out which handler wrote this; the ground truth says which belt is right.",
        )
    past = sum(group.past for group in entity.groups)
    lost = f"{past:,} rows are there by their keys, and Envio has pruned what some of them held"
    why = next(iter(exemptions.values()), lost if past else "what its rows held is not settled by a height")
    return untold(
        part,
        expected=expected,
        observed=f"{entity.entity}: {why}",
        advice=f"Look at its rows yourself, or accept `{part.path}` in the policy.",
    )


def _weight(group: GroupHeld) -> Outcome:
    return {True: Outcome.PASSED, False: Outcome.FAILED, None: Outcome.COULD_NOT_TELL}[group.alike]


def _exemption(entity: EntityHeld, policy: Policy, waivers: list[DataWaiver], group: GroupHeld) -> str:
    """Why the rows of one chain may differ; an exemption applies only to the chains that it names."""
    named = [one.chains for one in policy.entity(entity.entity).may_differ]
    named += [(one.chain,) if one.chain else () for one in waivers if one.entity == entity.entity]
    if any(not chains or group.chain is None or group.chain in map(str, chains) for chains in named):
        return "the policy lets some of it differ, which a sum cannot leave out"
    if policy.mode is Mode.EXPANSION and group.now > group.then:
        return "it has more rows than were remembered, and a sum cannot tell the old from the new"
    return ""


def _words(group: GroupHeld) -> str:
    where = f" on chain {group.chain}" if group.chain else ""
    return (
        f"{amount(group.then, 'row', 'was', 'were')} remembered, {group.now:,}"
        f" {agree(group.now, 'is', 'are')} on the candidate{where}"
    )


def _where(groups: list[GroupHeld]) -> str:
    named = [group.chain for group in groups if group.chain]
    return f"on chain {', '.join(named)}" if named else "than were remembered"


def _rows(held: Held) -> int:
    return sum(
        group.then for entity in held.entities if isinstance(entity, EntityHeld) for group in entity.groups
    )


def _summary(held: Held | Unobserved) -> str:
    if isinstance(held, Unobserved):
        return ""
    return (
        f"{amount(_rows(held), 'row')} of {amount(len(held.entities), 'entity')}, as its last certificate"
        " remembers them"
    )
