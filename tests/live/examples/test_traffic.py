"""Traffic goes on for ever, whatever happens to a chain."""

import signal

import pytest

from tests.live.examples.conftest import Chain, Running
from tests.live.hosts import wait_until

pytestmark = [pytest.mark.live, pytest.mark.deep]


def live_events(chain: Chain) -> None:
    """Waits for some events that are not there yet."""
    start = chain.head()

    def count() -> int:
        return len(chain.call("eth_getLogs", {"fromBlock": hex(start), "toBlock": "latest"}))

    before = count()
    wait_until(lambda: count() > before + 3, f"live events on chain {chain.id}")


def test_chain_that_goes_away(running: Running) -> None:
    """Events come while the chain is there, and again when it is back; what changed is said once."""
    chain = running.chain(8453, block_time=0.25)
    running.start("examples.traffic", {"rpc": f"8453={chain.url}", "pause": 0.1, "events": 2_000})
    live_events(chain)

    chain.end(signal.SIGTERM)
    wait_until(lambda: "no traffic" in running.said("examples.traffic"), "a word about the chain")
    live_events(running.chain(8453, port=chain.port, block_time=0.25))

    assert running.said("examples.traffic").count("has traffic") == 2


def test_unknown_chain(running: Running) -> None:
    """A chain that nobody made is refused at once, with what was expected."""
    process = running.start("examples.traffic", {"rpc": "5=http://127.0.0.1:1"})

    assert process.wait(timeout=20) == 2
    assert "expected CHAIN=URL" in running.said("examples.traffic")
