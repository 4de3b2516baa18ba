"""Checks that a provider still finds old transactions: many keep blocks longer than their contents.

Such a provider answers for an old transaction as for one that never existed.
"""

from collections.abc import Iterator

from gate.observations.unobserved import Cause
from gate.probes.rpc.provider import Provider, number
from gate.probes.unseen import UnseenError


async def finds_transactions(provider: Provider, *, first: int) -> None:
    """Raises unless the provider returns the receipt of a transaction that old."""
    last = number(await provider.call("eth_blockNumber"), provider, "eth_blockNumber")
    for block in _blocks(first, last):
        transaction = await _transaction(provider, block)
        if transaction is None:
            continue
        if await provider.call("eth_getTransactionReceipt", transaction) is None:
            raise UnseenError(
                f"{provider} no longer finds transactions as old as those of block {block}, so it cannot say"
                " that a transaction never was: name a provider that keeps them",
                Cause.UNSUPPORTED,
            )
        return
    raise UnseenError(
        f"{provider} showed no transaction from block {first} on, so nobody can tell whether it still finds"
        " old ones",
        Cause.UNDECIDABLE,
    )


def _blocks(first: int, last: int) -> Iterator[int]:
    """The oldest blocks first, then with doubling steps: about thirty, however long the chain is."""
    step = 0
    while first + step <= last:
        yield first + step
        step = step + 1 if step < 8 else 2 * step


async def _transaction(provider: Provider, block: int) -> str | None:
    """The first transaction of a block, if it has one."""
    [found] = await provider.calls([("eth_getBlockByNumber", (hex(block), False))])
    if found is None:
        raise UnseenError(f"{provider} does not have block {block}", Cause.UNSUPPORTED)
    transactions = found.get("transactions") if isinstance(found, dict) else None
    if not isinstance(transactions, list):
        raise UnseenError(f"{provider} answers for block {block} with something else", Cause.BAD_ANSWER)
    return str(transactions[0]) if transactions else None
