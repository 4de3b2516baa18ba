"""Config that is right becomes frozen settings; config that is wrong is told whole."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from belts import envio
from belts.pulumi import places
from belts.reading.mistakes import Mistake
from belts.spec.belt import BeltSpec
from belts.spec.budget import BUDGET
from belts.spec.chains import LocalChains
from belts.spec.engine import EmbeddedEngine, ExternalHasura
from belts.spec.gateway import WebhookSender
from belts.spec.indexer import Profile
from belts.spec.postgres import Ledger
from belts.spec.runtime import GATEWAYS, Runtime
from gate.commands import place
from stacks.settings import GatewaySettings, SettingsRefused
from tests.unit.stacks.configs import belt, chains, gateway, read

INDEXER = {"project": "indexer", "port": 9501}


def mistakes(directory: Path, config: dict[str, Any], **others: Any) -> list[str]:
    """What is told about this config."""
    with pytest.raises(SettingsRefused) as refusal:
        read(directory, config, **others)
    return [str(mistake) for mistake in refusal.value.mistakes]


def test_belt_with_defaults(tmp_path: Path) -> None:
    """A belt needs its ports and its project; the rest has defaults, the heap by the rule."""
    spec = read(tmp_path, belt())

    assert isinstance(spec, BeltSpec)
    assert (spec.name, spec.root) == ("blue", tmp_path / ".belts" / "hosts")
    assert spec.indexer.heap_mb == 4_096
    assert spec.indexer.profile is Profile.BACKFILL
    assert isinstance(spec.hasura, EmbeddedEngine)
    assert sum(part.memory_mb for part in spec.parts.values()) == 4_096 + 512 + 256


def test_heap_set_below_the_rule(tmp_path: Path) -> None:
    """A heap below the rule is taken when the stack says so itself."""
    spec = read(tmp_path, belt(indexer=INDEXER | {"heapMb": 256}))

    assert isinstance(spec, BeltSpec)
    assert spec.indexer.heap_mb == 256


def test_hasura_of_the_operator(tmp_path: Path) -> None:
    """An external Hasura is a URL; its admin secret is not read here, only seen to be there and secret."""
    config = belt(
        hasura={"engine": "external", "url": "https://hasura.example/"},
        postgres=OPEN,
        hasuraAdminSecret="hush",
    )
    spec = read(tmp_path, config, secrets=frozenset({"belts:hasuraAdminSecret"}))

    assert isinstance(spec, BeltSpec)
    assert spec.hasura == ExternalHasura(url="https://hasura.example")


def test_a_prover(tmp_path: Path) -> None:
    """It runs where a policy is named, and counts in the memory of the host."""
    (tmp_path / "policy.yaml").touch()
    config = belt(prove={"policy": "policy.yaml", "rate": 3, "memoryMb": 300})
    spec = read(tmp_path, config)

    assert isinstance(spec, BeltSpec)
    assert spec.prover is not None
    assert (spec.prover.policy, spec.prover.rate) == (tmp_path / "policy.yaml", 3)
    assert sum(part.memory_mb for part in spec.parts.values()) == 4_096 + 512 + 256 + 300
    without = read(tmp_path, belt())
    assert isinstance(without, BeltSpec)
    assert without.prover is None


def test_secret_variables(tmp_path: Path) -> None:
    """Of secret variables only the names are read; the values stay with Pulumi."""
    config = belt(secretEnv={"RPC_1": "https://rpc/hush"})
    spec = read(tmp_path, config, secrets=frozenset({"belts:secretEnv"}))

    assert isinstance(spec, BeltSpec)
    assert spec.secret_environment == ("RPC_1",)
    assert "hush" not in repr(spec)


def test_credentials(tmp_path: Path) -> None:
    """Their generation is a text at the top of the config, and the first one where nothing is said."""
    first, third = read(tmp_path, belt()), read(tmp_path, belt(credentials="3"))
    revoked = read(tmp_path, belt(credentials="3", revokePreviousCredentials="true"))

    assert isinstance(first, BeltSpec)
    assert isinstance(third, BeltSpec)
    assert isinstance(revoked, BeltSpec)
    assert {part.credentials for part in first.parts.values()} == {1}
    assert not first.postgres.revoke_previous
    assert {part.credentials for part in third.parts.values()} == {3}
    assert not third.postgres.revoke_previous
    assert {part.credentials for part in revoked.parts.values()} == {3}
    assert revoked.postgres.revoke_previous


def test_credentials_of_a_gateway(tmp_path: Path) -> None:
    """They are its own ledger's; of a ledger elsewhere nobody here makes any."""
    own = read(tmp_path, gateway(credentials="2"), stack="gateway")
    elsewhere = gateway(ledger=None, ledgerUrl="x", credentials="2")
    told = mistakes(tmp_path, elsewhere, stack="gateway", secrets=frozenset({"belts:ledgerUrl"}))

    assert isinstance(own, GatewaySettings)
    assert own.ledger == Ledger(port=8081, credentials=2)
    assert [mistake.partition(":")[2].partition(":")[0] for mistake in told] == ["credentials"]


@pytest.mark.parametrize("given", ["0", "-1", "1.5", "01", "two", "true", "9999999999", "٣"])
def test_credentials_that_are_no_generation(tmp_path: Path, given: str) -> None:
    """A generation is a whole number of 1 or more."""
    told = f"belts:credentials: expected a whole number from 1 to 999999999, got {json.dumps(given)}"
    assert mistakes(tmp_path, belt(credentials=given)) == [told]


def test_a_budget(tmp_path: Path) -> None:
    """Prices and limits stand beside the parts, exact to the digit; what is left out is as documented."""
    said = {"perVcpuHour": 0.0278, "perGbMonth": "0.15", "siblings": 3, "ceiling": 150}
    read_settings = read(tmp_path, belt(budget=said))

    assert isinstance(read_settings, BeltSpec)
    assert read_settings.postgres.budget == replace(
        BUDGET,
        per_vcpu_hour=Decimal("0.0278"),
        per_gb_month=Decimal("0.15"),
        siblings=3,
        ceiling=Decimal(150),
    )


def test_a_budget_that_is_none(tmp_path: Path) -> None:
    """A price that is negative or no number, and a limit that is none, each with its path."""
    said = {"perVcpuHour": -0.01, "perGbHour": float("nan"), "perGbMonth": True, "siblings": 0, "price": 1}
    assert mistakes(tmp_path, belt(budget=said)) == [
        "belts:budget.perVcpuHour: expected a number from 0 to 1,000,000, got -0.01",
        "belts:budget.perGbHour: expected a number from 0 to 1,000,000, got nan",
        "belts:budget.perGbMonth: expected a number from 0 to 1,000,000, got true",
        "belts:budget.siblings: expected a whole number of belts from 1 to 1000, got 0",
        (
            "belts:budget.price: expected one of the keys ceiling, diskGb, idleDays, perGbHour, perGbMonth,"
            " perVcpuHour, siblings, vcpus, windowHours, got an unknown key"
        ),
    ]
    assert "expected a map of settings" in mistakes(tmp_path, belt(budget="cheap"))[0]


def test_gateway_with_limits(tmp_path: Path) -> None:
    """What the gateway's config says is what its spec holds."""
    caddy = {"port": 8080, "maxBodyMb": 4, "adminHeaders": True, "timeouts": {"answerSeconds": 5}}
    read_settings = read(tmp_path, gateway(caddy=caddy), stack="gateway")

    assert isinstance(read_settings, GatewaySettings)
    assert read_settings.upstream == "blue"
    assert read_settings.caddy is not None
    assert read_settings.caddy.max_body_mb == 4
    assert read_settings.caddy.admin_headers
    assert read_settings.caddy.timeouts.answer == timedelta(seconds=5)
    assert read_settings.spec.alias == tmp_path / ".belts" / "hosts" / "gateway" / "alias"


def test_chains_with_traffic(tmp_path: Path) -> None:
    """Local chains have ids, ports and block times, which may be fractions of a second."""
    spec = read(tmp_path, chains(), stack="chains")

    assert isinstance(spec, LocalChains)
    assert [(chain.id, chain.block_time) for chain in spec.chains.chains] == [
        (1, timedelta(seconds=5)),
        (10, timedelta(seconds=0.25)),
    ]
    assert spec.chains.traffic.events == 5_000


OPEN = {"port": 5501, "tcp": True}
NEEDS_SECRET = (
    "belts:hasuraAdminSecret: expected a secret, set with `pulumi config set --secret hasuraAdminSecret`"
)
SECRETS = "secrets, set with `pulumi config set --secret --path secretEnv.NAME`"
A_URL = "a URL like http://host:8080"

ASKED = "set with `pulumi config set --secret"
GATEWAY_KEYS = (
    "one of the keys adopt, alias, aliasEnv, aliasStdin, caddy, credentials, decommission, exportDatabase, "
    "kind, ledger, ledgerUrl, lift, policy, root, runtime, upstream, webhookSecret, webhookUrl"
)
WRONG = {
    "no kind": (belt(kind=None), ["belts:kind: expected belt, gateway or chains, got nothing"]),
    "a kind that is none": (belt(kind="true"), ['belts:kind: expected belt, gateway or chains, got "true"']),
    "heap is true": (
        belt(indexer=INDEXER | {"heapMb": True}),
        ["belts:indexer.heapMb: expected a whole number of MiB, got true"],
    ),
    "a prover without a policy": (
        belt(prove={"rate": 0}),
        [
            "belts:prove.policy: expected the path of the gate's policy, got nothing",
            "belts:prove.rate: expected a whole number of questions a second from 1 to 100000, got 0",
        ],
    ),
    "a prover whose policy is not there": (
        belt(prove={"policy": "none.yaml", "memoryMb": 16}),
        [
            'belts:prove.policy: expected the path of a policy that exists, got "none.yaml"',
            "belts:prove.memoryMb: expected a whole number of MiB, 192 or more, got 16",
        ],
    ),
    "a prover that is a text": (
        belt(prove="policy.yaml"),
        ['belts:prove: expected a map of settings, got "policy.yaml"'],
    ),
    "heap as text": (
        belt(indexer=INDEXER | {"heapMb": "4096"}),
        ['belts:indexer.heapMb: expected a whole number of MiB, got "4096"'],
    ),
    "heap too small to start": (
        belt(indexer=INDEXER | {"heapMb": 64}),
        ["belts:indexer.heapMb: expected a whole number of MiB, 128 or more, got 64"],
    ),
    "port is true": (belt(postgres={"port": True}), ["belts:postgres.port: expected a port, got true"]),
    "port below the ordinary": (
        belt(postgres={"port": 80}),
        ["belts:postgres.port: expected a port from 1024 to 65535, got 80"],
    ),
    "port is a fraction": (
        belt(postgres={"port": 5501.5}),
        ["belts:postgres.port: expected a port, got 5501.5"],
    ),
    "two parts on one port": (
        belt(hasura={"port": 5501}),
        ["belts:hasura.port: expected a port of its own, got 5501, which is also belts:postgres.port"],
    ),
    "a port left out": (belt(postgres={}), ["belts:postgres.port: expected a port, got nothing"]),
    "a part left out": (belt(postgres=None), ["belts:postgres: expected a map of settings, got nothing"]),
    "a part that is a text": (
        belt(postgres="5501"),
        ['belts:postgres: expected a map of settings, got "5501"'],
    ),
    "a key mistyped": (
        belt(indexer=INDEXER | {"heapMB": 4096}),
        ["belts:indexer.heapMB: expected `heapMb`, perhaps, got an unknown key"],
    ),
    "an end that is neither meant nor not": (
        gateway(decommission="yes"),
        ['belts:decommission: expected true or false, got "yes"'],
    ),
    "a ledger in two places": (
        gateway(ledgerUrl="postgresql://a/b"),
        [
            "belts:ledger: expected either `ledger` or `ledgerUrl`, got both",
            f"belts:ledgerUrl: expected a secret, {ASKED} ledgerUrl`, got plain text",
        ],
    ),
    "a key of another kind": (
        gateway(indexer={}),
        [f"belts:indexer: expected {GATEWAY_KEYS}, got an unknown key"],
    ),
    "a runtime that is none": (
        belt(runtime="docker"),
        ['belts:runtime: expected process or url, got "docker"'],
    ),
    "a profile that is none": (
        belt(indexer=INDEXER | {"profile": "fast"}),
        ['belts:indexer.profile: expected backfill, steady or auto, got "fast"'],
    ),
    "an engine that is none": (
        belt(hasura={"engine": "hasura", "port": 8501}),
        ['belts:hasura.engine: expected embedded or external, got "hasura"'],
    ),
    "a flag that is a number": (
        belt(hasura={"port": 8501, "stringifyNumeric": 1}),
        ["belts:hasura.stringifyNumeric: expected true or false, got 1"],
    ),
    "a project that does not exist": (
        belt(indexer=INDEXER | {"project": "nowhere"}),
        ['belts:indexer.project: expected the path of an Envio project that exists, got "nowhere"'],
    ),
    "a config that does not exist": (
        belt(indexer=INDEXER | {"config": "other.yaml"}),
        ["belts:indexer.config (other.yaml): expected an Envio config, got no such file"],
    ),
    "an environment of numbers": (
        belt(indexer=INDEXER | {"env": {"RPC": 8545, "A B": "x"}}),
        [
            "belts:indexer.env.A B: expected the name of an environment variable, got another name",
            "belts:indexer.env.RPC: expected a text, got 8545",
        ],
    ),
    "external without a secret": (
        belt(hasura={"engine": "external", "url": "https://h"}, postgres=OPEN),
        [
            f"{NEEDS_SECRET}, got nothing",
        ],
    ),
    "external without TCP": (
        belt(hasura={"engine": "external", "url": "https://h"}),
        [
            f"{NEEDS_SECRET}, got nothing",
            "belts:postgres.tcp: expected true, as a Hasura of yours reads it over TCP, got false",
        ],
    ),
    "external with a secret in plain text": (
        belt(hasura={"engine": "external", "url": "https://h"}, postgres=OPEN, hasuraAdminSecret="hush"),
        [
            f"{NEEDS_SECRET}, got plain text",
        ],
    ),
    "external with a password in the URL": (
        belt(hasura={"engine": "external", "url": "https://me:hush@h"}, postgres=OPEN),
        [
            f"belts:hasura.url: expected {A_URL}, without user and query, got one that is not",
            f"{NEEDS_SECRET}, got nothing",
        ],
    ),
    "secret variables in plain text": (
        belt(secretEnv={"RPC_1": "https://rpc/key", "rpc": "x"}),
        [
            f"belts:secretEnv: expected {SECRETS}, got plain text",
            "belts:secretEnv.rpc: expected the name of an environment variable, got another name",
        ],
    ),
    "upstream left out": (
        gateway(upstream=None),
        ["belts:upstream: expected the name of a belt's stack, got nothing"],
    ),
    "upstream with nothing behind it": (
        gateway(upstream=""),
        ["belts:upstream: expected the name of a belt's stack, got nothing"],
    ),
    "upstream is no name": (
        gateway(upstream="../blue"),
        ['belts:upstream: expected the name of a belt\'s stack, got "../blue"'],
    ),
    "no chains": (chains(chains=[]), ["belts:chains: expected a list of maps, not empty, got []"]),
    "a chain that is a number": (
        chains(chains=[1]),
        ["belts:chains[0]: expected a map of settings, got 1"],
    ),
    "two chains with one id and one port": (
        chains(chains=[{"id": 1, "port": 8545, "blockTime": 1}] * 2),
        [
            "belts:chains[1].port: expected a port of its own, got 8545, which is also belts:chains[0].port",
            "belts:chains[1].id: expected an id of its own, got 1, which is also belts:chains[0].id",
        ],
    ),
    "a block time of nothing": (
        chains(chains=[{"id": 1, "port": 8545, "blockTime": 0}]),
        ["belts:chains[0].blockTime: expected a number of seconds above 0, got 0"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_config(tmp_path: Path, case: str) -> None:
    """Each mistake is told with its path, what was expected there, and what stands there."""
    config, expected = WRONG[case]

    assert sorted(mistakes(tmp_path, config, stack="here")) == sorted(expected)


def test_many_mistakes(tmp_path: Path) -> None:
    """All of them are told at once, in one text that also says where to mend them."""
    config = belt(postgres={"port": True, "memory": 1}, hasura={}, indexer={"project": "indexer", "port": 1})
    with pytest.raises(SettingsRefused) as refusal:
        read(tmp_path, config)

    assert len(refusal.value.mistakes) == 4
    assert "4 mistakes; nothing was touched" in str(refusal.value)
    assert "docs/configuration.md" in str(refusal.value)


def test_secret_under_a_wrong_key(tmp_path: Path) -> None:
    """A value that Pulumi keeps secret is in no message, whatever is wrong with it."""
    config = belt(postgres={"port": "hush-4711", "pasword": "hush-4711"}, runtime="hush-4711")
    told = mistakes(tmp_path, config, secrets=frozenset({"belts:postgres", "belts:runtime"}))

    assert len(told) == 3
    assert "hush" not in "".join(told)
    assert "belts:postgres.port: expected a port, got a secret" in told


def test_gateway_upstream_of_itself(tmp_path: Path) -> None:
    """A gateway cannot serve itself."""
    assert mistakes(tmp_path, gateway(upstream="gateway"), stack="gateway") == [
        'belts:upstream: expected the name of a belt\'s stack, not of the gateway itself, got "gateway"'
    ]


def test_stack_name_that_no_host_takes(tmp_path: Path) -> None:
    """A stack's name becomes a directory and a header, so it is held to what both can carry."""
    assert mistakes(tmp_path, belt(), stack="Blue_1") == [
        'the stack\'s name: expected a name of small letters, digits and dashes, got "Blue_1"'
    ]


def test_envio_config_that_does_not_parse(tmp_path: Path) -> None:
    """What the reader of the real project says is told like any other mistake, with the file and the key."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "config.yaml").write_text("name: points\nchains: 3\n")
    config = belt(indexer=INDEXER | {"project": "project"})
    with pytest.raises(SettingsRefused) as refusal:
        read(tmp_path, config, read_project=envio.read)

    assert "belts:indexer.config (config.yaml: chains): expected a list of chains, got 3" in str(
        refusal.value
    )


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    "kind",
    "root",
    "postgres",
    "hasura",
    "indexer",
    "upstream",
    "policy",
    "ledger",
    "decommission",
    "lift",
    "caddy",
)
MORE_KEYS = ("runtime", "chains", "traffic")


@pytest.mark.parametrize(("secret", "signed"), [(None, False), ("x", True)])
@pytest.mark.parametrize("own", [True, False])
def test_moves_that_are_announced(tmp_path: Path, own: bool, secret: str | None, signed: bool) -> None:
    """A ledger that this host keeps is found there; the URL of any other one travels apart, as a secret."""
    ledger = {} if own else {"ledger": None, "ledgerUrl": "x"}
    config = gateway(webhookUrl="x", webhookSecret=secret, **ledger)
    hidden = frozenset({"belts:ledgerUrl", "belts:webhookUrl", "belts:webhookSecret"})
    found = read(tmp_path, config, stack="gateway", secrets=hidden)

    assert isinstance(found, GatewaySettings)
    assert found.spec.webhook_sender == WebhookSender(signed=signed, own_ledger=not own)


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["belt", "gateway", "chains"]),
    junk=st.dictionaries(st.sampled_from(KEYS + MORE_KEYS), JUNK, min_size=1, max_size=3),
)
def test_any_junk(tmp_path: Path, kind: str, junk: dict[str, Any]) -> None:
    """Whatever stands in the config, it is read or refused with paths; nothing else ever comes out."""
    right = {"belt": belt, "gateway": gateway, "chains": chains}[kind]()
    told: tuple[Mistake, ...] = ()
    try:
        read(tmp_path, {**right, **{key: value for key, value in junk.items() if value is not None}})
    except SettingsRefused as refusal:
        told = refusal.mistakes
    assert all(mistake.path.startswith("belts:") and mistake.expected and mistake.got for mistake in told)


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    part=st.sampled_from(["postgres", "hasura", "indexer"]),
    key=st.from_regex(r"[a-z][A-Za-z]{0,11}", fullmatch=True),
)
def test_any_unknown_key(tmp_path: Path, part: str, key: str) -> None:
    """A key that nobody asked for is always refused, never passed over."""
    config = belt()
    if key in KNOWN[part]:
        return
    config[part] = config[part] | {key: 1}

    assert f"belts:{part}.{key}: expected " in mistakes(tmp_path, config)[0]


KNOWN = {
    "postgres": {"port", "sharedBuffersMb", "maxConnections", "memoryMb"},
    "hasura": {"engine", "port", "memoryMb", "responseLimit", "stringifyNumeric"},
    "indexer": {"project", "config", "port", "heapMb", "profile", "env", "seedDeadlineSeconds"},
}


def test_every_runtime_has_a_place() -> None:
    """Whatever a stack may say: parts are brought up there, the gate looks there, an alias is kept there."""
    assert set(places.PLACES) == set(Runtime)
    for known in (place.PLACES, place.STORES):
        assert set(known) == set(GATEWAYS)


@pytest.mark.parametrize("config", [belt, gateway, chains], ids=["belt", "gateway", "chains"])
def test_where_the_parts_run(tmp_path: Path, config: Callable[..., dict[str, Any]]) -> None:
    """Every kind of stack says it, and a place that nobody knows is refused."""
    assert read(tmp_path, config(runtime="process"), stack="one").runtime is Runtime.PROCESS
    assert read(tmp_path, config(), stack="one").runtime is Runtime.PROCESS

    told = mistakes(tmp_path, config(runtime="docker"), stack="one")

    assert told == ['belts:runtime: expected process or url, got "docker"']
