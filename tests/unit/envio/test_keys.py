"""The keys we know are the keys that the installed version of Envio knows."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from belts.envio.release import LATEST

KEYS = LATEST.config
SCHEMA = Path(__file__).parents[3] / "node_modules" / "envio" / "evm.schema.json"


@pytest.fixture(scope="module")
def schema() -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(SCHEMA.read_text())
    return content


@pytest.mark.parametrize(
    ("known", "definition"),
    [
        (KEYS.config, None),
        (KEYS.contract, "GlobalContract_for_ContractConfig"),
        (KEYS.event, "EventConfig"),
        (KEYS.chain, "Chain"),
        (KEYS.chain_contract, "ChainContract_for_ContractConfig"),
    ],
)
def test_keys(schema: Mapping[str, Any], known: frozenset[str], definition: str | None) -> None:
    """Neither refuses a key that Envio takes, nor passes one that it does not."""
    defined = schema if definition is None else schema["$defs"][definition]

    assert defined["additionalProperties"] is False
    assert known == set(defined["properties"])
