"""Two real belts, their real chains and an alias: what the gate is shown, and what each test spoils in it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import yaml
from psycopg.conninfo import conninfo_to_dict

from belts.runtimes.process.host import Host
from demo import promise
from examples import forms
from gate.checks import CHECKS
from gate.checks.check import Check
from gate.endpoints import Belt as Doors
from gate.endpoints import Endpoints, Hosted
from gate.evidence import Store
from gate.finding import Finding
from gate.outcome import Outcome
from gate.policy import Policy, parse
from gate.redact import redactor_for
from gate.report import Format, document, render
from gate.run import Gate
from gate.secret import Address, Secret
from gate.verdict import Verdict
from tests.live import plain
from tests.live.gate.relay import Question, Reply, as_json
from tests.live.world import Belt, World

VERSION = forms.version()
NEW = (42161, 7777777)
HELD = 8453
KEY = "of the scene's evidence"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The world, with a door to every chain that the belts do not use, and an alias that serves blue.

    What the chains have said is kept from one run to the next, as the gate's commands keep it.
    """

    world: World
    doors: Mapping[int, str]
    alias: str
    kept: Store

    def endpoints(
        self, *, serving: Doors | None = None, candidate: Doors | None = None, alias: str = ""
    ) -> Endpoints:
        return Endpoints(
            serving=serving or doors(self.world.blue),
            candidate=candidate or doors(self.world.green),
            alias=Address(alias or self.alias),
            hosted=self.hosted(serving="blue"),
        )

    def hosted(self, *, serving: str | None = None) -> Hosted:
        """The place of all belts of the scene, and the two that are meant unless a test shows others."""
        host = Host(self.world.hosts.root)
        return Hosted(
            census=host.census, relayed=lambda: host.relayed("green"), candidate="green", serving=serving
        )

    def values(self, **changes: Any) -> dict[str, Any]:
        """A policy that green passes, as its file says it."""
        return {
            "version": 1,
            "mode": "expansion",
            "deadline": "240s",
            "settle": "0s",
            "chains": {chain: self.chain(chain) for chain in self.world.green.chains},
            "entities": {
                "ChainActivity": {
                    "chain": "id",
                    "mayDiffer": [
                        {
                            "columns": ["events", "lastBlock", "lastEvent"],
                            "chains": [10],
                            "reason": "it counts badges too",
                        }
                    ],
                }
            },
            "groundTruth": [
                event
                for chain in self.world.green.chains
                for event in (self.truth(chain), *self.others(chain))
            ],
            "unproved": promise.unproved(badges=True),
            "runtime": {"version": VERSION, "heapMb": 512},
        } | changes

    def parity(self, **changes: Any) -> Policy:
        """What a twin of blue passes."""
        chains = {chain: self.chain(chain, new=False) for chain in self.world.blue.chains}
        truth = [self.truth(chain) for chain in chains]
        return self.policy(
            **(
                {"mode": "parity", "chains": chains, "groundTruth": truth, "entities": {}, "unproved": []}
                | changes
            )
        )

    def chain(self, chain: int, **changes: Any) -> dict[str, Any]:
        return {
            "rpc": [self.doors[chain]],
            "indexedFrom": [self.world.rpc[chain]],
            "new": chain in NEW,
            "lagLimit": 60,
            "reorgDepth": 3,
            "finality": "depth",
            "receipts": "standard",
            "oneNode": True,
        } | changes

    def truth(self, chain: int, **changes: Any) -> dict[str, Any]:
        """The points of one chain, with the first golden of its past."""
        found = promise.events(chain, self.world.past(chain), badges=True)
        points = next(event for event in found if event["entity"] == "Transfer")
        return {**points, "windows": {"count": 2, "blocks": 50}} | changes

    def others(self, chain: int) -> Iterator[dict[str, Any]]:
        """The other events that write rows of one chain."""
        found = promise.events(chain, self.world.past(chain), badges=True)
        yield from (event for event in found if event["entity"] != "Transfer")

    def policy(self, **changes: Any) -> Policy:
        parts = [part for check in CHECKS for part in check.parts]
        return parse(
            yaml.safe_dump(self.values(**changes)),
            environment={},
            acceptable=[part.path for part in parts if part.acceptable],
            core=[part.path for part in parts if not part.acceptable],
        )

    async def judge(
        self,
        endpoints: Endpoints | None = None,
        policy: Policy | None = None,
        *,
        about: Collection[str] = (),
        **gate: Any,
    ) -> "Judged":
        """What the whole gate says; or of some claims alone, by whom it is told faster."""
        gate |= {"checks": claiming(CHECKS, about)} if about else {}
        endpoints, policy = endpoints or self.endpoints(), policy or self.policy()
        verdict = await Gate(**({"cache": self.kept} | gate)).run(endpoints, policy, seed=1)
        report = document(verdict, endpoints, CHECKS, redactor_for(endpoints, policy.addresses))
        return Judged(verdict=verdict, text=render(report, Format.TEXT))


def claiming(checks: Sequence[Check], about: Collection[str]) -> tuple[Check, ...]:
    """The checks of some claims; the gate looks for no more than they need."""
    found = tuple(check for check in checks if check.claim in about)
    assert len(found) == len(about), about
    return found


class Held:
    """A provider that can be made to give nothing any more, as one does whose quota is used up."""

    def __init__(self) -> None:
        self.on = False

    def twist(self, _: Question, upstream: Callable[[], Reply]) -> Reply:
        return as_json({"error": "quota"}, status=429) if self.on else upstream()

    @contextmanager
    def up(self) -> Iterator[None]:
        self.on = True
        try:
            yield
        finally:
            self.on = False


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A belt with blue's footprint, and the provider of one of its chains."""

    belt: Belt
    held: Held


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A verdict, and the report that an operator reads."""

    verdict: Verdict
    text: str

    def of(self, claim: str) -> Finding:
        return next(finding for finding in self.verdict.findings if finding.claim == claim)

    @property
    def passed(self) -> bool:
        return self.verdict.outcome is Outcome.PASSED


def doors(belt: Belt, **changes: Any) -> Doors:
    """A belt's own doors, or others for some of them."""
    given: dict[str, Any] = {
        "graphql": Address(belt.graphql),
        "admin_secret": Secret(belt.admin_secret),
        "database": Secret(url(belt.dsn("gate"))),
        "metrics": Address(belt.metrics),
        "dial": urlsplit(belt.graphql).netloc,
        "sources": {int(chain): tuple(map(Address, urls)) for chain, urls in belt.indexer["sources"].items()},
    }
    return Doors(**(given | changes))


def url(dsn: str) -> str:
    """A connection string as a URL."""
    parts = conninfo_to_dict(dsn)
    user, password = quote(str(parts["user"])), quote(str(parts["password"]))
    return f"postgresql://{user}:{password}@{parts['host']}:{parts['port']}/{parts['dbname']}"


def execute(belt: Belt, *statements: str) -> int:
    """Runs statements in a belt's database in one transaction; returns how many rows the last one touched."""
    with psycopg.connect(belt.dsn("postgres")) as connection:
        touched = -1
        for statement in statements:
            touched = connection.execute(statement.encode()).rowcount
        return touched


def one(belt: Belt, query: str) -> str:
    """The one value that a query of a belt's database gives."""
    with psycopg.connect(belt.dsn("postgres")) as connection:
        [[value]] = connection.execute(query.encode()).fetchall()
        return str(value)


@contextmanager
def spoiled(belt: Belt, table: str, where: str, *statements: str) -> Iterator[None]:
    """Does something to one row of a belt, and puts the row back as it was; `{key}` is its key."""
    kept = f'CREATE TABLE kept.row AS SELECT * FROM "{table}" WHERE {where} LIMIT 1'
    assert execute(belt, "CREATE SCHEMA kept", kept) == 1, f"{belt.name} has no row of {table} with {where}"
    key = "(SELECT id FROM kept.row)"
    try:
        for statement in statements:
            assert execute(belt, statement.replace("{key}", key)) == 1, statement
        yield
    finally:
        restore = (
            f'DELETE FROM "{table}" WHERE id = {key}',
            f"""DELETE FROM "{table}" WHERE id = {key} || '-twin'""",
            f'INSERT INTO "{table}" SELECT * FROM kept.row',
            "DROP SCHEMA kept CASCADE",
        )
        execute(belt, *restore)


def administer(belt: Belt, *operations: Mapping[str, Any]) -> None:
    """Gives commands to a belt's GraphQL engine, as Envio does."""
    for operation in operations:
        answer = plain.post(
            belt.graphql.replace("/v1/graphql", "/v1/metadata"),
            json=dict(operation),
            headers={"x-hasura-admin-secret": belt.admin_secret},
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text


@contextmanager
def permitted(belt: Belt, table: str, **changes: Any) -> Iterator[None]:
    """Another permission of the public role on one table, for a while."""
    standard = {"columns": "*", "filter": {}, "limit": 1000, "allow_aggregations": False}
    try:
        administer(belt, *_permission(table, standard | changes))
        yield
    finally:
        administer(belt, *_permission(table, standard))


def _permission(table: str, permission: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    common = {"table": {"schema": "public", "name": table}, "role": "public", "source": "default"}
    return (
        {"type": "pg_drop_select_permission", "args": common},
        {"type": "pg_create_select_permission", "args": {**common, "permission": dict(permission)}},
    )
