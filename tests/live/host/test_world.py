"""The world that other tests stand on."""

import pytest

from tests.live.world import World

pytestmark = pytest.mark.live


def test_both_belts_have_their_chains(world: World) -> None:
    """Blue holds four chains and green six, each with progress beyond the past."""
    assert set(world.blue.progress()) == set(world.blue.chains)
    assert set(world.green.progress()) == set(world.green.chains)
