"""What the errors of the large providers mean, in their own words."""

import pytest

from gate.probes.rpc.wordings import Meaning, meaning_of

BUSY, TOO_MUCH, GONE, OTHER = Meaning.BUSY, Meaning.TOO_MUCH, Meaning.GONE, Meaning.OTHER

CASES = [
    (
        "Alchemy",
        -32602,
        "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range",
        TOO_MUCH,
    ),
    ("Alchemy", -32600, "You can make eth_getLogs requests with up to a 500 block range.", TOO_MUCH),
    ("Alchemy", 429, "Your app has exceeded its compute units per second capacity.", BUSY),
    (
        "Infura",
        -32005,
        "query returned more than 10000 results. Try with this block range [0xBDE5F8, 0x102DBCC].",
        TOO_MUCH,
    ),
    ("Infura", -32602, "range 1000000 exceeds limit of 10000", TOO_MUCH),
    ("Infura", -32005, "daily request count exceeded, request rate limited", BUSY),
    ("Infura", -32005, "project ID request rate exceeded", BUSY),
    ("QuickNode", -32614, "eth_getLogs is limited to a 10,000 range", TOO_MUCH),
    ("QuickNode", -32007, "50/second request limit reached - reduce calls per second", BUSY),
    ("Ankr", -32000, "block range is too wide", TOO_MUCH),
    ("drpc", -32600, "ranges over 10000 blocks are not supported on freetier: block range", TOO_MUCH),
    ("drpc", -32600, "Batch of more than 3 requests are not allowed on free tier", Meaning.NO_BATCH),
    ("LlamaRPC", -32005, "query exceeds max results 20000, retry with the range 24383075-24383096", TOO_MUCH),
    ("Cloudflare", -32000, "Max range: 800", TOO_MUCH),
    ("Base", -32000, "block range too large", TOO_MUCH),
    ("Optimism", -32020, "backend response too large", TOO_MUCH),
    ("Arbitrum", -32000, "logs matched by query exceeds limit of 10000", TOO_MUCH),
    ("Chainstack", -32000, "Block range limit exceeded. See more details at", TOO_MUCH),
    ("Coinbase", -32000, "please limit the query to at most 1000 blocks", TOO_MUCH),
    ("BlockPI", -32000, "eth_getLogs is limited to 2000 block", TOO_MUCH),
    ("BNB", -32000, "exceed maximum block range: 5000", TOO_MUCH),
    ("thirdweb", -32000, "Maximum allowed number of requested blocks is 1000", TOO_MUCH),
    ("Nethermind", -32005, "Too many logs requested. Max logs per response is 20000.", TOO_MUCH),
    ("Erigon", -32000, "execution timeout: timed out", TOO_MUCH),
    ("geth", -32000, "header not found", BUSY),
    ("geth", 4444, "pruned history unavailable", GONE),
    ("geth", -32000, "missing trie node 1234 (path )", GONE),
    ("reth", -32000, "block is older than the oldest: pruned", GONE),
    ("any", -32601, "the method eth_getBlockReceipts does not exist/is not available", Meaning.UNSUPPORTED),
    ("any", -32000, "something went wrong", OTHER),
    ("any", None, "", OTHER),
]


@pytest.mark.parametrize(("provider", "code", "message", "meaning"), CASES)
def test_an_error(provider: str, code: int | None, message: str, meaning: Meaning) -> None:
    """Busy is asked again, too much is halved, gone and unsupported are not told."""
    assert meaning_of(code, message) is meaning
