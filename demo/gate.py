"""Shows the gate the demo's two belts: where they are, and what a candidate has to be there."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from belts.host.layout import write_private
from demo.place import Place

POINTS = "Transfer(address indexed from, address indexed to, uint256 value)"
FIRST = (1, 10, 8453, 80094)
"""The chains of blue."""
HEAP_MB = 640
"""What examples/stacks/green.yaml gives its indexer."""


def write_policy(place: Place, document: Mapping[str, Any]) -> None:
    """What the next change of the alias is measured by."""
    place.policy.parent.mkdir(parents=True, exist_ok=True)
    place.policy.write_text(yaml.safe_dump(dict(document), sort_keys=False))


def write_endpoints(place: Place, belts: Mapping[str, Mapping[str, Any]], alias: str) -> None:
    """Where `python -m gate check` looks, by itself; secrets are in it, so it is for its owner alone."""
    found = {role: _doors(belts[name]) for role, name in (("serving", "blue"), ("candidate", "green"))}
    write_private(place.endpoints, yaml.safe_dump({**found, "alias": alias}, sort_keys=False))


def arguments(place: Place) -> tuple[str, ...]:
    """What comes after `python`."""
    endpoints, policy = _near(place, place.endpoints), _near(place, place.policy)
    return ("-m", "gate", "check", "--endpoints", endpoints, "--policy", policy)


def first(hosts: Path, rpc: Mapping[int, str], *, window: int | None = None) -> dict[str, Any]:
    """What the first belt of all has to be: with nobody to compare it with, each chain vouches for itself."""
    found = policy(hosts, {chain: url for chain, url in rpc.items() if chain in FIRST}, window=window)
    return {**found, "mode": "parity", "entities": {}, "runtime": {**found["runtime"], "heapMb": 512}}


def policy(hosts: Path, rpc: Mapping[int, str], *, window: int | None = None) -> dict[str, Any]:
    """What consumers were promised: six chains, of which blue has four.

    `window` is how many blocks a sample has, where it is not the gate's default. One machine has one node a
    chain, so its second name stands for a second provider; what proves its logs is the receipts root of their
    blocks, whoever answers.
    """
    pasts = {chain: _past(hosts, chain) for chain in sorted(rpc)}
    return {
        "version": 1,
        "mode": "expansion",
        "deadline": "2m",
        "settle": "0s",
        "chains": {
            chain: {
                "rpc": [rpc[chain].replace("127.0.0.1", "localhost")],
                "indexedFrom": [rpc[chain]],
                "new": chain not in FIRST,
                "lagLimit": 60,
                "reorgDepth": 10,
                "finality": "depth",
                "receipts": "standard",
            }
            for chain in pasts
        },
        "entities": {
            "ChainActivity": {
                "chain": "id",
                "mayDiffer": [
                    {
                        "columns": ["events", "lastBlock", "lastEvent"],
                        "reason": "on chain 10 it counts the badges too, a contract that is new",
                    }
                ],
            }
        },
        "groundTruth": [_truth(chain, past, window) for chain, past in pasts.items()],
        "runtime": {"version": "3.0.0-alpha.17", "heapMb": HEAP_MB},
    }


def _truth(chain: int, past: Mapping[str, Any], window: int | None) -> dict[str, Any]:
    contract = next(each["address"] for each in past["contracts"] if each["name"] == "Points")
    golden = next(each for each in past["goldens"] if each["event"] == "Transfer")
    return {
        "chain": chain,
        "contract": contract,
        "event": POINTS,
        "entity": "Transfer",
        "rowId": "{chainId}-{blockNumber}-{logIndex}",
        "columns": {"value": "value"},
        "goldens": [{"transaction": golden["transaction"], "logIndex": golden["logIndex"]}],
        **({} if window is None else {"windows": {"blocks": window}}),
    }


def _past(hosts: Path, chain: int) -> Mapping[str, Any]:
    file = hosts / "chains" / "chains" / str(chain) / "history.json"
    past: Mapping[str, Any] = json.loads(file.read_text())
    return past


def _doors(outputs: Mapping[str, Any]) -> dict[str, str]:
    return {
        "graphql": outputs["graphql"],
        "adminSecret": outputs["adminSecret"],
        "database": outputs["databases"]["gate"],
        "metrics": outputs["metrics"],
    }


def _near(place: Place, path: Path) -> str:
    return str(path.relative_to(place.checkout))
