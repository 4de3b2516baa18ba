"""What a provider's JSON-RPC error means: each has its own words and codes for the same few cases."""

from enum import Enum, auto


class Meaning(Enum):
    """How the gate reacts to an error: retry later, ask for less, give up on old blocks, or give up."""

    BUSY = auto()
    TOO_MUCH = auto()
    GONE = auto()
    NO_BATCH = auto()
    UNSUPPORTED = auto()
    OTHER = auto()


NOT_YET = (
    "header not found",  # a node behind the balancer that has not seen the block yet
    "unknown block",
    "beyond current head",  # geth: block range extends beyond current head block
    "beyond latest",
    "greater than latest",
    "future block",
)
"""Errors to retry later that are not rate limits."""

# In this order: "limit exceeded" of a rate means busy, of a range too much.
WORDS: tuple[tuple[Meaning, tuple[str, ...]], ...] = (
    (
        Meaning.NO_BATCH,
        ("batch",),  # geth "batch too large", erigon "batch limit", drpc "batch of more than 3 requests"
    ),
    (
        Meaning.BUSY,
        (
            "rate limit",  # QuickNode, drpc, 1RPC; Base: over rate limit
            "ratelimit",
            "rate-limit",
            "per second",  # Alchemy, QuickNode
            "/second",
            "/sec",  # QuickNode: credits limited to 6000/sec
            "rps limit",  # Chainstack: you've exceeded the RPS limit
            "quota",
            "daily request count",
            "rate exceeded",
            "request rate",  # Infura: daily request count exceeded, request rate limited
            "too many requests",
            "request limit",
            "compute units",  # Alchemy: exceeded its compute units per second capacity
            "capacity limit",
            "throughput",
            "try again later",
            "try again in",
            "retry later",
            "temporarily",
            "temporary internal error",  # drpc
            "temporary failure",
            "overloaded",
            "currently healthy",  # Optimism, Base: no backend is currently healthy to serve traffic
            "no response from upstream",
            *NOT_YET,
        ),
    ),
    (
        Meaning.TOO_MUCH,
        (
            "more than",  # Infura, geth: query returned more than 10000 results
            "response size",  # Alchemy: Log response size exceeded
            "too large",  # Base, Optimism: block range too large, backend response too large
            "too wide",  # Ankr: block range is too wide
            "too many",  # Nethermind: Too many logs requested
            "block range",  # QuickNode, Alchemy, Chainstack, PublicNode, Cloudflare
            "blocks range",  # 1RPC, Blast: limited to a 1000 blocks range
            "blocks distance",  # Ankr: maximum [from, to] blocks distance
            "max range",
            "maximum range",
            "range exceeds",
            "range limit",  # Tenderly: range 9009594 is bigger than range limit 2000
            "range greater than",
            "larger than max",
            "smaller than size",  # Harmony
            "should not greater than",  # 1RPC
            "result set",
            "too long",
            "too big",
            "too high",
            "ranges over",  # drpc
            "requested too many",  # Avalanche
            "maximum is set to",
            "exceeds limit",  # Infura: range 1000000 exceeds limit of 10000; Arbitrum: logs matched by query
            "exceeds the range",
            "exceeds max",  # LlamaRPC: query exceeds max results; reth: query exceeds max block range
            "exceed maximum",
            "at most",  # Coinbase: please limit the query to at most 1000 blocks
            "limited to",  # BlockPI: limited to 2000 block
            "limit the query",
            "retry with the range",
            "try with this block range",
            "number of requested blocks",  # thirdweb
            "timed out",  # Erigon, Nethermind: the query took too long
            "timeout",  # drpc: request timeout on the free tier
            "deadline exceeded",
            "aborted",  # geth: request aborted at its own limit of time
            "canceled",
            "cancelled",
        ),
    ),
    (
        Meaning.GONE,
        (
            "pruned",  # geth: pruned history unavailable (4444), reth, Erigon
            "missing trie node",
            "historical",  # Nethermind, Erigon: historical state not available
            "history",
            "archive",  # QuickNode, drpc: archive node required
            "no longer available",
            "old data not available",  # Erigon: old data not available due to pruning
            "due to pruning",
            "is not available: blocknum",  # Erigon: data before txNum is not available
            "receipts unavailable",  # reth
            "older than",
            "before the earliest",
        ),
    ),
    (
        Meaning.UNSUPPORTED,
        (
            "method not found",
            "not supported",
            "unsupported",
            "does not exist",
            "not available",
            "not whitelisted",
            "not enabled",
            "not found",
        ),
    ),
)

CODES = {
    429: Meaning.BUSY,
    -32097: Meaning.BUSY,
    -32012: Meaning.BUSY,
    -32016: Meaning.BUSY,
    -32029: Meaning.BUSY,
    4444: Meaning.GONE,
    -32601: Meaning.UNSUPPORTED,
    -32004: Meaning.UNSUPPORTED,
}


def meaning_of(code: int | None, message: str) -> Meaning:
    """The meaning of an error. Unambiguous codes come first; -32005 is ambiguous."""
    if code in CODES:
        return CODES[code]
    text = message.lower()
    found = (meaning for meaning, words in WORDS if any(word in text for word in words))
    return next(found, Meaning.OTHER)
