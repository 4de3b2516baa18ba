"""Asks a belt over GraphQL for its progress and its rows, and the chains for their heights."""

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
"""The user agent by which a belt recognizes that this is not a consumer."""
IN_STEP = 5
"""How many blocks behind a moving chain a belt may be and still be at its head."""


class NoAnswer(Refusal):
    """A server does not answer, or not with what was asked for."""

    def __init__(self, url: str, seen: str) -> None:
        super().__init__(
            f"{url} does not say what it was asked",
            expected="an answer with data",
            seen=seen,
            now="see `python -m belts status` and the logs of the part that listens there",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """A belt's progress on one chain, and the chain's height."""

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
    """A belt as its stack describes it, including secrets, and the chains that it indexes."""

    outputs: Mapping[str, Any] = field(repr=False)
    rpc: Mapping[int, str]

    def progress(self) -> tuple[Progress, ...]:
        """Its progress on each of its chains."""
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
        """The number of rows of each entity."""
        found = self._ask(ROWS)
        return {name: found[name]["aggregate"]["count"] for name in ENTITIES}

    def _ask(self, query: str) -> Mapping[str, Any]:
        return ask(self.outputs["graphql"], query, self.outputs["adminSecret"])


def ask(graphql: str, query: str, admin_secret: str | None = None) -> Mapping[str, Any]:
    """The data of a query's answer."""
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
        # All servers are on this machine: loading certificate authorities would take longer than the
        # requests.
        answer = httpx.post(
            url, json=question, headers={**AGENT, **headers}, timeout=20, verify=no_authority()
        )
        body: dict[str, Any] = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise NoAnswer(url, str(error)) from error
    return body
