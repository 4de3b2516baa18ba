"""The writer killed, or the disk full, at any moment of a promotion: one belt answers.

Each trial is named by its kind and a number, from which all that is drawn in it follows: which touch of the
writer it is, what the next update wants. `BELTS_MOMENTS=full:3,full:9` tries those alone.
"""

import os
import random
from collections.abc import Iterator

import pytest

from tests.live.gate.moments.kinds import Full, Killed, Kind
from tests.live.gate.moments.pair import Pair
from tests.live.gate.moments.trial import Trace, tried

pytestmark = [pytest.mark.live, pytest.mark.deep, pytest.mark.timeout(900)]

KINDS: dict[str, type[Kind]] = {
    "killed": Killed,
    "full": Full,
}
TIMES = 20
VARIABLE = "BELTS_MOMENTS"
ROOT = "only root may mount a disk"


def _cases() -> Iterator[tuple[str, int]]:
    if wanted := os.environ.get(VARIABLE):
        for one in wanted.split(","):
            name, _, which = one.partition(":")
            yield name, int(which)
        return
    yield from ((name, number) for name in KINDS for number in range(TIMES))


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=f"{case[0]}-{case[1]}") for case in _cases()],
)
def test_a_moment(pair: Pair, trace: Trace, case: tuple[str, int]) -> None:
    """One belt answers, the ledger is true, nothing that serves may go, and the next update ends it."""
    name, number = case
    if name == "full" and os.geteuid() != 0:
        pytest.skip(ROOT)
    draw = random.Random(f"{name} {number}")
    told = tried(pair, KINDS[name](pair, draw), trace.drawn(draw), draw)
    print(f"{name}:{number} {told}")
    assert not told.wrong, f"{told}\n{told.said}"
    if not told.touch:
        pytest.skip("the promotion was over before that touch")
