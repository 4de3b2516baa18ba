"""Goldens that a provider may have dropped, and rows whose keys spell addresses in another way."""

from collections.abc import Callable

import pytest
from eth_utils.address import to_checksum_address

from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause, Unobserved
from tests.live.gate.chain.chains import Anvil, Twist, changing, promise, seen, window
from tests.live.gate.content.belt import Belt

pytestmark = pytest.mark.live

Behind = Callable[[Twist], str]
NEVER_WAS = "0x" + "12" * 32


async def test_a_provider_that_dropped_old_transactions(
    candidate: Belt, anvil: Anvil, behind: Behind
) -> None:
    """It keeps every block and answers for no transaction: that is no proof that one never was."""
    url = behind(
        changing(lambda method, _, result: None if method == "eth_getTransactionReceipt" else result)
    )
    log = (await seen(candidate, promise(anvil, (NEVER_WAS, 0)), url)).goldens[0].log
    assert isinstance(log, Unobserved)
    assert log.cause is Cause.UNSUPPORTED
    assert "no longer finds transactions as old as those of block 1" in log.reason


async def test_another_provider_that_kept_them(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """One provider that finds old transactions is enough to say that one never was, or that it is there."""
    mute = behind(
        changing(lambda method, _, result: None if method == "eth_getTransactionReceipt" else result)
    )
    [log] = anvil.ask("eth_getLogs", {"address": anvil.contract, "fromBlock": hex(30), "toBlock": hex(30)})
    found = await seen(candidate, promise(anvil, (log["transactionHash"], 0)), mute, anvil.url)
    assert isinstance(found.goldens[0].log, LogSeen)


async def test_blocks_without_transactions(candidate: Belt, anvil: Anvil, behind: Behind) -> None:
    """Where no block shows a transaction, nobody can tell what the provider still finds."""

    def emptied(method: str, _: object, result: object) -> object:
        if method == "eth_getBlockByNumber" and isinstance(result, dict):
            return {**result, "transactions": []}
        return result

    log = (await seen(candidate, promise(anvil, (NEVER_WAS, 0)), behind(changing(emptied)))).goldens[0].log
    assert isinstance(log, Unobserved)
    assert "showed no transaction from block 1 on" in log.reason


@pytest.mark.parametrize("spelt", [str.lower, to_checksum_address])
async def test_an_address_in_the_key(candidate: Belt, anvil: Anvil, spelt: Callable[[str], str]) -> None:
    """Rows are found whether their belt writes addresses in lower case or checksummed."""
    address = spelt(anvil.contract)
    candidate.execute("UPDATE \"Payment\" SET id = %s || '-' || block", (address,))
    truth = promise(anvil, row_id="{address}-{blockNumber}")
    found = window(await seen(candidate, truth, anvil.url))
    assert (found.logs, found.missing) == (4, ())


async def test_an_address_that_is_in_no_key(candidate: Belt, anvil: Anvil) -> None:
    """No spelling of an address makes up for a row that is not there."""
    candidate.execute(
        "UPDATE \"Payment\" SET id = %s || '-' || block", (to_checksum_address(anvil.contract),)
    )
    candidate.execute('DELETE FROM "Payment" WHERE block = 30')
    truth = promise(anvil, row_id="{address}-{blockNumber}")
    missing = window(await seen(candidate, truth, anvil.url)).missing
    assert missing == (f"{anvil.contract.lower()}-30",)
