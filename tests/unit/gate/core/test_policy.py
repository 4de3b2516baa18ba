"""A policy is read as a whole, or every mistake in it is told with its path."""

import textwrap
from datetime import date, timedelta
from typing import Any

import pytest
import yaml

from belts.reading.mistakes import MistakesError
from gate.policy import Mode, Policy, difference, first_alias_mistakes, parse
from gate.policy.across import AcrossChains
from gate.policy.addressed import addressed
from gate.policy.chains import Finality, Receipts
from gate.policy.entities import Compare

LASTING = {"reason": "y", "expires": date(2030, 1, 1)}
PAST = {"reason": "y", "expires": date(2020, 1, 1)}
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
        proof: sampling
        alias: {{longestMixed: 1m, mostFailed: 3}}
        chains:
          10: {{rpc: [https://a.example.com, "http://127.0.0.1:9001"], indexedFrom: ["http://127.0.0.1:9000"],
               new: true, lagLimit: 50, reorgDepth: 10, compareWithin: 2h, finality: depth,
               receipts: standard, severalNodes: two machines}}
          1: {{rpc: [https://a.example.com], indexedFrom: [https://b.example.net]}}
        entities:
          Transfer: {{compare: atBlock, chain: chainId, block: block, floor: 3}}
          Account:
            compare: byState
            mayDiffer: [{{columns: [balance], chains: [1], reason: a new token pays into it}}]
          User:
            acrossChains: {{sum: [total], min: [first], max: [last], once: [name],
                            order: {{columns: [chain], reason: nobody reads it}}}}
        groundTruth:
          - {{chain: 10, contract: "{CONTRACT}", event: "{EVENT}", entity: Transfer,
              rowId: "{{chainId}}-{{logIndex}}", columns: {{value: amount}},
              windows: {{count: 2, blocks: 50}}, goldens: [{{transaction: "{HASH}", logIndex: 4}}]}}
          - {{chain: 1, contract: "{CONTRACT}", event: "{EVENT}", entity: Transfer}}
        waivers:
          schema: [{{change: Field T.a was removed., reason: unused, expires: 2030-01-31}}]
          data: [{{entity: Account, columns: [balance], chain: 1, fromBlock: 5, toBlock: 9, reason: bug,
                   expires: 2030-01-31}}]
          lost: [{{entity: Transfer, chain: 1, reason: its provider lied, expires: 2030-01-31}}]
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
    assert policy.entity("User").across == AcrossChains(
        sums=("total",),
        extremes=("first", "last"),
        once=("name",),
        order=("chain",),
        reason="nobody reads it",
    )
    entry = policy.ground_truth[0]
    assert entry.contract == CONTRACT.lower()
    assert entry.event.topic0 == "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    assert (entry.goldens[0].transaction, entry.goldens[0].log_index) == (HASH, 4)
    assert entry.columns == (("value", "amount"),)
    assert policy.waivers.schema[0].expires == date(2030, 1, 31)
    assert policy.waivers.data[0].last_block == 9
    assert (policy.waivers.lost[0].entity, policy.waivers.lost[0].chain) == ("Transfer", 1)
    assert policy.accepts[0].part == "content.rows"
    assert policy.loosened == (
        "settle 10m instead of 30m",
        "lagLimit 50 instead of 20 blocks, on chain 10",
        "reorgDepth 10 instead of 64 blocks, on chain 10",
        "compareWithin 2h instead of 1h, on chain 10",
        "the finalized tag is not asked for, on chain 10",
        "severalNodes: ports of one host count as several providers: two machines, on chain 10",
        "Transfer: compare atBlock, chain chainId, block block as the policy says, whatever the tables show",
        "Transfer: the candidate may hold 3 rows fewer on each chain",
        "Account: compare byState as the policy says, whatever the tables show",
        "Account: balance may differ on chain 1: a new token pays into it",
        "User: chain may differ with the order of the chains: nobody reads it",
        "proof is sampling: ranges of blocks are drawn instead of the whole history",
        "Transfer: 2 windows instead of 4, on chain 10",
        "Transfer: windows of 50 instead of 200 blocks, on chain 10",
        "alias: both belts may answer for 1m at a move instead of 10s",
        "alias: 3 requests may fail at a move instead of none",
        "content.rows may stay undecided: hosted",
    )


@pytest.mark.parametrize(
    ("across", "said"),
    [
        ({}, "acrossChains: expected at least one column under sum, min, max, once or order"),
        ({"sum": ["a", "b"], "max": ["b"]}, "expected every column under one kind only, got b under several"),
        ({"order": {"columns": ["a"]}}, "policy.entities.User.acrossChains.order.reason"),
        ({"order": {"columns": [], "reason": "r"}}, "policy.entities.User.acrossChains.order.columns"),
        ({"sums": ["a"]}, "policy.entities.User.acrossChains.sums: expected `sum`, perhaps"),
    ],
)
def test_columns_across_chains(across: dict[str, Any], said: str) -> None:
    """Every column has one kind, and what is left to the order of the chains has a reason."""
    text = yaml.safe_dump(values(entities={"User": {"acrossChains": across}}))
    assert said in " ".join(mistakes(text))


def test_a_loosened_limit_of_many_chains_is_said_once() -> None:
    """An operator reads one line for one limit, and on how many chains it holds."""
    chains = {
        number: {"rpc": ["https://a.example.com"], "indexedFrom": ["https://b.example.net"]}
        for number in range(1, 7)
    }
    truth = [
        {"chain": number, "contract": CONTRACT, "event": EVENT, "entity": "Transfer"} for number in chains
    ]
    every = {number: chain | {"lagLimit": 60} for number, chain in chains.items()}
    assert (
        "lagLimit 60 instead of 20 blocks, on all 6 chains" in read(chains=every, groundTruth=truth).loosened
    )
    some = {number: chain | {"lagLimit": 60} if number > 2 else chain for number, chain in chains.items()}
    assert (
        "lagLimit 60 instead of 20 blocks, on 4 of 6 chains" in read(chains=some, groundTruth=truth).loosened
    )
    two = {number: chain | {"lagLimit": 60} if number > 4 else chain for number, chain in chains.items()}
    assert "lagLimit 60 instead of 20 blocks, on chains 5, 6" in read(chains=two, groundTruth=truth).loosened


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"setle": "1h"}, "policy.setle: expected `settle`, perhaps, got an unknown key"),
        ({"mode": "parityy"}, 'policy.mode: expected `parity`, perhaps, got "parityy"'),
        (
            {"accept": [{"part": "content.row", "reason": "hosted"}]},
            'policy.accept[0].part: expected `content.rows`, perhaps, got "content.row"',
        ),
    ],
)
def test_a_typo(changes: dict[str, Any], said: str) -> None:
    """What was probably meant is named; following it mends the policy."""
    assert said in mistakes(yaml.safe_dump(values(**changes)))


def test_merge_keys() -> None:
    """What chains have in common may be written once."""
    merged = textwrap.dedent(f"""
        version: 1
        mode: parity
        chains:
          1: &one {{rpc: [https://a.example.com], indexedFrom: [https://b.example.net], lagLimit: 30}}
          2: {{<<: *one, lagLimit: 40}}
        groundTruth:
          - &truth {{chain: 1, contract: "{CONTRACT}", event: "{EVENT}", entity: Transfer}}
          - {{<<: *truth, chain: 2}}
    """)
    policy = read_text(merged)
    assert [(chain.id, chain.lag_limit) for chain in policy.chains] == [(1, 30), (2, 40)]
    assert [(entry.chain, entry.entity) for entry in policy.ground_truth] == [
        (1, "Transfer"),
        (2, "Transfer"),
    ]


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
    assert 'policy.mode: expected one of parity, expansion, got "growth"' in found
    assert "policy.chains.1.lagLimit: expected a whole number, at least 0, got true" in found


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
            {"groundTruth": [truth(), truth(contract=CONTRACT.lower(), columns={"value": "value"})]},
            "its entity and `rowId`, once, got Transfer(address,address,uint256) of 0xabab",
        ),
        (
            {"waivers": {"entities": [{**LASTING, "entity": "Old"}, {**PAST, "entity": "Old"}]}},
            "policy.waivers.entities[1]: expected each waiver once, got Old again",
        ),
        (
            {"waivers": {"chains": [{**LASTING, "chain": 7}, {**PAST, "chain": 7}]}},
            "policy.waivers.chains[1]: expected each waiver once, got chain 7 again",
        ),
        (
            {"waivers": {"schema": [{**LASTING, "change": "x"}] * 2}},
            "policy.waivers.schema[1]: expected each waiver once",
        ),
        (
            {"waivers": {"lost": [{**LASTING, "entity": "A", "chain": 1}] * 2}},
            "policy.waivers.lost[1]: expected each waiver once, got A on chain 1 again",
        ),
        (
            {"accept": [{"part": "content.rows", "reason": "no"}] * 2},
            "policy.accept[1]: expected each part once, got content.rows again",
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
            'expected one of atBlock, byTimestamp, byState, got "byGuess"',
        ),
        ({"settle": 30}, "policy.settle: expected a time span such as 90s"),
    ],
)
def test_one_mistake(changes: dict[str, Any], said: str) -> None:
    """Each mistake says what was expected there."""
    assert any(said in line for line in mistakes(yaml.safe_dump(values(**changes))))


def test_entries_that_only_look_alike() -> None:
    """Another `rowId`, other topics or another column that tells rows apart make another entry."""
    ids = [truth(rowId=f"{{{name}}}", where={"side": name}) for name in ("from", "to")]
    topics = [truth(topics={"to": text}, where={"kind": text}) for text in ("0xaa", "0xbb")]
    assert len(read(groundTruth=[*ids, *topics]).ground_truth) == 4
    data = [{**LASTING, "entity": "A", "columns": ["a"], "chain": chain_id} for chain_id in (1, 2)]
    assert len(read(waivers={"data": data}).waivers.data) == 2


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
    """Layout, comments, the order of keys and a provider's key make no difference; a limit does."""
    one = yaml.safe_dump(values(), sort_keys=True)
    other = "# the same\n" + yaml.safe_dump(dict(reversed(values().items())), sort_keys=False, indent=8)
    digests = {read_text(text).digest for text in (one, other)}
    assert len(digests) == 1
    elsewhere = parse(one, environment={"KEY": "another"}, acceptable=[])
    assert elsewhere.digest in digests
    assert read(settle="31m").digest not in digests


def test_another_provider_behind_a_variable() -> None:
    """It is another policy, although its text is the same; its key alone makes no other."""
    text = yaml.safe_dump(values(chains={1: chain(rpc=["${RPC}"])}))
    one, same, other = (
        parse(text, environment={"RPC": url}, acceptable=[]).digest
        for url in (
            "https://a.example.com/key-1",
            "https://a.example.com/key-2",
            "https://b.example.org/key-1",
        )
    )
    assert one == same != other
    kept = difference.kept(addressed(yaml.safe_load(text), {"RPC": "https://user:pass@b.example.org/key-1"}))
    assert kept["chains"]["1"]["rpc"] == ["${RPC} at https://b.example.org"]


def test_one_node() -> None:
    """It is said, it is listed, and its word is proved: by receipts, and never as that of a second node."""
    given = {"rpc": ["http://localhost:1"], "indexedFrom": ["http://127.0.0.1:1"], "oneNode": True}
    policy = read(chains={1: given | {"receipts": "standard"}})
    [only] = policy.chains
    assert (only.independent, only.heard) == ((), only.rpc)
    assert any(words.startswith("oneNode: nobody else is asked for heads") for words in policy.loosened)
    [mistake] = mistakes(yaml.safe_dump(values(chains={1: given})))
    assert mistake.startswith("policy.chains.1.receipts: expected standard, beside `oneNode`")
    said = given | {"receipts": "standard", "severalNodes": "a reason"}
    assert "nothing beside `oneNode`" in mistakes(yaml.safe_dump(values(chains={1: said})))[0]


def test_ports_of_one_host() -> None:
    """They are several nodes only where the policy says why."""
    given = {"rpc": ["http://10.0.0.5:8546"], "indexedFrom": ["http://10.5:8545"]}
    [mistake] = mistakes(yaml.safe_dump(values(chains={1: given})))
    assert mistake.endswith("got several ports of 10.0.0.5")
    [only] = read(chains={1: given | {"severalNodes": "geth and erigon"}}).chains
    assert only.independent == only.rpc


@pytest.mark.parametrize("depth", [63, 65])
def test_a_depth_in_both_directions(depth: int) -> None:
    """What may still change is compared too early, or rows that cannot change by nobody."""
    [words, *_] = read(chains={1: chain(reorgDepth=depth)}).loosened
    assert words.startswith(f"reorgDepth {depth} instead of 64 blocks")
    assert ("compared by nobody" in words) is (depth > 64)


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
        ("http://127.0.0.1:8545/a", "http://127.0.0.1:8545/b", True),
        ("http://anvil:8545", "http://anvil:8545", True),
        ("http://localhost:8545", "http://[::1]:8545", True),
    ],
)
def test_one_provider_or_two(one: str, other: str, *, same: bool) -> None:
    """Names under one domain are one provider, and so are the names of one machine."""
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
