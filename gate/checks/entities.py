"""Shared by the claims that judge the rows of every entity."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from gate.checks.loss import loss
from gate.checks.wording import NOBODY_SERVES, unseen
from gate.claims import Part
from gate.finding import Point, passed, untold
from gate.observations import Observations, Unobserved
from gate.observations.rows import EntityAbsent
from gate.policy import Policy

Entity = TypeVar("Entity")
Seen_co = TypeVar("Seen_co", covariant=True)


class Entities(Protocol[Seen_co]):
    """The observations of every entity, and the chains that are too young to compare."""

    @property
    def entities(self) -> tuple[Seen_co, ...]: ...

    @property
    def young(self) -> tuple[str, ...]: ...


def one_by_one(
    part: Part,
    seen: Observations,
    rows: Entities[Entity] | Unobserved,
    judged: Callable[[Entity], Iterable[Point]],
    *,
    held: Callable[[Entity], int],
) -> Iterator[Point]:
    """Judges each entity by itself; `held` returns how many rows of the serving belt it was compared with."""
    if seen.first:
        yield passed(part, expected=part.sentence, observed=NOBODY_SERVES)
    elif isinstance(rows, Unobserved):
        yield unseen(part, rows, expected=part.sentence)
    else:
        yield from (_young(part, chain) for chain in rows.young)
        for entity in rows.entities:
            yield from judged(entity)
        if not any(held(entity) for entity in rows.entities):
            yield untold(
                part,
                expected="rows on the serving belt to compare with",
                observed="not one row was compared",
                advice="Check that `serving` is the belt that consumers use, and that it has synced.",
            )


def _young(part: Part, chain: str) -> Point:
    return untold(
        part,
        expected="a common height at which every chain can be compared",
        observed=chain,
        advice="Wait until the chain is further, or lower its `reorgDepth` in the policy.",
    )


def absent(part: Part, entity: EntityAbsent, seen: Observations, policy: Policy) -> Point:
    """The point for an entity that the candidate lacks: waived, or lost."""
    waiver = next((one for one in policy.waivers.entities if one.entity == entity.entity), None)
    way_out = ("entities", {"entity": entity.entity})
    return loss(part, f"entity {entity.entity}", waiver, way_out, seen.began)
