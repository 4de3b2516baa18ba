"""The candidate does not contradict itself, which is visible without any other belt."""

from collections.abc import Iterator

from gate.amounts import amount
from gate.checks.check import Check
from gate.checks.wording import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Finding, Point, failed, passed, untold
from gate.observations import Observations, Unobserved
from gate.observations.sound import Broken, Rule, Rules, Sound, Standing, Unread
from gate.policy import Policy

DATABASE = frozenset({Access.DATABASE})
READS = ("sound",)
SHOWN = 5  # rows listed

EVENTS = Part(
    claim=Claim.SOUND,
    name="events",
    sentence="the candidate has counted as many events of every chain as it has received",
    needs=DATABASE | {Access.RPC},
    reads=READS,
    acceptable=True,
    without="whether an event is missing, or was added",
)
ROWS = Part(
    claim=Claim.SOUND,
    name="rows",
    sentence="every event has its rows, and every row its event, as the policy says",
    needs=DATABASE | {Access.RPC},
    reads=READS,
    acceptable=True,
    without="whether a row is missing of an event that was received, or was never an event",
)
BOUNDS = Part(
    claim=Claim.SOUND,
    name="bounds",
    sentence="no row is of a chain, a block or a time that the candidate has not indexed",
    needs=DATABASE | {Access.RPC},
    reads=READS,
    acceptable=True,
    without="whether rows come from nowhere: another chain, a block above the progress, the future",
)
HISTORY = Part(
    claim=Claim.SOUND,
    name="history",
    sentence="every row is what its own newest history says",
    needs=DATABASE,
    reads=READS,
    acceptable=True,
    without="whether somebody but the indexer wrote rows near the head",
)
REFERENCES = Part(
    claim=Claim.SOUND,
    name="references",
    sentence="every reference leads to a row",
    needs=DATABASE | {Access.GRAPHQL},
    reads=READS,
    acceptable=True,
    without="whether rows are gone to which others lead",
)
PARTS = (EVENTS, ROWS, BOUNDS, HISTORY, REFERENCES)


def judge(seen: Observations, policy: Policy) -> Finding:
    """The candidate's own data agrees with itself: events, rows, history, references, blocks and times."""
    del policy  # the probe needed it, the judgement does not
    points = tuple(point for part in PARTS for point in _part(part, seen.sound))
    return Finding(claim=Claim.SOUND, points=points, summary=_summary(seen.sound))


CHECK = Check(claim=Claim.SOUND, parts=PARTS, judge=judge)


def _part(part: Part, sound: Sound | Unobserved) -> Iterator[Point]:
    if isinstance(sound, Unobserved):
        yield unseen(part, sound, expected=part.sentence)
        return
    found: Rules | Unobserved = getattr(sound, part.name)
    if isinstance(found, Unobserved):
        yield unseen(part, found, expected=part.sentence)
        return
    for rule in found.rules:
        yield from _against(part, rule)
    holding = [rule for rule in found.rules if isinstance(rule, Rule) and not rule.broken]
    if holding:
        yield _holding(part, holding, found.notes)
    elif not found.rules:
        yield _nothing(part, found)


def _against(part: Part, rule: Rule | Unread) -> Iterator[Point]:
    """The points for a rule that is broken or could not be checked."""
    if isinstance(rule, Unread):
        yield unseen(part, rule.why, expected=rule.about)
    elif rule.broken:
        yield _broken(part, rule)


def _broken(part: Part, rule: Rule) -> Point:
    observed = "; ".join(broken.words for broken in rule.broken)
    evidence = tuple(line for broken in rule.broken for line in _examples(broken))
    if rule.meant:
        waived = (f"{observed}: {rule.meant}",)
        return passed(part, expected=rule.about, observed=observed, evidence=evidence, waived=waived)
    if rule.standing in {Standing.DECLARED, Standing.ON_SERVING}:
        advice = "Find out what wrote or lost this, and seed the candidate afresh"
        declare = f"; if it is meant, say so in the policy: {rule.declare}" if rule.declare else ""
        return failed(
            part,
            expected=rule.about,
            observed=observed,
            advice=f"{advice}{declare}.",
            paste=rule.paste,
            evidence=evidence,
        )
    return untold(
        part,
        expected=rule.about,
        observed=f"{observed}; {rule.standing.value}",
        advice=f"Find out what is right, and say so in the policy: {rule.declare}.",
        paste=rule.paste,
        evidence=evidence,
        found=True,
    )


def _examples(broken: Broken) -> Iterator[str]:
    yield from broken.examples[:SHOWN]
    if broken.examples and broken.rows > SHOWN:
        yield f"and {broken.rows - SHOWN} more"


def _holding(part: Part, rules: list[Rule], notes: tuple[str, ...]) -> Point:
    """One point for all rules that hold; a rule without rows is counted separately."""
    rows = sum(rule.looked for rule in rules)
    idle = sum(not rule.looked for rule in rules)
    said = tuple(f"{rule.about}: {amount(rule.looked, 'row')}" for rule in rules)
    words = (
        [f"{amount(len(rules) - idle, 'rule', 'holds', 'hold')} over {amount(rows, 'row')}"] if rows else []
    )
    words += [f"{amount(idle, 'rule')} had no row to look at"] if idle else []
    return passed(part, expected=part.sentence, observed="; ".join(words), evidence=said + notes)


def _nothing(part: Part, found: Rules) -> Point:
    """Passes if there is nothing to check and a reason is known; without one, it is a defect of the gate."""
    if not found.nothing:
        return untold(
            part,
            expected=part.sentence,
            observed="nothing was looked at",
            advice="Report this as a defect of the gate.",
        )
    return passed(
        part,
        expected=part.sentence,
        observed=f"there is nothing to contradict: {found.nothing}",
        evidence=found.notes,
    )


def _summary(sound: Sound | Unobserved) -> str:
    if isinstance(sound, Unobserved):
        return ""
    kinds = (sound.events, sound.rows, sound.bounds, sound.history, sound.references)
    rules = [
        rule for found in kinds if isinstance(found, Rules) for rule in found.rules if isinstance(rule, Rule)
    ]
    return amount(len(rules), "rule") if rules else "nothing to contradict"
