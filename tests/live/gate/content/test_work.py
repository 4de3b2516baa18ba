"""What comparing a belt takes is estimated from a sample, before anything is begun."""

import pytest

from gate.endpoints import Side
from gate.observations.work import Work
from gate.probes.database import work
from tests.live.gate.content.belt import Belt, policy
from tests.live.gate.content.test_own_state import ROWS, transfers, world

pytestmark = pytest.mark.live


async def test_a_belt_with_many_rows(green: Belt, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are those of entities and their history; events and Envio's own tables are no part of it."""
    monkeypatch.setattr(work, "FEW", 100)
    transfers(green, *ROWS)
    green.execute("INSERT INTO envio_checkpoints SELECT n, 1, n, NULL, 1 FROM generate_series(1, 5000) n")
    green.execute("ANALYZE")
    found = await work.look(await world(green, policy(1, 10)), Side.CANDIDATE)
    assert isinstance(found, Work)
    assert found.rows == len(ROWS)
    assert found.rate > 0
    assert await work.least_seconds(await world(green, policy(1, 10))) > 0


async def test_a_belt_with_few(green: Belt) -> None:
    """Nothing is sampled, and nothing refused."""
    transfers(green, *ROWS)
    assert await work.least_seconds(await world(green, policy(1, 10))) == 0


async def test_a_database_that_is_away(green: Belt) -> None:
    """Nobody can say: the gate itself will say why it sees nothing."""
    green.execute("CREATE TABLE nothing (id int)")
    assert await work.least_seconds(await world(green, policy(1))) == 0
