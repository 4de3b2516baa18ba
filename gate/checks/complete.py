"""Nothing that was promised to consumers is missing, and nothing unplanned is present."""

from collections.abc import Iterable, Iterator

from gate.amounts import amount
from gate.checks.check import Check
from gate.checks.loss import loss
from gate.checks.wording import NOBODY_SERVES, unseen
from gate.claims import Access, Claim, Part
from gate.finding import Finding, Point, failed, passed
from gate.observations import Observations, Progress, SchemaSeen, Unobserved, both
from gate.observations.entities import entities_of
from gate.policy import Mode, Policy

EXPECTED = Part(
    claim=Claim.COMPLETE,
    name="chains",
    sentence="the candidate has exactly the expected chains",
    needs=frozenset({Access.GRAPHQL}),
    reads=("candidate_chains",),
)
KEPT = Part(
    claim=Claim.COMPLETE,
    name="kept-chains",
    sentence="the candidate has every chain that the serving belt has, and more only where it was declared",
    needs=frozenset({Access.GRAPHQL}),
    reads=("serving_chains", "candidate_chains"),
)
ENTITIES = Part(
    claim=Claim.COMPLETE,
    name="kept-entities",
    sentence="the candidate has every entity that the serving belt has",
    needs=frozenset({Access.GRAPHQL}),
    reads=("serving_schema", "candidate_schema"),
)
PARTS = (EXPECTED, KEPT, ENTITIES)


def judge(seen: Observations, policy: Policy) -> Finding:
    """The candidate has exactly the expected chains, and every chain and entity that consumers have today."""
    points = (*_expected(seen, policy), *_kept_chains(seen, policy), *_kept_entities(seen, policy))
    summary = f"{_chains(chain.id for chain in policy.chains)}, no more"
    return Finding(claim=Claim.COMPLETE, points=points, summary=summary)


CHECK = Check(claim=Claim.COMPLETE, parts=PARTS, judge=judge)


def _expected(seen: Observations, policy: Policy) -> Iterator[Point]:
    """Compares the candidate's chains with the policy's, through GraphQL and in the database."""
    promised = frozenset(chain.id for chain in policy.chains)
    yield _same_chains(seen.candidate_chains, promised, "GraphQL")
    if isinstance(seen.candidate_rows, Progress):
        yield _same_chains(seen.candidate_rows, promised, "its database")


def _same_chains(found: Progress | Unobserved, promised: frozenset[int], where: str) -> Point:
    """Compares the chains seen through one door with the expected ones."""
    expected = _chains(promised)
    if isinstance(found, Unobserved):
        return unseen(EXPECTED, found, expected=expected)
    missing, unplanned = promised - found.ids, found.ids - promised
    if not missing and not unplanned:
        return passed(EXPECTED, expected=expected, observed=f"{_chains(found.ids)} in {where}")
    words = [f"{_chains(missing)} missing"] if missing else []
    words += [f"{_chains(unplanned)} that nobody planned"] if unplanned else []
    advice = (
        "Seed the candidate afresh with the chain in its config: one that is added later is skipped."
        if missing
        else "Add the chain to the policy, or take it out of the candidate and seed that afresh."
    )
    return failed(EXPECTED, expected=expected, observed=f"in {where}: {' and '.join(words)}", advice=advice)


def _kept_chains(seen: Observations, policy: Policy) -> Iterator[Point]:
    """Requires every chain of the serving belt, unless a waiver names it."""
    chains = both(seen.serving_chains, seen.candidate_chains)
    if seen.first:
        yield passed(KEPT, expected=KEPT.sentence, observed=NOBODY_SERVES)
    elif isinstance(chains, Unobserved):
        yield unseen(KEPT, chains, expected=KEPT.sentence)
    else:
        serving, candidate = chains
        dropped = sorted(serving.ids - candidate.ids)
        waivers = {waiver.chain: waiver for waiver in policy.waivers.chains}
        for chain in dropped:
            yield loss(KEPT, f"chain {chain}", waivers.get(chain), ("chains", {"chain": chain}), seen.began)
        more = _unannounced(candidate.ids - serving.ids, policy)
        if more:
            yield failed(
                KEPT,
                expected="the chains of the serving belt, and those that the policy calls new",
                observed=f"the candidate has {_chains(more)} as well",
                advice="Declare the mode `expansion`, and the chain as `new` with a golden, if it is meant.",
            )
        if not dropped and not more:
            yield passed(KEPT, expected=KEPT.sentence, observed=_chains(serving.ids))
        if not serving.ids:
            yield failed(
                KEPT,
                expected="a serving belt with at least one chain",
                observed="the serving belt has no chain at all",
                advice="Check that `serving` is a belt of Envio that has been seeded.",
            )


def _unannounced(more: frozenset[int], policy: Policy) -> frozenset[int]:
    """Chains that only the candidate has and the policy does not declare new; parity can declare none."""
    announced = {chain.id for chain in policy.chains if chain.new} if policy.mode is Mode.EXPANSION else set()
    return more - announced


def _kept_entities(seen: Observations, policy: Policy) -> Iterator[Point]:
    """Requires every entity of the serving belt, unless a waiver names it."""
    if seen.first:
        yield passed(ENTITIES, expected=ENTITIES.sentence, observed=NOBODY_SERVES)
        return
    entities = both(_entities(seen.serving_schema), _entities(seen.candidate_schema))
    if isinstance(entities, Unobserved):
        yield unseen(ENTITIES, entities, expected=ENTITIES.sentence)
        return
    serving, candidate = entities
    waivers = {waiver.entity: waiver for waiver in policy.waivers.entities}
    dropped = sorted(serving - candidate)
    for entity in dropped:
        yield loss(
            ENTITIES, f"entity {entity}", waivers.get(entity), ("entities", {"entity": entity}), seen.began
        )
    if not serving:
        yield failed(
            ENTITIES,
            expected="a serving belt with at least one entity",
            observed="the serving belt shows no entity to the public role",
            advice="Check what the serving belt tracks in its GraphQL engine.",
        )
    elif not dropped:
        yield passed(ENTITIES, expected=ENTITIES.sentence, observed=f"{amount(len(serving), 'entity')}")


def _entities(schema: SchemaSeen | Unobserved) -> frozenset[str] | Unobserved:
    """The entities that the public role sees."""
    if isinstance(schema, Unobserved):
        return schema
    return schema.public if isinstance(schema.public, Unobserved) else entities_of(schema.public)


def _chains(ids: Iterable[int]) -> str:
    """Formats chain ids for a report."""
    names = ", ".join(str(chain) for chain in sorted(ids))
    return f"chains {names}" if "," in names else f"chain {names}" if names else "no chain"
