"""The whole gate against the real world: good candidates pass, again and again."""

import pytest

from gate.endpoints import Endpoints
from gate.outcome import Outcome
from gate.secret import Address
from tests.live.gate.scene import Scene, Twin, doors

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

BLIND = ("distinct.database", "distinct.doors", "schema.enums", "content.rows")
UNMEASURED = ("runtime.version", "runtime.heap", "runtime.reseed", "runtime.restarts")


def accepting(*parts: str) -> list[dict[str, str]]:
    return [{"part": part, "reason": "a hosted belt"} for part in parts]


async def test_green_expands(scene: Scene) -> None:
    """Green, with two chains and one contract more than blue, passes while everything moves."""
    judged = await scene.judge()
    assert judged.passed, judged.text
    assert not judged.verdict.unproved


async def test_twenty_runs_in_a_row(scene: Scene, twin: Twin) -> None:
    """No good candidate is refused, in either mode, while every chain and every belt moves."""
    candidate = scene.endpoints(candidate=doors(twin.belt))
    for _ in range(10):
        grown, same = await scene.judge(), await scene.judge(candidate, scene.parity())
        assert grown.passed, grown.text
        assert same.passed, same.text


async def test_the_first_alias(scene: Scene) -> None:
    """Where nothing serves yet, green is proved by the chains alone."""
    nothing = Endpoints(
        serving=None, candidate=doors(scene.world.green), alias=Address("http://127.0.0.1:9/v1/graphql")
    )
    judged = await scene.judge(nothing)
    assert judged.passed, judged.text


async def test_with_urls_alone(scene: Scene) -> None:
    """Without databases and metrics the rest is proved; what is not told has to be accepted by name."""
    world = scene.world
    urls = scene.endpoints(
        serving=doors(world.blue, database=None, metrics=None),
        candidate=doors(world.green, database=None, metrics=None),
    )
    refused = await scene.judge(urls)
    assert refused.verdict.outcome is Outcome.COULD_NOT_TELL, refused.text
    untold = {point.part.path for point in refused.verdict.unproved}
    assert untold == {*BLIND, *UNMEASURED}
    accepted = await scene.judge(urls, scene.policy(accept=accepting(*BLIND, *UNMEASURED)))
    assert accepted.passed, accepted.text
    assert accepted.text.count("[accepted: a hosted belt]") == len(accepted.verdict.unproved)


async def test_accepting_too_little(scene: Scene) -> None:
    """One part that nobody accepts is enough to leave it undecided."""
    green = doors(scene.world.green, metrics=None)
    some = scene.policy(accept=accepting(*UNMEASURED[1:]))
    judged = await scene.judge(scene.endpoints(candidate=green), some)
    assert judged.verdict.outcome is Outcome.COULD_NOT_TELL, judged.text
