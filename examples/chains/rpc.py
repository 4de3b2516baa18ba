"""JSON-RPC over HTTP, in batches."""

from collections.abc import Iterable
from typing import Any, Self

import httpx

from belts.refusal import Refusal

Call = tuple[str, list[Any]]


class RpcError(Refusal):
    """A node answered a call with an error."""


class Rpc:
    """One node. Every call is a batch, as a chain's past is thousands of calls."""

    def __init__(self, url: str, *, timeout: float = 60) -> None:
        self.url = url
        self._client = httpx.Client(timeout=timeout, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def batch(self, calls: Iterable[Call]) -> list[Any]:
        """The results in the order of the calls, although a node may run them in any order."""
        wanted = list(calls)
        if not wanted:
            return []
        body = [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": parameters}
            for index, (method, parameters) in enumerate(wanted)
        ]
        response = self._client.post(self.url, json=body)
        response.raise_for_status()
        answers = {answer["id"]: answer for answer in response.json()}
        for index, (method, _) in enumerate(wanted):
            if "result" not in answers[index]:
                raise RpcError(
                    f"{method} was not done",
                    expected=f"a result from {self.url}",
                    seen=str(answers[index].get("error", "no result")),
                    now="see that a local chain of the examples answers there",
                )
        return [answers[index]["result"] for index in range(len(wanted))]

    def call(self, method: str, *parameters: Any) -> Any:
        return self.batch([(method, list(parameters))])[0]
