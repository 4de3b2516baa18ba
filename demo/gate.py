"""The gate's input for the demo's two belts: where they are, and what a candidate must be."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from belts.files import write_private
from demo import promise
from demo.place import Place
from demo.promise import PLACED
from examples import forms

FIRST = (1, 10, 8453, 80094)
"""The chains of blue."""
SOUND = {
    "mappings": [
        {"entity": "Price", "contract": "Vault", "event": "PriceSet", "rowId": PLACED},
        {"entity": "Position", "contract": "Vault", "event": "PositionOpened", "rowId": "{chainId}-{id}"},
        {"entity": "Account", "contract": "Points", "event": "Transfer", "rowId": "{chainId}-{from}"},
        {"entity": "Account", "contract": "Points", "event": "Transfer", "rowId": "{chainId}-{to}"},
    ],
    "references": [
        {"entity": "Transfer", "column": "from_id", "to": "Account"},
        {"entity": "Transfer", "column": "to_id", "to": "Account"},
        {"entity": "Position", "column": "owner_id", "to": "Account"},
    ],
}
"""Which events make which rows, and what refers to what, on every belt of the demo."""
HEAP_MB = 640
"""The heap of the indexer in examples/stacks/green.yaml."""


def write_policy(file: Path, document: Mapping[str, Any]) -> None:
    """Writes the policy."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(dict(document), sort_keys=False))


def write_endpoints(place: Place, belts: Mapping[str, Mapping[str, Any]], alias: str) -> None:
    """Writes the endpoints for `python -m gate check`, for the owner alone, since they contain secrets."""
    found = {role: _doors(belts[name]) for role, name in (("serving", "blue"), ("candidate", "green"))}
    hosted = {"root": str(place.hosts), "serving": "blue", "candidate": "green"}
    write_private(
        place.endpoints, yaml.safe_dump({**found, "alias": alias, "hosted": hosted}, sort_keys=False)
    )


def arguments(place: Place) -> tuple[str, ...]:
    """The arguments after `python`."""
    endpoints, policy = _near(place, place.endpoints), _near(place, place.policy)
    return ("-m", "gate", "check", "--endpoints", endpoints, "--policy", policy)


def first(hosts: Path, rpc: Mapping[int, str], *, window: int | None = None) -> dict[str, Any]:
    """The policy of the first belt: with none to compare with, each chain vouches for itself."""
    known = {chain: url for chain, url in rpc.items() if chain in FIRST}
    found = policy(hosts, known, window=window, badges=False)
    return {**found, "mode": "parity", "entities": {}, "runtime": {**found["runtime"], "heapMb": 512}}


def policy(
    hosts: Path, rpc: Mapping[int, str], *, window: int | None = None, badges: bool = True
) -> dict[str, Any]:
    """The policy promised to consumers: six chains, of which blue has four.

    `window` is the number of blocks in a sample, if not the gate's default; `badges` says that the candidate
    has the new entity. Each chain has one node, which the policy states: it reports the heads, and its logs
    count because of the receipts roots of their blocks.
    """
    pasts = {chain: _past(hosts, chain) for chain in sorted(rpc)}
    return {
        "version": 1,
        "mode": "expansion",
        "settle": "0s",
        "chains": {
            chain: {
                "rpc": [rpc[chain]],
                "indexedFrom": [rpc[chain]],
                "new": chain not in FIRST,
                "lagLimit": 60,
                "reorgDepth": 10,
                "finality": "depth",
                "receipts": "standard",
                "oneNode": True,
            }
            for chain in pasts
        },
        "entities": {
            "ChainActivity": {
                "chain": "id",
                "mayDiffer": [
                    {
                        "columns": ["events", "lastBlock", "lastEvent"],
                        "chains": [10],
                        "reason": "on chain 10 it counts the badges too, a contract that is new",
                    }
                ],
            }
        },
        "groundTruth": [
            {**event, **({} if window is None else {"windows": {"blocks": window}})}
            for chain, past in pasts.items()
            for event in promise.events(chain, past, badges=badges)
        ],
        "unproved": promise.unproved(badges=badges),
        "sound": SOUND,
        "runtime": {"version": forms.version(), "heapMb": HEAP_MB},
    }


def _past(hosts: Path, chain: int) -> Mapping[str, Any]:
    file = hosts / "chains" / "chains" / str(chain) / "history.json"
    past: Mapping[str, Any] = json.loads(file.read_text())
    return past


def _doors(outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "graphql": outputs["graphql"],
        "adminSecret": outputs["adminSecret"],
        "database": outputs["databases"]["gate"],
        "metrics": outputs["metrics"],
        "sources": {int(chain): urls for chain, urls in outputs["sources"].items()},
    }


def _near(place: Place, path: Path) -> str:
    return str(path.relative_to(place.checkout))
