"""The whole gate against the real world: good candidates pass, again and again."""

from dataclasses import replace

import pytest

from gate.endpoints import Endpoints
from gate.outcome import Outcome
from gate.secret import Address
from tests.live.gate.scene import Scene, Twin, doors

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

LONG = "4m"
"""The chains of a scene grow for as long as its tests take, and one node proves each of their blocks."""

SOUND = ("sound.events", "sound.rows", "sound.bounds", "sound.history", "sound.references")
BLIND = (
    "distinct.database",
    "distinct.doors",
    "schema.enums",
    "content.rows",
    "content.footprint",
    "content.served",
    "content.subscriptions",
    *SOUND,
    "ground-truth.blocks",
    "ground-truth.sources",
    "budget.siblings",
    "budget.month",
)
UNMEASURED = ("runtime.process", "runtime.version", "runtime.heap", "runtime.reseed", "runtime.restarts")


def accepting(*parts: str) -> list[dict[str, str]]:
    return [{"part": part, "reason": "a hosted belt"} for part in parts]


async def test_green_expands(scene: Scene) -> None:
    """Green, with two chains and one contract more than blue, passes while everything moves."""
    judged = await scene.judge(policy=scene.policy(deadline=LONG))
    assert judged.passed, judged.text
    assert {point.part.path for point in judged.verdict.unproved} == {"content.coverage"}
    assert all(point.accepted for point in judged.verdict.unproved)


async def test_a_twin_in_parity(scene: Scene, twin: Twin) -> None:
    """A belt with blue's footprint passes as its equal while everything moves."""
    judged = await scene.judge(scene.endpoints(candidate=doors(twin.belt)), scene.parity(deadline=LONG))
    assert judged.passed, judged.text


async def test_the_first_alias(scene: Scene) -> None:
    """Where nothing serves yet, green is proved by the chains alone."""
    nothing = Endpoints(
        serving=None,
        candidate=doors(scene.world.green),
        alias=Address("http://127.0.0.1:9/v1/graphql"),
        hosted=scene.hosted(),
    )
    judged = await scene.judge(nothing, scene.policy(deadline=LONG))
    assert judged.passed, judged.text


async def test_with_urls_alone(scene: Scene) -> None:
    """Without databases and metrics the rest is proved, by samples; what is not told is accepted by name."""
    world = scene.world
    urls = scene.endpoints(
        serving=doors(world.blue, database=None, metrics=None),
        candidate=doors(world.green, database=None, metrics=None, sources=None),
    )
    urls = replace(urls, hosted=None)
    refused = await scene.judge(urls)
    assert refused.verdict.outcome is Outcome.COULD_NOT_TELL, refused.text
    untold = {point.part.path for point in refused.verdict.unproved}
    assert untold == {*BLIND, *UNMEASURED, "ground-truth.history", "content.coverage"}
    assert "say `proof: sampling` in the policy" in " ".join(refused.text.split())
    parts, entities = accepting(*BLIND, *UNMEASURED), "Account Badge ChainActivity Position Price Transfer"
    nobody = [{"entity": entity, "reason": "a hosted belt"} for entity in entities.split()]
    sampled = scene.policy(deadline=LONG, proof="sampling", accept=parts, unproved=nobody)
    accepted = await scene.judge(urls, sampled)
    assert accepted.passed, accepted.text
    told = " ".join(accepted.text.split())
    assert told.count("[a hosted belt]") == len(accepted.verdict.unproved)


async def test_accepting_too_little(scene: Scene) -> None:
    """One part that nobody accepts is enough to leave it undecided."""
    green = doors(scene.world.green, metrics=None)
    some = scene.policy(accept=accepting(*UNMEASURED[1:]))
    judged = await scene.judge(scene.endpoints(candidate=green), some, about=("runtime",))
    assert judged.verdict.outcome is Outcome.COULD_NOT_TELL, judged.text
