"""What could be checked: the candidate's entities, with their columns, on their chains."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gate.coverage.cells import ALL_CHAINS
from gate.observations import Holdings, Observations, Progress, SchemaSeen
from gate.observations.entities import entities_of
from gate.policy import Policy

LEAVES = frozenset({"SCALAR", "ENUM"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Stock:
    """One entity; `chains` are those that its rows may be on, or all of them as one.

    `unseen` says why its rows cannot be read.
    """

    entity: str
    columns: tuple[str, ...]
    key: frozenset[str]
    chains: tuple[str, ...]
    unseen: str = ""


def chains_of(seen: Observations, policy: Policy) -> tuple[str, ...]:
    """The candidate's own chains, or the expected ones if those are unknown."""
    if isinstance(seen.holdings, Holdings):
        found = set(seen.holdings.chains)
    elif isinstance(seen.candidate_chains, Progress):
        found = set(seen.candidate_chains.ids)
    else:
        found = {chain.id for chain in policy.chains}
    return tuple(str(chain) for chain in sorted(found))


def stocks(
    seen: Observations, chains: tuple[str, ...], chained: Mapping[str, bool], strays: Mapping[str, list[str]]
) -> tuple[Stock, ...]:
    """Every entity of the candidate's database, and of its schema if that has more.

    `chained` tells for compared entities whether their rows name their chain, `strays` which chains they name
    that the belt lacks.
    """
    found: dict[str, Stock] = {}
    if isinstance(seen.holdings, Holdings):
        for one in seen.holdings.entities:
            each = chained.get(one.entity, one.chained)
            found[one.entity] = Stock(
                entity=one.entity,
                columns=one.columns,
                key=frozenset(one.key),
                chains=_chains(chains, strays.get(one.entity, []), each=each),
                unseen=one.unseen,
            )
    for entity, columns in _offered(seen.candidate_schema):
        if entity not in found:
            each = chained.get(entity, False)
            found[entity] = Stock(
                entity=entity,
                columns=columns,
                key=frozenset(),
                chains=_chains(chains, strays.get(entity, []), each=each),
            )
    return tuple(found[entity] for entity in sorted(found))


def _chains(chains: tuple[str, ...], strays: list[str], *, each: bool) -> tuple[str, ...]:
    return (*chains, *(one for one in strays if one not in chains)) if each else (ALL_CHAINS,)


def _offered(schema: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The entities that GraphQL offers, with their fields other than relationships."""
    if not isinstance(schema, SchemaSeen):
        return
    for introspection in (schema.admin, schema.public):
        if isinstance(introspection, Mapping):
            kinds = {kind["name"]: kind for kind in introspection["__schema"]["types"]}
            for entity in sorted(entities_of(introspection)):
                fields = (kinds.get(entity) or {}).get("fields") or ()
                yield entity, tuple(field["name"] for field in fields if _is_leaf(field["type"]))


def _is_leaf(kind: Mapping[str, Any]) -> bool:
    inner: Mapping[str, Any] | None = kind
    while inner is not None:
        last, inner = inner, inner.get("ofType")
    return last["kind"] in LEAVES
