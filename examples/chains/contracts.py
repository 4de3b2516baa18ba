"""The compiled contracts: their addresses on every chain, and how to call them and read their events."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_utils.abi import event_abi_to_log_topic
from eth_utils.address import to_checksum_address

ARTEFACTS = Path(__file__).resolve().parent.parent / "contracts" / "artefacts"


@dataclass(frozen=True, kw_only=True, slots=True)
class Contract:
    """One contract, compiled and deployed: the first account deploys them, in this order, on every chain."""

    name: str
    address: str
    bytecode: str
    methods: dict[str, str]
    topics: dict[str, str]  # first topic of a log → name of the event

    def call(self, method: str, *arguments: int) -> str:
        """The call data of a method that takes unsigned integers only, as all of our writing methods do."""
        signature = f"{method}({','.join(['uint256'] * len(arguments))})"
        return "0x" + self.methods[signature] + "".join(f"{argument:064x}" for argument in arguments)


def _load(name: str, address: str) -> Contract:
    artefact: dict[str, Any] = json.loads((ARTEFACTS / f"{name}.json").read_text())
    return Contract(
        name=name,
        address=to_checksum_address(address),
        bytecode=artefact["bytecode"],
        methods=artefact["methods"],
        topics={
            "0x" + event_abi_to_log_topic(entry).hex(): entry["name"]
            for entry in artefact["abi"]
            if entry["type"] == "event"
        },
    )


POINTS = _load("Points", "0x5fbdb2315678afecb367f032d93f642f64180aa3")
VAULT = _load("Vault", "0xe7f1725e7734ce288f8367e1bb143e90bb3f0512")
BADGES = _load("Badges", "0x9fe46736679d2d9a65f0992f2272de9f3c7fa6e0")
CONTRACTS = (POINTS, VAULT, BADGES)
