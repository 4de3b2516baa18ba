"""A disk on which belts, ledger and alias lie, full to the last byte: the alias answers and goes back."""

import os

import pytest

from belts.runtimes.process.files import ballast
from belts.runtimes.process.files.layout import Layout
from tests.live.gate.moments import consumers, truth, volume
from tests.live.gate.moments.pair import Pair

pytestmark = [
    pytest.mark.live,
    pytest.mark.deep,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system"),
]


def test_a_way_back(pair: Pair) -> None:
    """By the room that the gateway has kept; with room again, the next update finds nothing untrue."""
    pair.promotable()
    before = pair.serves
    assert pair.up(pair.other(before)).code == 0
    kept = ballast.file_of(Layout(root=pair.hosts.root, belt=pair.gateway))
    assert pair.hosts.run("heal", "--root", str(pair.hosts.root), pair.gateway).code == 0
    assert kept.stat().st_size == ballast.BYTES
    try:
        with consumers.asking(pair.url) as asked:
            volume.filled(pair.hosts)
            back = pair.move(before)
            assert (back.code, pair.serves) == (0, before), back.said
            assert consumers.all_of(pair.url) == {before}
        assert asked.failed == []
        assert asked.mixed == []
        assert not kept.exists()
    finally:
        volume.emptied(pair.hosts.root.parent)
    pair.stands()
    done = pair.up(before)
    assert done.code == 0, done.said
    assert truth.settled(pair, before) == []
    assert pair.hosts.run("heal", "--root", str(pair.hosts.root), pair.gateway).code == 0
    assert kept.stat().st_size == ballast.BYTES
