"""What a belt's prover is told by its stack."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pulumi import RunError

from belts.spec.prover import Prover
from stacks import prover
from tests.unit.belts.specs import belt

POLICY = """version: 1
mode: parity
chains: {1: {rpc: ["${RPC_1}"], indexedFrom: [https://own.example.org]}}
groundTruth:
  - {chain: 1, contract: "0x1212121212121212121212121212121212121212", event: "Paid(uint256 amount)",
     entity: Paid, columns: {amount: amount}}
"""
HOME = {"XDG_CACHE_HOME": "/cache", "XDG_CONFIG_HOME": "/config"}
RPC = {"RPC_1": "https://rpc.example.com/key", "OTHER": "x"}


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A policy whose provider comes from the environment."""
    (tmp_path / "policy.yaml").write_text(POLICY)
    return tmp_path / "policy.yaml"


async def told(given: Prover | None, environment: dict[str, str]) -> dict[str, Any]:
    """The secrets as they reach the host."""
    found: dict[str, Any] = prover.secrets(given, environment) or {}
    return {name: await value.future() for name, value in found.items()}


async def test_the_key_of_the_user(policy: Path) -> None:
    """Where it lies is told, and nothing of it; of the environment only what the policy names."""
    environment = HOME | RPC
    whole = prover.whole(belt(prover=Prover(policy=policy)), environment).prover
    assert whole is not None
    assert whole.key_file == Path("/config/belts/evidence.key")
    assert whole.evidence == Path("/cache/belts/evidence")
    assert whole.variables == ("RPC_1",)
    assert await told(whole, environment) == {"policy:RPC_1": RPC["RPC_1"]}


async def test_a_key_in_the_environment(policy: Path) -> None:
    """It goes as a secret."""
    environment = HOME | RPC | {"BELTS_EVIDENCE_KEY": "k"}
    whole = prover.whole(belt(prover=Prover(policy=policy)), environment).prover
    assert whole is not None
    assert whole.key_file is None
    assert (await told(whole, environment))["evidenceKey"] == "k"


def test_a_policy_that_changes(policy: Path) -> None:
    """It is another prover."""
    spec = belt(prover=Prover(policy=policy))
    first = prover.whole(spec, HOME | RPC)
    policy.write_text(POLICY.replace("parity", "expansion"))
    second = prover.whole(spec, HOME | RPC)
    assert first != second
    assert replace(second, prover=first.prover) == first


def test_a_policy_that_cannot_be_read(policy: Path) -> None:
    """Every mistake is told before anything is touched."""
    with pytest.raises(RunError, match=r"(?s)blue's prover.*RPC_1.*belts:prove\.policy"):
        prover.whole(belt(prover=Prover(policy=policy)), HOME)


def test_without_a_prover() -> None:
    """Nothing is read."""
    assert prover.whole(belt(), {}) == belt()
    assert prover.secrets(None, {}) is None
