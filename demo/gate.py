"""Shows the gate the demo's two belts: where they are, and what a candidate has to be there."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from belts.host.layout import write_private
from demo.place import Place

POINTS = "Transfer(address indexed from, address indexed to, uint256 value)"
SEEN_SECONDS = 180
HEAP_MB = 640
"""What examples/stacks/green.yaml gives its indexer."""
EVIDENCE = "Evidence:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the gate's process said: its exit code is its verdict."""

    passed: bool
    report: str

    @property
    def table(self) -> str:
        """What an operator reads in ten seconds; the evidence below it is for those who doubt."""
        return self.report.split(f"\n{EVIDENCE}")[0]


def write(place: Place, belts: Mapping[str, Mapping[str, Any]], alias: str, rpc: Mapping[int, str]) -> None:
    """Both files that `python -m gate check` reads; the one with secrets in it is for its owner alone."""
    place.policy.write_text(yaml.safe_dump(policy(place, rpc), sort_keys=False))
    found = {role: _doors(belts[name]) for role, name in (("serving", "blue"), ("candidate", "green"))}
    write_private(place.endpoints, yaml.safe_dump({**found, "alias": alias}, sort_keys=False))


def check(place: Place, environment: Mapping[str, str]) -> Verdict:
    """One run of the gate, as an operator would start it."""
    done = subprocess.run(
        [sys.executable, *arguments(place)],
        cwd=place.checkout,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=SEEN_SECONDS,
        check=False,
    )
    return Verdict(passed=done.returncode == 0, report=(done.stdout + done.stderr).rstrip())


def arguments(place: Place) -> tuple[str, ...]:
    """What comes after `python`."""
    endpoints, policy = _near(place, place.endpoints), _near(place, place.policy)
    return ("-m", "gate", "check", "--endpoints", endpoints, "--policy", policy)


def policy(place: Place, rpc: Mapping[int, str]) -> dict[str, Any]:
    """What consumers were promised: six chains, of which blue has four.

    One machine has one node a chain, so its second name stands for a second provider; what proves its logs is
    the receipts root of their blocks, whoever answers.
    """
    pasts = {chain: _past(place, chain) for chain in sorted(rpc)}
    new = {42161, 7777777}
    return {
        "version": 1,
        "mode": "expansion",
        "deadline": "2m",
        "settle": "0s",
        "chains": {
            chain: {
                "rpc": [rpc[chain].replace("127.0.0.1", "localhost")],
                "indexedFrom": [rpc[chain]],
                "new": chain in new,
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
        "groundTruth": [_truth(chain, past) for chain, past in pasts.items()],
        "runtime": {"version": "3.0.0-alpha.17", "heapMb": HEAP_MB},
    }


def _truth(chain: int, past: Mapping[str, Any]) -> dict[str, Any]:
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
    }


def _past(place: Place, chain: int) -> Mapping[str, Any]:
    file = place.hosts / "chains" / "chains" / str(chain) / "history.json"
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
