"""A belt's engine can tell the gate from a consumer, however the gate asks."""

from belts.engine.serve.readers import OWN
from gate.observations import Answers
from gate.probes.world import World
from tests.unit.gate.core.test_run import run


async def test_the_gate_by_name() -> None:
    """It says who it is, so that it is no reader for whose sake a belt has to stay."""
    seen = []

    async def look(world: World) -> Answers:
        seen.append(world.http.headers["user-agent"])
        return Answers(public=0.01)

    await run(look)
    assert [agent.encode().startswith(OWN) for agent in seen] == [True]
