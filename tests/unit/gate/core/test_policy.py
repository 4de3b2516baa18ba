"""A policy is read as a whole, or every mistake in it is told with its path."""

import textwrap
from datetime import date, timedelta
from typing import Any

import pytest
import yaml

from gate.policy import Mode, Policy, first_alias_mistakes, parse
from gate.policy.chains import Finality, Receipts
from gate.policy.entities import Compare
from gate.reading import MistakesError

ENVIRONMENT = {"KEY": "k3y-of-the-provider"}
ACCEPTABLE = ["content.rows", "distinct.database"]
CORE = ["counts.rows"]
HASH = "0x" + "12" * 32
CONTRACT = "0x" + "aB" * 20
EVENT = "Transfer(address indexed from, address indexed to, uint256 value)"


def chain(**changes: Any) -> dict[str, Any]:
    return {"rpc": ["https://a.example.com/${KEY}"], "indexedFrom": ["https://eth.own.net"]} | changes


def truth(chain_id: int = 1, **changes: Any) -> dict[str, Any]:
    return {"chain": chain_id, "contract": CONTRACT, "event": EVENT, "entity": "Transfer"} | changes


def values(**changes: Any) -> dict[str, Any]:
    return {"version": 1, "mode": "parity", "chains": {1: chain()}, "groundTruth": [truth()]} | changes


def read(**changes: Any) -> Policy:
    return read_text(yaml.safe_dump(values(**changes)))


def read_text(text: str) -> Policy:
    return parse(text, environment=ENVIRONMENT, acceptable=ACCEPTABLE, core=CORE)


def mistakes(text: str) -> list[str]:
    with pytest.raises(MistakesError) as caught:
        read_text(text)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_the_least() -> None:
    """Everything that is not said has the strict default."""
    policy = read()
    assert policy.mode is Mode.PARITY
    [only] = policy.chains
    assert (only.id, only.lag_limit, only.reorg_depth, only.new) == (1, 20, 64, False)
    assert (only.finality, only.receipts) == (Finality.TAG, Receipts.UNKNOWN)
    assert only.rpc[0].reveal() == "https://a.example.com/k3y-of-the-provider"
    assert (policy.settle, policy.soak) == (timedelta(minutes=30), timedelta(hours=48))
    assert policy.loosened == ("no indexer version is pinned", "no heap is declared")


def test_everything() -> None:
    """Every key that there is."""
    policy = read_text(
        textwrap.dedent(f"""
        version: 1
        mode: expansion
        deadline: 90s
        settle: 10m
        soak: 2d
        chains:
          10: {{rpc: [https://a.example.com, "http://127.0.0.1:9001"], indexedFrom: ["http://127.0.0.1:9000"],
               new: true, lagLimit: 50, reorgDepth: 10, finality: depth, receipts: standard}}
          1: {{rpc: [https://a.example.com], indexedFrom: [https://b.example.net]}}
        entities:
          Transfer: {{compare: atBlock, chain: chainId, block: block, floor: 3}}
          Account:
            compare: byState
            mayDiffer: [{{columns: [balance], reason: a new token pays into it}}]
        groundTruth:
          - {{chain: 10, contract: "{CONTRACT}", event: "{EVENT}", entity: Transfer,
              rowId: "{{chainId}}-{{logIndex}}", columns: {{value: amount}},
              windows: {{count: 2, blocks: 50}}, goldens: [{{transaction: "{HASH}", logIndex: 4}}]}}
          - {{chain: 1, contract: "{CONTRACT}", event: "{EVENT}", entity: Transfer}}
        waivers:
          schema: [{{change: Field T.a was removed., reason: unused, expires: 2030-01-31}}]
          data: [{{entity: Account, columns: [balance], chain: 1, fromBlock: 5, toBlock: 9, reason: bug,
                   expires: 2030-01-31}}]
          chains: [{{chain: 137, reason: gone, expires: 2030-01-31}}]
          entities: [{{entity: Old, reason: gone, expires: 2030-01-31}}]
        accept: [{{part: content.rows, reason: hosted}}]
        runtime: {{version: 3.0.0-alpha.17, heapMb: 4096}}
        """)
    )
    assert [each.id for each in policy.chains] == [1, 10]
    ten = policy.chains[1]
    assert (ten.new, ten.lag_limit, ten.reorg_depth, ten.finality, ten.receipts) == (
        True,
        50,
        10,
        Finality.DEPTH,
        Receipts.STANDARD,
    )
    assert [str(address) for address in ten.independent] == ["https://a.example.com", "http://127.0.0.1:9001"]
    assert policy.entity("Transfer").compare is Compare.AT_BLOCK
    assert policy.entity("Account").may_differ[0].columns == ("balance",)
    assert policy.entity("Other").compare is None
    entry = policy.ground_truth[0]
    assert entry.contract == CONTRACT.lower()
    assert entry.event.topic0 == "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    assert (entry.goldens[0].transaction, entry.goldens[0].log_index) == (HASH, 4)
    assert entry.columns == (("value", "amount"),)
    assert policy.waivers.schema[0].expires == date(2030, 1, 31)
    assert policy.waivers.data[0].last_block == 9
    assert policy.accepts[0].part == "content.rows"
    assert policy.loosened == (
        "settle is 0:10:00, by default 0:30:00",
        "chain 10: lagLimit is 50 blocks, by default 20",
        "chain 10: reorgDepth is 10 blocks, by default 64",
        "chain 10: the finalized tag is not asked for",
        "Transfer: the candidate may hold 3 rows fewer on each chain",
        "Account: balance may differ: a new token pays into it",
        "Transfer on chain 10: 2 windows are sampled, by default 4",
        "Transfer on chain 10: windows of 50 blocks, by default 200",
        "content.rows may stay undecided: hosted",
    )


def test_several_mistakes() -> None:
    """All of them at once, each with its path, what was expected and what stands there."""
    text = yaml.safe_dump(
        values(
            mode="growth",
            deadline="soon",
            chains={1: chain(rpc=["eth.example.com"], lagLimit=True), "base": chain()},
            groundTruth=[truth(event="Transfer[", contract="0x12", goldens=[{"transaction": "0xno"}])],
            extra=1,
        )
    )
    found = mistakes(text)
    assert [line.split(": expected")[0] for line in found] == [
        "policy.extra",
        "policy.mode",
        "policy.deadline",
        "policy.chains.1.rpc[0]",
        "policy.chains.1.lagLimit",
        "policy.chains.base",
        "policy.groundTruth[0].goldens[0].transaction",
        "policy.groundTruth[0].goldens[0].logIndex",
        "policy.groundTruth[0].contract",
        "policy.groundTruth[0].event",
    ]
    assert "policy.mode: expected one of parity, expansion, got 'growth'" in found
    assert "policy.chains.1.lagLimit: expected a whole number, at least 0, got True" in found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"chains": {}},
            "policy.chains: expected at least one chain: a policy without chains leaves nothing to prove",
        ),
        ({"chains": None}, "policy.chains: expected at least one chain"),
        ({"version": 2}, "policy.version: expected 1"),
        ({"version": None}, "policy.version: expected 1"),
        ({"mode": None}, "policy.mode: expected one of parity, expansion, got nothing"),
        ({"chains": {1: chain(rpc=[])}}, "policy.chains.1.rpc: expected at least one RPC URL"),
        (
            {"chains": {1: {"indexedFrom": ["http://a.b"]}}},
            "policy.chains.1.rpc: expected at least one RPC URL",
        ),
        (
            {"chains": {1: chain(rpc=["http://other.own.net/x"])}},
            "of a provider that the belts do not index from",
        ),
        ({"chains": {1: chain(indexedFrom=[])}}, "policy.chains.1.indexedFrom: expected the URLs"),
        ({"chains": {1: chain(rpc=["https://x.y/${NOBODY}"])}}, "the environment variable NOBODY to be set"),
        ({"chains": {1: chain(rpc=["ftp://x.y"])}}, "expected a URL that begins with http:// or https://"),
        ({"chains": {1: chain(rpc=["http://x.y:99999"])}}, "expected a URL that begins with"),
        ({"chains": {1: chain(new=True)}, "mode": "parity"}, "in parity mode no chain is new"),
        (
            {"chains": {1: chain(new=True)}, "mode": "expansion"},
            "at least one golden, because the chain is new",
        ),
        ({"groundTruth": []}, "policy.groundTruth (chain 1): expected at least one entry"),
        (
            {"groundTruth": [truth(), truth(7)]},
            "policy.groundTruth[1].chain: expected one of the expected chains",
        ),
        ({"groundTruth": [truth(windows={"count": 0})]}, "policy.groundTruth[0].windows.count"),
        (
            {"groundTruth": [truth(goldens=[{"transaction": HASH, "logIndex": 1}] * 2)]},
            "policy.groundTruth[0].goldens[1]: expected each golden once",
        ),
        (
            {"accept": [{"part": "counts.rows", "reason": "no"}]},
            "which is core and can never be accepted undecided",
        ),
        (
            {"accept": [{"part": "height", "reason": "no"}]},
            "policy.accept[0].part: expected one of content.rows",
        ),
        ({"accept": [{"part": "content.rows"}]}, "policy.accept[0].reason: expected a reason"),
        (
            {"waivers": {"schema": [{"change": "x", "reason": "y"}]}},
            "policy.waivers.schema[0].expires: expected a day",
        ),
        (
            {"waivers": {"data": [{"entity": "A", "reason": "y", "expires": date(2030, 1, 1)}]}},
            "policy.waivers.data[0].columns: expected a list of at least one column",
        ),
        (
            {"waivers": {"chains": [{"chain": 1, "reason": "y", "expires": date(2030, 1, 1)}]}},
            "policy.waivers.chains[0].chain: expected a chain that is given up",
        ),
        (
            {"entities": {"A": {"compare": "byGuess"}}},
            "expected one of atBlock, byTimestamp, byState, got 'byGuess'",
        ),
        ({"settle": 30}, "policy.settle: expected a time span such as 90s"),
    ],
)
def test_one_mistake(changes: dict[str, Any], said: str) -> None:
    """Each mistake says what was expected there."""
    assert any(said in line for line in mistakes(yaml.safe_dump(values(**changes))))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "policy: expected a map, got nothing"),
        ("- a", "policy: expected a map, got a list"),
        ("a: [", "policy: expected YAML, got"),
        ("a: 1\na: 2", "the key 'a' stands twice in line"),
        ("a: !!python/object:os.system {}", "policy: expected YAML"),
    ],
)
def test_not_yaml(text: str, said: str) -> None:
    """What is not a map in YAML is told as such."""
    [line] = mistakes(text)
    assert said in line


def test_a_mistake_shows_no_key() -> None:
    """A URL that is not one may still hold a key."""
    found = mistakes(yaml.safe_dump(values(chains={1: chain(rpc=["eth.example.com/v3/s3cr3t-k3y-0123"])})))
    assert "s3cr3t-k3y-0123" not in "".join(found)


def test_the_digest() -> None:
    """Layout, comments, the order of keys and the environment make no difference; a limit does."""
    one = yaml.safe_dump(values(), sort_keys=True)
    other = "# the same\n" + yaml.safe_dump(dict(reversed(values().items())), sort_keys=False, indent=8)
    digests = {read_text(text).digest for text in (one, other)}
    assert len(digests) == 1
    elsewhere = parse(one, environment={"KEY": "another"}, acceptable=[])
    assert elsewhere.digest in digests
    assert read(settle="31m").digest not in digests


def test_the_first_alias() -> None:
    """For the first alias every chain is new, so every chain needs a golden."""
    without = read()
    assert "chain 1" in str(first_alias_mistakes(without)[0])
    golden = truth(goldens=[{"transaction": HASH, "logIndex": 0}])
    assert first_alias_mistakes(read(groundTruth=[golden])) == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example.com/x", "https://b.example.com/y", True),
        ("https://a.example.com", "https://a.example.net", False),
        ("http://127.0.0.1:8545", "http://127.0.0.1:8546", False),
        ("http://127.0.0.1:8545/a", "http://127.0.0.1:8545/b", True),
        ("http://anvil:8545", "http://anvil:8545", True),
        ("http://[::1]:8545", "http://[::1]:8546", False),
    ],
)
def test_one_provider_or_two(one: str, other: str, *, same: bool) -> None:
    """Names under one domain are one provider; ports of one machine are two."""
    text = yaml.safe_dump(values(chains={1: chain(rpc=[one], indexedFrom=[other])}))
    if same:
        assert "only theirs" in mistakes(text)[0]
    else:
        assert read_text(text).chains[0].independent


def recovery(**changes: Any) -> dict[str, Any]:
    return {"belt": "blue", "reason": "its disk is gone", "expires": date(2030, 1, 1)} | changes


def test_a_recovery() -> None:
    """It names the belt, the reason and the day, and is listed as what it is: less than is asked for."""
    policy = read(recovery=recovery())
    assert policy.recovery is not None
    assert (policy.recovery.belt, policy.recovery.expires) == ("blue", date(2030, 1, 1))
    assert "recovery of blue until 2030-01-01" in policy.loosened[0]
    assert policy.digest != read().digest


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({}, "policy.recovery.belt"),
        ({"belt": "Blue!"}, "policy.recovery.belt"),
        ({"reason": " "}, "policy.recovery.reason"),
        ({"expires": "soon"}, "policy.recovery.expires"),
        ({"until": 1}, "policy.recovery.until"),
    ],
)
def test_a_recovery_that_says_too_little(wrong: dict[str, Any], path: str) -> None:
    """Whoever recovers says which belt, why, and until when."""
    given = recovery(**wrong) if wrong else {}
    assert any(line.startswith(path) for line in mistakes(yaml.safe_dump(values(recovery=given))))
