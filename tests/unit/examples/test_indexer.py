"""What the example indexes is what the chains have."""

import json
from pathlib import Path

import pytest
import rlp  # type: ignore[import-untyped]
import yaml
from eth_utils.abi import event_signature_to_log_topic
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from graphql import build_schema
from graphql.utilities import find_breaking_changes, find_dangerous_changes

from belts import envio
from examples.chains.contracts import BADGES, CONTRACTS, POINTS, Contract
from examples.chains.plan import CHAINS

EXAMPLE = Path(__file__).parents[3] / "examples" / "indexer"
CONFIGS = ("config.blue.yaml", "config.green.yaml")
FIRST_ACCOUNT = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")
ENVIO_TYPES = """
scalar BigInt
scalar BigDecimal
scalar Timestamp
scalar Json
directive @index on FIELD_DEFINITION
directive @derivedFrom(field: String!) on FIELD_DEFINITION
type Query { none: Int }
"""


def canonical(signature: str) -> str:
    """`Name(type,type)`, as it is hashed, of a signature that a config has."""
    name, _, inputs = signature.rstrip(")").partition("(")
    return f"{name}({','.join(each.split()[0] for each in inputs.split(','))})"


@pytest.mark.parametrize("config", CONFIGS)
def test_contracts(config: str) -> None:
    """Every contract of a config stands where it was deployed, and every event is one that it emits."""
    project = envio.read(EXAMPLE, config)
    deployed = {contract.name: contract for contract in CONTRACTS}

    for contract in project.contracts:
        assert contract.addresses == (deployed[contract.name].address,)
    for name, events in project.events.items():
        topics = {
            "0x" + event_signature_to_log_topic(canonical(each.signature or "")).hex(): each.name
            for each in events
        }
        assert topics == deployed[name].topics


@pytest.mark.parametrize("config", CONFIGS)
def test_reorg_depth(config: str) -> None:
    """History is kept for 150 seconds of every chain, so that two belts can be compared at one height."""
    for chain in yaml.safe_load((EXAMPLE / config).read_text())["chains"]:
        assert chain["max_reorg_depth"] * CHAINS[chain["id"]].block_time == 150


def test_schemas() -> None:
    """Green's schema adds to blue's and takes nothing from it."""
    blue, green = (
        build_schema(ENVIO_TYPES + (EXAMPLE / f"schema.{colour}.graphql").read_text())
        for colour in ("blue", "green")
    )

    assert find_breaking_changes(blue, green) == []
    assert find_dangerous_changes(blue, green) == []
    assert set(green.type_map) - set(blue.type_map) == {"Badge"}


@pytest.mark.parametrize(("nonce", "contract"), list(enumerate(CONTRACTS)))
def test_deployment(nonce: int, contract: Contract) -> None:
    """The addresses are those that the first account's first transactions create."""
    assert contract.address == to_checksum_address(keccak(rlp.encode([FIRST_ACCOUNT, nonce]))[12:])


def test_call_data() -> None:
    """A call is the method's selector and one word for each number."""
    assert POINTS.call("churn", 1, 2, 2**256 - 1) == "0x1e7807f2" + f"{1:064x}{2:064x}" + "f" * 64
    with pytest.raises(KeyError):
        BADGES.call("churn", 1, 2, 3)


def test_pinned_version() -> None:
    """The example pins the version of Envio that the toolchain has."""
    toolchain = json.loads((EXAMPLE.parents[1] / "package.json").read_text())

    assert envio.read(EXAMPLE, CONFIGS[0]).version == toolchain["dependencies"]["envio"]
