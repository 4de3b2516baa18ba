"""Reads block headers from providers, and which block a chain calls final."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eth_bloom.bloom import BloomFilter

from gate.observations.unobserved import Cause, Unobserved
from gate.probes.rpc.genuine import is_genuine
from gate.probes.rpc.provider import Provider, number, provider_of
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World
from gate.secret import Address

FINALIZED = "finalized"


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """One block's header; `genuine` means that its hash matches its contents."""

    number: int
    hash: str
    parent: str
    genuine: bool
    timestamp: int
    receipts_root: str
    transactions_root: str
    bloom: int

    def may_hold(self, *values: str) -> bool:
        """False proves that the block has no log with all of these addresses and topics."""
        bloom = BloomFilter(self.bloom)
        return all(bytes.fromhex(value.removeprefix("0x")) in bloom for value in values)


async def header(provider: Provider, block: int | str) -> Header:
    """The header of one block, by number or by tag."""
    [found] = await headers(provider, [block])
    return found


async def headers(provider: Provider, blocks: Sequence[int | str]) -> list[Header]:
    """The headers of several blocks; raises an error that names a block the provider does not have."""
    answers = await provider.calls([("eth_getBlockByNumber", (_named(block), False)) for block in blocks])
    return [_header(provider, block, answer) for block, answer in zip(blocks, answers, strict=True)]


def _named(block: int | str) -> str:
    return hex(block) if isinstance(block, int) else block


def _header(provider: Provider, asked: int | str, answer: Any) -> Header:
    if answer is None:
        raise UnseenError(f"{provider} does not have block {asked}", Cause.UNSUPPORTED)
    try:
        found = Header(
            number=number(answer["number"], provider, "a block"),
            hash=str(answer["hash"]).lower(),
            parent=str(answer["parentHash"]).lower(),
            genuine=is_genuine(answer),
            timestamp=number(answer["timestamp"], provider, "a block"),
            receipts_root=str(answer["receiptsRoot"]).lower(),
            transactions_root=str(answer.get("transactionsRoot")).lower(),
            bloom=int(answer["logsBloom"], 16),
        )
    except (KeyError, TypeError, ValueError):
        raise UnseenError(
            f"{provider} answers for block {asked} with something else", Cause.BAD_ANSWER
        ) from None
    if isinstance(asked, int) and found.number != asked:
        raise UnseenError(f"{provider} answers for block {asked} with block {found.number}", Cause.BAD_ANSWER)
    return found


async def hashes(provider: Provider, numbers: Iterable[int]) -> dict[int, str]:
    """A provider's hashes of some blocks, by number."""
    return {found.number: found.hash for found in await headers(provider, sorted(set(numbers)))}


async def finalized(world: World, chain: int) -> int | None:
    """The lowest block that any independent provider calls final; `None` if none supports the tag."""
    told = await world.once(finals, chain)
    return min((block for block in told.values() if isinstance(block, int)), default=None)


async def finals(world: World, chain: int) -> dict[Address, int | Unobserved]:
    """The block that each independent provider calls final, asked once per run."""
    addresses = _heard(world, chain)
    told = await asyncio.gather(*(_tagged(world, address, chain) for address in addresses))
    return dict(zip(addresses, told, strict=True))


async def called_final(world: World, chain: int) -> dict[str, int]:
    """The block that each independent provider calls final, by its name; others are left out."""
    told = await world.once(finals, chain)
    return {str(address): block for address, block in told.items() if isinstance(block, int)}


async def second(world: World, chain: int, block: int) -> int | None:
    """When a block was made, according to the first independent provider that has it."""
    for address in _heard(world, chain):
        made = await _made(world, address, chain, block)
        if not isinstance(made, Unobserved):
            return made
    return None


def _heard(world: World, chain: int) -> tuple[Address, ...]:
    expected = world.policy.chain(chain)
    return expected.heard if expected else ()


@unseen_as_value
async def _tagged(world: World, address: Address, chain: int) -> int:
    return (await header(await provider_of(world, address, chain), FINALIZED)).number


@unseen_as_value
async def _made(world: World, address: Address, chain: int, block: int) -> int:
    return (await header(await provider_of(world, address, chain), block)).timestamp
