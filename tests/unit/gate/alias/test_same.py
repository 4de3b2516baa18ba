"""Whether a belt is the one that its stack declares."""

import pytest

from gate.alias.sight import Sight, UnprovedError, same
from tests.identities import SEED, identity


@pytest.mark.parametrize("project", [None, "d"])
def test_the_same_project(project: str | None) -> None:
    """A belt that others run tells of none."""
    same("green", identity(), Sight(seed=SEED, heights={}, project=project))


def test_another_project() -> None:
    """What it was judged with is not what it runs."""
    with pytest.raises(UnprovedError, match="changed in place since"):
        same("green", identity(), Sight(seed=SEED, heights={}, project="e"))
