"""What every run tries, and what it leaves to the deep tests: the rest of a class, and long properties."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

import pytest
from _pytest.mark import ParameterSet
from hypothesis import settings

EVERY_RUN, DEEP = "belts", "deep"
"""The profiles of properties."""
LESS = 4

Case = TypeVar("Case")


def one_of_each(
    cases: Iterable[Case],
    *,
    of: Callable[[Case], Hashable] = lambda _: None,
    name: Callable[[Case], str] = str,
) -> list[ParameterSet]:
    """The first case of each class is tried in every run, the rest of its class in the deep ones."""
    begun: set[Hashable] = set()
    tried = []
    for case in cases:
        marks = [pytest.mark.deep] if of(case) in begun else []
        begun.add(of(case))
        tried.append(pytest.param(case, marks=marks, id=name(case).replace(" ", "-")))
    return tried


def examples(most: int) -> int:
    """What a property that is marked `long` is tried with: a quarter in every run, all in the deep ones."""
    return most if settings.get_current_profile_name() == DEEP else max(1, most // LESS)


def some(cases: Sequence[Case], *, turn: int) -> Sequence[Case]:
    """A quarter of what a test marked `long` tries, another one at each turn; all in the deep ones."""
    return cases if settings.get_current_profile_name() == DEEP else cases[turn % LESS :: LESS]
