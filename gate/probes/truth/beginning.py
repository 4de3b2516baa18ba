"""Determines where a contract's history begins: by the policy, else its creation, never the candidate."""

from dataclasses import dataclass

from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.groundtruth import GroundTruth
from gate.probes.rpc.logs import pages
from gate.probes.rpc.provider import Provider
from gate.probes.truth.chain import Chain, filter_of
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World
from gate.secret import Address

NEAR = 10_000
"""Blocks before a creation that are searched for logs: without old state it may seem younger."""
MOST_PAGES = 64
"""Ranges searched before the candidate's start: a longer past must be excluded by the policy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Beginning:
    """The first block that counts, why, and whether there is a contract, if known."""

    block: int
    words: str
    code: bool | Unobserved


async def beginning(chain: Chain, truth: GroundTruth, height: int) -> Beginning:
    """The policy's `from`, else the block of the contract's creation, else the chain's first one."""
    code = await _code(chain, truth, height)
    if truth.start is not None:
        return Beginning(block=truth.start, words="`from` in the policy", code=code)
    if code is not True:
        why = code.reason if isinstance(code, Unobserved) else "nothing was ever created there"
        return Beginning(block=0, words=f"the chain's first block, because {why}", code=code)
    created = await _created(chain, truth, height)
    if isinstance(created, Unobserved):
        return Beginning(block=0, words=f"the chain's first block, because {created.reason}", code=code)
    return Beginning(block=created, words="the contract's creation", code=code)


async def before(chain: Chain, truth: GroundTruth, begin: int, started: int) -> LogSeen | Unobserved | None:
    """The first log before the block where the candidate started; `None` if there is none."""
    if started <= begin:
        return None
    return await _first_log(chain, truth, begin, started - 1)


@unseen_as_value
async def _first_log(chain: Chain, truth: GroundTruth, first: int, last: int) -> LogSeen | None:
    """The first log of a range, from the first provider that can search all of it."""
    if last < first:
        return None
    fault = UnseenError("no provider can be asked for what lies before it", Cause.NOT_GIVEN)
    for provider in chain.believable:
        try:
            return await _first_by(provider, truth, first, last)
        except UnseenError as unseen:
            fault = unseen
    raise fault


async def _first_by(provider: Provider, truth: GroundTruth, first: int, last: int) -> LogSeen | None:
    asked = 0
    async for page in pages(provider, filter_of(truth), first, last):
        if page.logs:
            return page.logs[0]
        asked += 1
        if asked >= MOST_PAGES and page.last < last:
            raise UnseenError(
                f"blocks {page.last + 1} to {last} are more than {provider} can be asked for",
                Cause.UNDECIDABLE,
            )
    return None


@unseen_as_value
async def _code(chain: Chain, truth: GroundTruth, height: int) -> bool:
    """True if the contract exists, according to the first provider that says so."""
    fault = UnseenError("no provider can be asked for its code", Cause.NOT_GIVEN)
    for provider in chain.believable:
        try:
            if await _has_code(provider, truth.contract, height):
                return True
            return await _has_code(provider, truth.contract, "latest")
        except UnseenError as unseen:
            fault = unseen
    raise fault


async def _created(chain: Chain, truth: GroundTruth, height: int) -> int | Unobserved:
    """The earliest creation that any provider with old state reports: a later one would hide a past."""
    fault: Unobserved = Unobserved(reason="no provider serves old state", cause=Cause.UNSUPPORTED)
    found: list[int] = []
    for provider in chain.believable[:2]:
        told = await chain.world.once(_creation, provider.address, chain.expected.id, truth.contract, height)
        if isinstance(told, Unobserved):
            fault = told
        else:
            found.append(told)
    if not found:
        return fault
    earlier = await _first_log(chain, truth, max(0, min(found) - NEAR), min(found) - 1)
    if isinstance(earlier, LogSeen):
        reason = f"it has logs from before block {min(found)}, where a provider says that it was created"
        return Unobserved(reason=reason, cause=Cause.BAD_ANSWER)
    return min(found)


@unseen_as_value
async def _creation(world: World, address: Address, chain: int, contract: str, height: int) -> int:
    """The first block with code, by bisection; raises if the provider has no old state."""
    provider = Provider(world=world, address=address, chain=chain)
    low, high = -1, height  # no code after `low`, code after `high`
    if not await _has_code(provider, contract, height):
        raise UnseenError(f"the contract was created after block {height}", Cause.UNDECIDABLE)
    while high - low > 1:
        middle = (low + high) // 2
        if await _has_code(provider, contract, middle):
            high = middle
        else:
            low = middle
    return high


async def _has_code(provider: Provider, contract: str, block: int | str) -> bool:
    told = await provider.call("eth_getCode", contract, hex(block) if isinstance(block, int) else block)
    if not isinstance(told, str) or not told.startswith("0x"):
        raise UnseenError(f"{provider} answers eth_getCode with something else", Cause.BAD_ANSWER)
    return len(told) > 2
