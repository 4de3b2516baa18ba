"""Whatever generations two belts are of, and however far each is, their states at one height are the same."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.observations.rows import EntityUnread
from tests.live.gate.content.belt import Belt, compare, policy
from tests.live.gate.generations.belt import ENTITIES, SHORT, make
from tests.live.gate.generations.generation import GENERATIONS, Generation
from tests.live.gate.generations.test_pairs import compared, unlike

pytestmark = [pytest.mark.live, pytest.mark.deep]

KINDS = st.sampled_from(GENERATIONS)
LOWEST = 55
PROGRESS = st.integers(LOWEST, LOWEST + SHORT - 2)


def emptied(*belts: Belt) -> None:
    for belt in belts:
        belt.execute("DROP SCHEMA public CASCADE")
        belt.execute("CREATE SCHEMA public")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(kinds=st.tuples(KINDS, KINDS), heights=st.tuples(*[PROGRESS] * 4), shared=st.booleans())
async def test_states_at_one_height(
    kinds: tuple[Generation, Generation],
    heights: tuple[int, int, int, int],
    shared: bool,
    blue: Belt,
    green: Belt,
) -> None:
    """Only a column that the candidate lacks keeps rows from being compared; and a state that is changed in
    the history of either belt is seen.
    """
    emptied(blue, green)
    shared = shared and all(kind.by_chain for kind in kinds)
    make(blue, kinds[0], progress=heights[0], other=heights[1], shared=shared)
    make(green, kinds[1], progress=heights[2], other=heights[3], shared=shared)
    rows = await compare(blue, green, policy(1, 10), seconds=5.0)
    lacks = kinds[0].by_chain and not kinds[1].by_chain
    read = [one for one in rows.entities if not (lacks and isinstance(one, EntityUnread))]
    assert len(read) == len(ENTITIES) - lacks
    assert not unlike(rows), rows.entities
    assert {one.totals.undecided for one in compared(rows).values()} == {0} if not lacks else True
    green.execute('UPDATE "Account" SET balance = balance + 1')
    green.execute('UPDATE "envio_history_Account" SET balance = balance + 1')
    assert unlike(await compare(blue, green, policy(1, 10), seconds=5.0)) == {"Account"}
