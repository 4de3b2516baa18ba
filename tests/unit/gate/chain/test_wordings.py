"""What the errors of the large providers mean, in their own words."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.provider.wordings import Meaning, meaning_of

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
    ("QuickNode", -32012, "credits limited to 6000/sec", BUSY),
    ("Chainstack", -32005, "You've exceeded the RPS limit available on the current plan.", BUSY),
    ("Base", -32016, "over rate limit", BUSY),
    ("Optimism", -32011, "no backend is currently healthy to serve traffic", BUSY),
    ("drpc", 19, "Temporary internal error. Please retry, trace-id: 4f1b", BUSY),
    ("drpc", 35, "ranges over 10000 blocks are not supported on freetier", TOO_MUCH),
    ("drpc", 30, "Request timeout on the free tier, please upgrade your tier to the paid one", TOO_MUCH),
    ("Tenderly", -32602, "invalid params range 9009594 is bigger than range limit 2000", TOO_MUCH),
    ("Ankr", -32000, "maximum [from, to] blocks distance: 10000", TOO_MUCH),
    ("Avalanche", -32000, "requested too many blocks from 1 to 9000, maximum is set to 2048", TOO_MUCH),
    ("Swell", -32000, "block range greater than 100 max", TOO_MUCH),
    ("Candle", -32600, "block range too high", TOO_MUCH),
    ("geth", -32000, "query aborted (timeout = 5s)", TOO_MUCH),
    ("geth", -32000, "block range extends beyond current head block", BUSY),
    ("geth", -32600, "batch too large", Meaning.NO_BATCH),
    ("Alchemy", None, "Unsupported methods [trace_block] in batch call.", Meaning.NO_BATCH),
    ("Erigon", -32000, "old data not available due to pruning: from tx: 1909646215", GONE),
    ("Erigon", -32000, "data before txNum=2662500000 is not available: blockNum=16999999", GONE),
    ("any", -32000, "something went wrong", OTHER),
    ("any", None, "", OTHER),
]


@pytest.mark.parametrize(("provider", "code", "message", "meaning"), CASES)
def test_an_error(provider: str, code: int | None, message: str, meaning: Meaning) -> None:
    """Busy is asked again, too much is halved, gone and unsupported are not told."""
    assert meaning_of(code, message) is meaning


SURE = [case for case in CASES if case[3] is not OTHER]
HARMLESS = st.text(alphabet="0123456789abcdef[]:-x .", max_size=30).map(lambda text: f" {text} ")


@given(
    case=st.sampled_from(SURE),
    before=HARMLESS,
    after=HARMLESS,
    change=st.sampled_from([str, str.upper, str.lower, str.title]),
)
def test_an_error_in_other_clothes(
    case: tuple[str, int | None, str, Meaning], before: str, after: str, change: Callable[[str], str]
) -> None:
    """Case, and what a gateway puts before and after the words, make no difference."""
    _, code, message, meaning = case
    assert meaning_of(code, before + change(message) + after) is meaning


@given(message=st.text(max_size=200), code=st.one_of(st.none(), st.integers()))
def test_any_words(message: str, code: int | None) -> None:
    """Whatever a provider says has a meaning."""
    assert isinstance(meaning_of(code, message), Meaning)
