"""Asks a belt over GraphQL how far it is and what it holds, and the chains how high they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from belts.refusal import Refusal
from gate.connections import no_authority

PROGRESS = "{ _meta { chainId progressBlock eventsProcessed isReady } }"
ENTITIES = ("Transfer", "Account", "Position", "Price")
ROWS = "{" + " ".join(f"{name}: {name}_aggregate {{ aggregate {{ count }} }}" for name in ENTITIES) + "}"
AGENT = {"user-agent": "belts-demo"}
"""By which a belt knows that no consumer asks."""
IN_STEP = 5
"""Blocks that a belt may be behind a chain that keeps moving, and still be at its head."""


class NoAnswer(Refusal):
    """Somebody who should answer does not, or not with what was asked for."""

    def __init__(self, url: str, seen: str) -> None:
        super().__init__(
            f"{url} does not say what it was asked",
            expected="an answer with data",
            seen=seen,
            now="see `python -m belts status` and the logs of the part that listens there",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a belt is on one chain, and how high the chain is."""

    chain: int
    block: int
    head: int
    events: int
    ready: bool

    @property
    def in_step(self) -> bool:
        """Whether the belt has caught up with the chain."""
        return self.ready and self.block + IN_STEP >= self.head


@dataclass(frozen=True, kw_only=True, slots=True)
class Belt:
    """A belt as its stack describes it, secrets included, and the chains that it indexes."""

    outputs: Mapping[str, Any] = field(repr=False)
    rpc: Mapping[int, str]

    def progress(self) -> tuple[Progress, ...]:
        """How far it is on each of its chains."""
        rows = self._ask(PROGRESS)["_meta"]
        return tuple(
            Progress(
                chain=row["chainId"],
                block=row["progressBlock"],
                head=head(self.rpc[row["chainId"]]),
                events=int(row["eventsProcessed"]),
                ready=row["isReady"],
            )
            for row in sorted(rows, key=lambda row: int(row["chainId"]))
        )

    def rows(self) -> dict[str, int]:
        """How many rows each entity has."""
        found = self._ask(ROWS)
        return {name: found[name]["aggregate"]["count"] for name in ENTITIES}

    def _ask(self, query: str) -> Mapping[str, Any]:
        return ask(self.outputs["graphql"], query, self.outputs["adminSecret"])


def ask(graphql: str, query: str, admin_secret: str | None = None) -> Mapping[str, Any]:
    """The data that answers a query."""
    headers = {"X-Hasura-Admin-Secret": admin_secret} if admin_secret else {}
    body = _post(graphql, {"query": query}, headers)
    if body.get("errors") or not isinstance(body.get("data"), Mapping):
        raise NoAnswer(graphql, str(body)[:300])
    data: Mapping[str, Any] = body["data"]
    return data


def head(rpc: str) -> int:
    """The height of a chain."""
    body = _post(rpc, {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}, {})
    return int(body["result"], 16)


def _post(url: str, question: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    try:
        # All of them are on this machine: reading certificate authorities would take longer than they do.
        answer = httpx.post(
            url, json=question, headers={**AGENT, **headers}, timeout=20, verify=no_authority()
        )
        body: dict[str, Any] = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise NoAnswer(url, str(error)) from error
    return body
