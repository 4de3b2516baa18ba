"""A relay's look at the belts beside it: whom it gives way to, and what it makes of what it cannot see."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from belts.provider import routes as files
from belts.provider.routes import Routes, Upstream
from belts.relay.counters import Counters
from belts.relay.turns import Turns
from belts.relay.watching import Watching
from belts.runtimes.process import lease_files
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import from_json, written
from tests.unit.belts.specs import belt

PORT = 9501
URL = "https://rpc.test/key"


@dataclass(kw_only=True)
class Beside:
    """A candidate, and blue, which has come to a block of chain 1 and says so as its release does."""

    root: Path
    at: int = 100
    head: int = 105
    metric: str = "envio_progress_block"
    fault: Callable[[], httpx.Response] | None = None
    asked: list[str] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if str(request.url) == URL:
            return httpx.Response(200, json={"id": 1, "result": hex(self.head)})
        if self.fault is not None:
            return self.fault()
        return httpx.Response(200, text=f'# TYPE x gauge\n{self.metric}{{chainId="1"}} {self.at}\n')

    def watching(self, name: str = "green") -> Watching:
        routes = Routes(word="w", rate=100, upstreams=(Upstream(chain=1, url=URL),))
        file = self.root / name / "relay" / "routes.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        files.write(file, routes)
        counters = Counters(routes)
        return Watching(
            root=self.root,
            belt=name,
            routes=routes,
            client=httpx.AsyncClient(transport=httpx.MockTransport(self.answer)),
            turns=Turns(allowance=files.allowance(file), counters=counters),
            counters=counters,
        )


@pytest.fixture
def beside(tmp_path: Path) -> Beside:
    for name in ("blue", "green"):
        layout = Layout(root=tmp_path, belt=name)
        layout.requests.mkdir(parents=True)
        (layout.home / lease_files.FOLDER).mkdir()
        asked = json.loads(json.dumps(written(belt(name=name))["indexer"])) | {"root": str(tmp_path)}
        recorded.record(from_json(asked))
    lease_files.serve(tmp_path / "blue", gateway="gateway")
    return Beside(root=tmp_path)


async def test_it_falls_behind_and_catches_up(beside: Beside, capsys: pytest.CaptureFixture[str]) -> None:
    """Less for as long as it does, in the file that all who ask take from; both are told once."""
    green = beside.watching()
    await green.look()
    assert green.turns.allowance.share == 1.0
    beside.head = 200
    await green.look()
    await green.look()
    assert green.turns.allowance.share == 0.25
    assert b"belts_relay_rate 25.0" in green.counters.text
    beside.at = 198
    for _ in range(10):
        await green.look()
    assert green.turns.allowance.share == 1.0
    said = capsys.readouterr().err
    assert said.splitlines() == [
        "green: relay: gives way: the belt that serves falls behind",
        "green: relay: takes up again",
    ]


async def test_the_metric_of_earlier_releases(beside: Beside) -> None:
    """It has another name."""
    beside.metric = "envio_progress_block_number"
    green = beside.watching()
    await green.look()
    beside.head = 200
    await green.look()
    assert green.turns.allowance.share == 0.5


async def test_the_one_that_serves(beside: Beside) -> None:
    """It gives way to nobody, and looks at nobody; after a promotion its rate is whole again."""
    blue = beside.watching("blue")
    blue.turns.allowance.give(0.1)
    await blue.look()
    assert blue.turns.allowance.share == 1.0
    assert beside.asked == []


async def test_nobody_serves(beside: Beside) -> None:
    """There is nobody to give way to."""
    lease_files.forget(beside.root / "blue", gateway="gateway")
    await beside.watching().look()
    assert beside.asked == []


def hangs() -> httpx.Response:
    raise httpx.ReadTimeout("it hangs")


def is_away() -> httpx.Response:
    raise httpx.ConnectError("nobody listens")


@pytest.mark.parametrize("fault", [hangs, lambda: httpx.Response(200, text="no metric")])
async def test_one_that_does_not_say_how_far_it_is(
    beside: Beside, fault: Callable[[], httpx.Response]
) -> None:
    """What cannot be seen changes nothing, in either direction."""
    green = beside.watching()
    await green.look()
    beside.head = 200
    await green.look()
    beside.fault = fault
    for _ in range(5):
        await green.look()
    assert green.turns.allowance.share == 0.5


async def test_one_whose_indexer_is_away(beside: Beside) -> None:
    """It needs nothing, and the candidate may be what replaces it: it takes up again."""
    green = beside.watching()
    await green.look()
    beside.head = 200
    await green.look()
    beside.fault = is_away
    for _ in range(5):
        await green.look()
    assert green.turns.allowance.share == 1.0


async def test_a_lease_that_cannot_be_read(beside: Beside) -> None:
    """It is taken for one of a belt that serves."""
    [file] = (beside.root / "blue" / lease_files.FOLDER).glob("*.json")
    file.write_text("{")
    green = beside.watching()
    await green.look()
    assert any(str(PORT) in url for url in beside.asked)
