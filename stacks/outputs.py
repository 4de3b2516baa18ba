"""What a belt's stack exports and the gateway's reads: one versioned contract, typed at both ends."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi import Output, RunError, StackReference

from belts.database_url import database_url
from belts.envio import EnvioProject
from belts.pulumi.component import Belt
from belts.refusal import Refusal
from belts.spec.belt import BeltSpec
from belts.spec.identity import Identity, IdentityUnreadable
from belts.spec.identity import read as read_identity
from belts.spec.url_belt import CONSUMER_URL

VERSION = 1
SECRETS = ("adminSecret", "databases")
READERS = ("gate", "consumer")


class OutputsRefused(Refusal, RunError):
    """A stack does not export a belt that can be used; the text names the stack and the next command."""

    def __init__(self, stack: str, *, expected: str, seen: str, now: str) -> None:
        """Say what the stack should export, what it does, and what to do."""
        super().__init__(
            f"stack {stack!r} cannot be used; the alias stays as it is",
            expected=expected,
            seen=seen,
            now=now,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class BeltOutputs:
    """One belt as its stack describes it to others."""

    belt: str
    graphql: str
    dial: str
    metrics: str
    identity: Identity
    admin_secret: str = field(repr=False)
    databases: Mapping[str, str] = field(repr=False)
    sources: Mapping[str, Sequence[str]]
    """What each chain is indexed from, by scheme and host."""
    consumer_ca: str | None = None
    """The authority by which readers on other hosts know it; None where they know it by another."""


def exports(spec: BeltSpec, belt: Belt) -> dict[str, Output[Any] | Any]:
    """The outputs of a belt's stack, by name."""
    return {
        "outputsVersion": VERSION,
        "belt": spec.name,
        "graphql": belt.graphql,
        "dial": belt.dial,
        "metrics": belt.metrics,
        "footprint": footprint(spec.project),
        "identity": belt.identity,
        "sources": belt.sources,
        "adminSecret": Output.secret(belt.admin_secret),
        "databases": Output.secret(
            Output.all(belt.passwords, belt.logins, belt.hosts, belt.database).apply(
                lambda known: database_urls(spec, *known)
            )
        ),
        **({} if spec.postgres.outlet is None else {"consumerCa": belt.consumer_ca}),
    }


def footprint(project: EnvioProject) -> dict[str, Any]:
    """The chains and contracts that a project indexes."""
    return {
        "chains": list(project.chains),
        "contracts": [
            {
                "chain": contract.chain,
                "name": contract.name,
                "addresses": list(contract.addresses),
                "startBlock": contract.start_block,
            }
            for contract in project.contracts
        ],
    }


def read(stack: str, reference: StackReference) -> Output[BeltOutputs]:
    """The belt that another stack exports; a stack that exports none is refused by name."""
    return Output.secret(known(stack, reference))


async def known(stack: str, reference: StackReference) -> BeltOutputs:
    """The same, to wait for."""
    try:
        values = await reference.outputs.future()
        whole = await reference.outputs.is_known()
    except Exception as error:
        raise OutputsRefused(
            stack,
            expected="a stack of this name",
            seen=f"none ({error})",
            now="`pulumi stack ls` shows which there are, `pulumi config set upstream NAME` picks one",
        ) from error
    if not whole:
        raise OutputsRefused(stack, expected="outputs that are known", seen="unknown ones", now=_up(stack))
    return parse(stack, values or {})


def parse(stack: str, values: Mapping[str, Any]) -> BeltOutputs:
    """The typed outputs of a stack, or `OutputsRefused` with the first thing that makes them useless."""
    if not values:
        raise OutputsRefused(
            stack, expected="the outputs of a belt", seen="none: never brought up", now=_up(stack)
        )
    version = values.get("outputsVersion")
    if isinstance(version, int | float) and version > VERSION:
        raise OutputsRefused(
            stack,
            expected=f"outputs of version {VERSION}, the newest that this release reads",
            seen=f"version {version:g}, which `pulumi up` of a later release wrote",
            now="run this with the release that brought the belt up",
        )
    if version != VERSION:
        raise OutputsRefused(
            stack,
            expected=f"outputs of version {VERSION}",
            seen="a stack that is no belt" if version is None else f"version {version}",
            now="name a belt's stack" if version is None else f"bring it up with this program: {_up(stack)}",
        )
    hidden = [name for name in SECRETS if values.get(name) == {}]
    if hidden:
        raise OutputsRefused(
            stack,
            expected="secrets that this stack can decrypt",
            seen=f"{' and '.join(hidden)} encrypted with another passphrase or by another secrets provider",
            now="give both stacks the same one: `pulumi stack change-secrets-provider`",
        )
    return _typed(stack, values)


def database_urls(
    spec: BeltSpec,
    passwords: Mapping[str, str],
    logins: Mapping[str, str],
    hosts: Mapping[str, str],
    database: str,
) -> dict[str, str]:
    """The belt's database as each reader sees it, where its place has it; nobody outside gets to write."""
    outlet = spec.postgres.outlet
    ports = {} if outlet is None else {"consumer": outlet.port}
    verified = {} if outlet is None else {"consumer": "?sslmode=verify-full"}
    return {
        role: database_url(
            login=logins.get(role, role),
            password=passwords[role],
            host=hosts[role],
            port=ports.get(role, spec.postgres.port),
            database=database,
        )
        + verified.get(role, "")
        for role in READERS
    }


def open_to_readers(stack: str, belt: BeltOutputs) -> BeltOutputs:
    """The belt, if others than its own parts can reach its database; a URL that opens nothing is not told."""
    if not belt.databases["consumer"]:
        raise OutputsRefused(
            stack,
            expected="a URL of its database for those who read past GraphQL, as `exportDatabase` is on",
            seen="none",
            now=f"`pulumi config set --secret {CONSUMER_URL} --stack {stack}`, then {_up(stack)};"
            " or set `exportDatabase` to false",
        )
    host = belt.databases["consumer"].partition("?")[0].rpartition("@")[2]
    if not host.upper().startswith("%2F"):
        return belt
    raise OutputsRefused(
        stack,
        expected="a Postgres that listens on TCP, as `exportDatabase` is on",
        seen="one that listens at sockets for its own parts alone",
        now=f"set `postgres.tcp: true` for stack {stack!r}, then {_up(stack)};"
        " or set `exportDatabase` to false",
    )


def _typed(stack: str, values: Mapping[str, Any]) -> BeltOutputs:
    wrong = [name for name, shape in SHAPES.items() if not isinstance(values.get(name), shape)]
    if wrong:
        raise OutputsRefused(
            stack,
            expected=f"outputs of version {VERSION}",
            seen=f"nothing fitting under {' and '.join(wrong)}",
            now=_up(stack),
        )
    if not isinstance(values.get("dial"), str):
        raise OutputsRefused(
            stack,
            expected="a belt at http://HOST:PORT/v1/graphql",
            seen=re.sub(r"//[^/]*@", "//", values["graphql"]),
            now="put a local edge in front of what is behind TLS or under another path",
        )
    try:
        identity = read_identity(values["identity"])
    except IdentityUnreadable as unreadable:
        raise OutputsRefused(
            stack, expected="an identity of this version", seen=unreadable.seen, now=_up(stack)
        ) from None
    return BeltOutputs(
        belt=values["belt"],
        graphql=values["graphql"],
        dial=values["dial"],
        metrics=values["metrics"],
        identity=identity,
        admin_secret=values["adminSecret"],
        databases=values["databases"],
        sources=values["sources"],
        consumer_ca=values.get("consumerCa"),
    )


SHAPES: Mapping[str, type] = {
    "belt": str,
    "graphql": str,
    "metrics": str,
    "footprint": Mapping,
    "identity": Mapping,
    "sources": Mapping,
    "adminSecret": str,
    "databases": Mapping,
}


def _up(stack: str) -> str:
    return f"`pulumi up --stack {stack}`"
