"""The whole gate against the real world: a good candidate passes."""

import pytest

from tests.live.gate.scene import Scene

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


async def test_green_expands(scene: Scene) -> None:
    """Green, with two chains and one contract more than blue, passes while everything moves."""
    judged = await scene.judge()
    print(judged.text)
    assert judged.passed, judged.text
