"""What questions are made from: some rows of an entity, and what a role may ask of it."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from gate.probes.served.constructs.case import BASE, Case, Variable, everything, fields, order_of
from gate.probes.served.constructs.conditions import Condition
from gate.probes.served.constructs.leaves import fits
from gate.probes.served.constructs.offer import Offer
from gate.probes.served.constructs.sample import Entry, MovedError, Place, Sample
from gate.probes.served.shape import Scalar, Shape

T = TypeVar("T")
Chosen = Callable[[Sample], Sequence[Entry]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """The rows, the role's offer, and a random draw that chooses among equally good questions."""

    sample: Sample
    offer: Offer
    draw: random.Random

    @property
    def shape(self) -> Shape:
        """The entity."""
        return self.sample.shape

    @property
    def key(self) -> tuple[Scalar, ...]:
        """Its key, the main part first."""
        main = self.shape.main
        return (main, *(one for one in self.shape.key if one is not main))

    @property
    def own(self) -> list[Place]:
        """The places in the rows themselves."""
        return [place for place in self.sample.places if place.way is None]

    def listed(
        self,
        construct: str,
        chosen: Chosen,
        *,
        where: str = BASE,
        arguments: str = "",
        order: str | None = None,
        plainly: Chosen | None = everything,
        variables: Sequence[Variable] = (),
    ) -> Case:
        """A question for a list of keys, by default in key order."""
        ordered = f", order_by: [{order_of(self.key) if order is None else order}]"
        return Case(
            construct=construct,
            field=f"{self.shape.name}(where: {where}{ordered}{arguments}) {{ {fields(self.shape.key)} }}",
            answer=lambda sample: sample.keys(chosen(sample)),
            plainly=None if plainly is None else lambda sample: sample.keys(plainly(sample)),
            variables=tuple(variables),
        )

    def filtered(self, construct: str, condition: Condition, variables: Sequence[Variable] = ()) -> Case:
        """A question for the rows that meet a condition."""
        return self.listed(
            construct,
            condition.met,
            where=f"{{_and: [{BASE}, {condition.text}]}}",
            variables=variables,
        )

    def telling(self, cases: Iterable[Case]) -> Case | None:
        """The first question whose answer shows that the construct takes effect, else the first."""
        first: Case | None = None
        for case in cases:
            first = first or case
            if case.answer(self.sample) and not self.blunt(case):
                return case
        return first

    def blunt(self, case: Case) -> bool:
        """True if a door that ignores the construct gives the same answer."""
        return case.plainly is not None and same_answer(case.answer, case.plainly, self.sample)

    def mixed(self, values: Iterable[T]) -> list[T]:
        """The values in random order."""
        found = list(values)
        self.draw.shuffle(found)
        return found


def same_answer(one: Callable[[Sample], Any], other: Callable[[Sample], Any], sample: Sample) -> bool:
    """True if two questions have the same answer."""
    try:
        expected = one(sample)
        return bool(expected == (found := other(sample)) or fits(expected, found))
    except MovedError:
        return False
