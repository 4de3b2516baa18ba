"""The measured queries: each kind in both dialects, and how to read the same rows from both answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of query; its one variable gets a new value in every request."""

    name: str
    variable: str
    engine: str
    postgraphile: str
    format: str
    most: int
    read_engine: Callable[[Json], Json]
    read_postgraphile: Callable[[Json], Json]

    def body(self, query: str, value: str) -> str:
        """A request's body with this value, given as JSON."""
        before, after = self.around(query)
        return f"{before}{value}{after}"

    def around(self, query: str) -> tuple[str, str]:
        """The parts of a request's body before and after the value."""
        name = self.variable.split(":")[0].removeprefix("$")
        text = f"query Q({self.variable}) {{ {query} }}"
        return f'{{"query": {json.dumps(text)}, "variables": {{"{name}": ', "}}"


def _without_connections(data: Json) -> Json:
    found = []
    for account in data["allAccounts"]["nodes"]:
        transfers = account.pop("transfersByAccountKey")["nodes"]
        found.append({**account, "transfers": transfers})
    return found


KINDS = (
    Kind(
        name="by key",
        variable="$key: String!",
        engine="account_by_pk(key: $key) { key name balance }",
        postgraphile="accountByKey(key: $key) { key name balance }",
        format='"a%06d"',
        most=9_999,
        read_engine=lambda data: data["account_by_pk"],
        read_postgraphile=lambda data: data["accountByKey"],
    ),
    Kind(
        name="filtered list of 100",
        variable="$n: Int!",
        engine="transfer(where: {n: {_eq: $n}}, order_by: {key: asc}, limit: 100)"
        " { key n amount block memo }",
        postgraphile="allTransfers(condition: {n: $n}, orderBy: [PRIMARY_KEY_ASC], first: 100)"
        " { nodes { key n amount block memo } }",
        format="%d",
        most=999,
        read_engine=lambda data: data["transfer"],
        read_postgraphile=lambda data: data["allTransfers"]["nodes"],
    ),
    Kind(
        name="aggregate count",
        variable="$n: Int!",
        engine="transfer_aggregate(where: {n: {_eq: $n}}) { aggregate { count } }",
        postgraphile="allTransfers(condition: {n: $n}) { totalCount }",
        format="%d",
        most=999,
        read_engine=lambda data: data["transfer_aggregate"]["aggregate"]["count"],
        read_postgraphile=lambda data: data["allTransfers"]["totalCount"],
    ),
    Kind(
        name="two-level nested list",
        variable="$n: Int!",
        engine="account(order_by: {key: asc}, limit: 10, offset: $n)"
        " { key name transfers(order_by: {key: asc}, limit: 5) { key amount } }",
        postgraphile="allAccounts(orderBy: [PRIMARY_KEY_ASC], first: 10, offset: $n)"
        " { nodes { key name transfersByAccountKey(orderBy: [PRIMARY_KEY_ASC], first: 5)"
        " { nodes { key amount } } } }",
        format="%d",
        most=500,
        read_engine=lambda data: data["account"],
        read_postgraphile=_without_connections,
    ),
)
