"""The serving belt and the candidate are two belts, not one belt twice."""

from collections.abc import Iterator

from gate.amounts import amount
from gate.checks.check import Check
from gate.checks.dialled import DIAL, dialled
from gate.checks.wording import NOBODY_SERVES, unseen
from gate.claims import Access, Claim, Part
from gate.endpoints import Side
from gate.finding import Finding, Point, failed, passed, untold
from gate.observations import (
    NOT_LOOKED,
    AliasSeen,
    Cause,
    DatabaseIdentity,
    DoorsSeen,
    Observations,
    Progress,
    Unobserved,
    both,
)
from gate.outcome import Outcome
from gate.policy import Policy

ADDRESSES = Part(
    claim=Claim.DISTINCT,
    name="addresses",
    sentence="the candidate's URL is neither the serving belt's nor the alias",
    needs=frozenset({Access.GRAPHQL}),
    reads=(),
)
ANSWERS = Part(
    claim=Claim.DISTINCT,
    name="answers",
    sentence="the two GraphQL endpoints answer as two belts",
    needs=frozenset({Access.GRAPHQL}),
    reads=("turns",),
)
ALIAS = Part(
    claim=Claim.DISTINCT,
    name="alias",
    sentence="the serving belt is the one that the alias serves now",
    needs=frozenset({Access.GRAPHQL}),
    reads=("turns",),
    acceptable=True,
    without="that the belt that is compared with is the one that consumers read",
)
DATABASE = Part(
    claim=Claim.DISTINCT,
    name="database",
    sentence="the two database URLs lead to two databases",
    needs=frozenset({Access.DATABASE}),
    reads=("serving_database", "candidate_database", "lock"),
    acceptable=True,
    without="that the two belts do not share one database",
)
ONE_BELT = Part(
    claim=Claim.DISTINCT,
    name="doors",
    sentence="each belt's GraphQL endpoint reads the database that is given for it",
    needs=frozenset({Access.GRAPHQL, Access.DATABASE}),
    reads=(
        "serving_chains",
        "serving_rows",
        "serving_doors",
        "candidate_chains",
        "candidate_rows",
        "candidate_doors",
    ),
    acceptable=True,
    without="that a belt's GraphQL endpoint reads that belt's database",
)
PARTS = (ADDRESSES, ANSWERS, ALIAS, DATABASE, ONE_BELT, DIAL)

OWN_DATABASE = "Give the candidate its own database, and seed it afresh."


def judge(seen: Observations, policy: Policy) -> Finding:
    """The candidate is a belt of its own, and the serving belt is the one that the alias serves."""
    database = _database(seen)
    points = (
        _addresses(seen),
        _answers(seen),
        _alias(seen),
        database,
        *_doors(seen, policy),
        dialled(seen.dial),
    )
    summary = "two belts, two databases" if database.outcome is Outcome.PASSED else "two belts"
    return Finding(claim=Claim.DISTINCT, points=points, summary=NOBODY_SERVES if seen.first else summary)


CHECK = Check(claim=Claim.DISTINCT, parts=PARTS, judge=judge)


def _addresses(seen: Observations) -> Point:
    """Compares the three URLs as they are written."""
    at = seen.endpoints
    others = {"the serving belt's": at.serving.graphql if at.serving else None, "the alias": at.alias}
    for name, other in others.items():
        if other is not None and other.place == at.candidate.graphql.place:
            return failed(
                ADDRESSES,
                expected=ADDRESSES.sentence,
                observed=f"the candidate's URL is {name}: {other}",
                advice="Give the candidate's own GraphQL URL.",
            )
    observed = f"the candidate is at {at.candidate.graphql}"
    return passed(ADDRESSES, expected=ADDRESSES.sentence, observed=observed)


def _answers(seen: Observations) -> Point:
    """Compares what both endpoints report at one moment, whatever their names are."""
    if seen.first:
        return passed(ANSWERS, expected=ANSWERS.sentence, observed=NOBODY_SERVES)
    if isinstance(seen.turns, Unobserved) or seen.turns.serving is None:
        reason = seen.turns if isinstance(seen.turns, Unobserved) else NOT_LOOKED
        return unseen(ANSWERS, reason, expected=ANSWERS.sentence)
    serving, candidate = seen.turns.serving, seen.turns.candidate
    if _same(serving, candidate):
        if _two_databases(seen):
            return passed(
                ANSWERS,
                expected=ANSWERS.sentence,
                observed="both caught up at the same moments, in two databases: one is a copy of the other",
            )
        return failed(
            ANSWERS,
            expected=ANSWERS.sentence,
            observed="both have the same chains and caught up with each at the very same moment",
            advice="Two URLs lead to one belt: give the candidate's own GraphQL URL.",
        )
    if serving.ids == candidate.ids and not (serving.mark and candidate.mark):
        return untold(
            ANSWERS,
            expected=ANSWERS.sentence,
            observed="one of them has not caught up with any chain, so nothing tells one from the other",
            advice="Wait until both belts have caught up, then run the gate again.",
        )
    apart = "asked in turn, with no start between, they say that they caught up at different moments"
    observed = "each has a database of its own" if _two_databases(seen) else apart
    return passed(ANSWERS, expected=ANSWERS.sentence, observed=observed)


def _alias(seen: Observations) -> Point:
    """Compares the belt behind the alias with the declared serving belt at one moment."""
    if isinstance(seen.turns, Unobserved):
        return unseen(ALIAS, seen.turns, expected=ALIAS.sentence)
    alias, serving, candidate = seen.turns.alias, seen.turns.serving, seen.turns.candidate
    if serving is None or seen.endpoints.unled:
        return _nothing_serves(alias)
    if isinstance(alias, Unobserved):
        return unseen(ALIAS, alias, expected=ALIAS.sentence)
    name = alias.belt or "a belt"
    if _same(alias.progress, serving):
        return passed(ALIAS, expected=ALIAS.sentence, observed=f"the alias serves {name}, as does the URL")
    if not alias.progress.mark and not serving.mark:
        return untold(
            ALIAS,
            expected=ALIAS.sentence,
            observed="neither has caught up with any chain, so nothing tells one from the other",
            advice="Wait until the serving belt has caught up, then run the gate again.",
        )
    moved = _same(alias.progress, candidate)
    return failed(
        ALIAS,
        expected=ALIAS.sentence,
        observed="the alias serves the candidate already" if moved else f"the alias serves {name}, another",
        advice="Give as `serving` the belt that the alias serves now.",
    )


def _nothing_serves(alias: AliasSeen | Unobserved) -> Point:
    """Judges the first alias: it fails if a belt already answers there."""
    expected = "no belt serves yet"
    if isinstance(alias, Unobserved):
        if alias.cause in {Cause.NOT_GIVEN, Cause.UNREACHABLE}:
            return passed(ALIAS, expected=expected, observed="no belt answers through the alias")
        return unseen(ALIAS, alias, expected=expected)
    return failed(
        ALIAS,
        expected=expected,
        observed=f"the alias answers as {alias.belt or 'a belt'}",
        advice="Give that belt as `serving` in the endpoints file.",
    )


def _database(seen: Observations) -> Point:
    """Compares system identifiers and databases, and a lock that shows two names of one database."""
    if seen.first:
        return passed(DATABASE, expected=DATABASE.sentence, observed=NOBODY_SERVES)
    identities = both(seen.serving_database, seen.candidate_database)
    if isinstance(identities, Unobserved):
        return unseen(DATABASE, identities, expected=DATABASE.sentence)
    serving, candidate = identities
    if _place(serving) == _place(candidate):
        same = f"both are database {candidate.database} of system {candidate.system_identifier}"
        return failed(DATABASE, expected=DATABASE.sentence, observed=same, advice=OWN_DATABASE)
    if isinstance(seen.lock, Unobserved):
        return unseen(DATABASE, seen.lock, expected=DATABASE.sentence)
    if not seen.lock.taken_on_both:
        held = "a lock taken through the serving belt's URL is held against the candidate's"
        return failed(DATABASE, expected=DATABASE.sentence, observed=held, advice=OWN_DATABASE)
    return passed(
        DATABASE,
        expected=DATABASE.sentence,
        observed="they differ, and a lock on one is free on the other",
        evidence=(f"serving: {_words(serving)}", f"candidate: {_words(candidate)}"),
    )


def _doors(seen: Observations, policy: Policy) -> Iterator[Point]:
    """Checks for each belt that its GraphQL endpoint reads its database."""
    sides = [(Side.CANDIDATE, seen.candidate_chains, seen.candidate_rows, seen.candidate_doors)]
    if not seen.first:
        sides.insert(0, (Side.SERVING, seen.serving_chains, seen.serving_rows, seen.serving_doors))
    for side, through_graphql, in_database, moving in sides:
        expected = f"the {side} belt's GraphQL endpoint reads the {side} belt's database"
        doors = both(through_graphql, in_database)
        if isinstance(doors, Unobserved):
            yield unseen(ONE_BELT, doors, expected=expected)
        elif not any(door.mark for door in doors):
            yield untold(
                ONE_BELT,
                expected=expected,
                observed="it has not caught up with any chain, so nothing tells it from another belt",
                advice="Wait until it has caught up, then run the gate again.",
            )
        elif not _same(*doors):
            yield failed(
                ONE_BELT,
                expected=expected,
                observed="the chain table that the endpoint shows is another one than the database's",
                advice=f"Point the {side} belt's GraphQL engine, or its database URL, to its own database.",
            )
        else:
            yield _at_one_height(side, moving, policy, expected)


def _at_one_height(side: Side, moving: DoorsSeen | Unobserved, policy: Policy, expected: str) -> Point:
    """Fails if the heights of both doors differ by more than the lag limit; a replica may lag a little."""
    if isinstance(moving, Unobserved):
        return unseen(ONE_BELT, moving, expected=expected)
    limits = {chain.id: chain.lag_limit for chain in policy.chains}
    apart = {chain: far for chain, far in moving.beyond.items() if far > limits.get(chain, 0)}
    if not apart:
        return passed(ONE_BELT, expected=expected, observed="both show the same chain table, as it moves")
    told = ", ".join(f"{amount(far, 'block')} on chain {chain}" for chain, far in sorted(apart.items()))
    return failed(
        ONE_BELT,
        expected=expected,
        observed=f"what the endpoint shows is {told} away from what the database holds",
        advice=f"Point the {side} belt's GraphQL engine, or its database URL, to its own database: one of"
        " them is a copy, or stands.",
    )


def _same(one: Progress, other: Progress) -> bool:
    """True if two readings are of one belt: the same chains, caught up at the same moments.

    A belt that catches up with one more chain between the two readings is still the same belt.
    """
    known = min(one.mark, other.mark, key=len)
    return bool(known) and one.ids == other.ids and known <= one.mark and known <= other.mark


def _two_databases(seen: Observations) -> bool:
    """True if database access proves that there are two databases."""
    return _database(seen).outcome is Outcome.PASSED


def _place(identity: DatabaseIdentity) -> tuple[int, int]:
    """Where the database is, independent of the name that leads to it."""
    return identity.system_identifier, identity.database_oid


def _words(identity: DatabaseIdentity) -> str:
    """Formats one identity for the evidence."""
    return f"system {identity.system_identifier}, database {identity.database} (OID {identity.database_oid})"
