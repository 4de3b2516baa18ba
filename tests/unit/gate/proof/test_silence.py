"""A range of which a provider gives no log: what shows that it could."""

from typing import Any

import pytest

from gate.probes.rpc.genuine import hash_of
from gate.probes.rpc.provider import Provider
from gate.proof.silence import UnshownError, demand_shown
from gate.proof.spans import Span
from gate.secret import Address
from tests.unit.gate.chain.strict import URL, Strict, log, world
from tests.unit.gate.chain.test_forged import header_of

NEWEST = 100


class Quiet(Strict):
    """A chain whose blocks from `busy` on have logs, by their blooms if there are `blooms`."""

    def __init__(self, *, busy: int, blooms: bool, genuine: bool, held: bool = False) -> None:
        super().__init__()
        self.busy, self.blooms, self.genuine, self.held = busy, blooms, genuine, held

    def eth_getBlockByNumber(self, _: object, block: str, whole: bool) -> Any:  # noqa: N802
        assert not whole
        number = NEWEST if block == "latest" else int(block, 16)
        full = self.blooms and number >= self.busy
        found = header_of(number, logsBloom="0x" + ("01" if full else "00") * 256)
        return found | {"hash": hash_of(found) if self.genuine else f"0x{number:064x}"}

    def eth_getLogs(self, _: object, asked: dict[str, Any]) -> Any:  # noqa: N802
        assert set(asked) == {"blockHash"}
        return [log(self.busy, 0)] if self.held else []


@pytest.mark.parametrize(
    ("chain", "busy", "shown"),
    [
        (Quiet(busy=50, blooms=True, genuine=True), None, True),
        (Quiet(busy=5, blooms=True, genuine=True), None, False),
        (Quiet(busy=5, blooms=True, genuine=True, held=True), None, True),
        (Quiet(busy=200, blooms=True, genuine=True), None, True),
        (Quiet(busy=50, blooms=True, genuine=False), None, True),
        (Quiet(busy=5, blooms=False, genuine=False), None, False),
        (Quiet(busy=5, blooms=False, genuine=False, held=True), None, True),
        (Quiet(busy=200, blooms=True, genuine=False), None, False),
        (Quiet(busy=100, blooms=True, genuine=False), 100, True),
        (Quiet(busy=50, blooms=False, genuine=False), 60, False),
        (Quiet(busy=50, blooms=False, genuine=True), 60, False),
        (Quiet(busy=5, blooms=False, genuine=True, held=True), 60, True),
    ],
)
async def test_a_range_without_logs(chain: Quiet, busy: int | None, shown: bool) -> None:
    """Blooms show that a range is quiet only where the chain fills that of a block with a log, or any."""

    async def known() -> int | None:
        return busy

    provider = Provider(world=world(chain.handle), address=Address(URL), chain=1)
    try:
        await demand_shown(provider, Span(1, 20), 7, known)
    except UnshownError:
        assert not shown
    else:
        assert shown
