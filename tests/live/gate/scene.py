"""Two real belts, their real chains and an alias: what the gate is shown, and what each test spoils in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import psycopg
import yaml
from psycopg.conninfo import conninfo_to_dict

from gate.checks import CHECKS
from gate.endpoints import Belt as Doors
from gate.endpoints import Endpoints
from gate.finding import Finding
from gate.outcome import Outcome
from gate.policy import Policy, parse
from gate.redact import redactor_for
from gate.report import Format, document, render
from gate.run import Gate
from gate.secret import Address, Secret
from gate.verdict import Verdict
from tests.live.world import Belt, World

POINTS = "Transfer(address indexed from, address indexed to, uint256 value)"
VERSION = "3.0.0-alpha.17"
NEW = (42161, 7777777)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The world, with a door to every chain that the belts do not use, and an alias that serves blue."""

    world: World
    doors: Mapping[int, str]
    alias: str

    def endpoints(
        self, *, serving: Doors | None = None, candidate: Doors | None = None, alias: str = ""
    ) -> Endpoints:
        return Endpoints(
            serving=serving or doors(self.world.blue),
            candidate=candidate or doors(self.world.green),
            alias=Address(alias or self.alias),
        )

    def values(self, **changes: Any) -> dict[str, Any]:
        """A policy that green passes, as its file says it."""
        return {
            "version": 1,
            "mode": "expansion",
            "deadline": "40s",
            "settle": "0s",
            "chains": {chain: self.chain(chain) for chain in self.world.green.chains},
            "entities": {
                "ChainActivity": {
                    "chain": "id",
                    "mayDiffer": [
                        {"columns": ["events", "lastBlock", "lastEvent"], "reason": "it counts badges too"}
                    ],
                }
            },
            "groundTruth": [self.truth(chain) for chain in self.world.green.chains],
            "runtime": {"version": VERSION, "heapMb": 512},
        } | changes

    def chain(self, chain: int, **changes: Any) -> dict[str, Any]:
        return {
            "rpc": [self.doors[chain]],
            "indexedFrom": [self.world.rpc[chain]],
            "new": chain in NEW,
            "lagLimit": 60,
            "reorgDepth": 3,
            "finality": "depth",
            "receipts": "standard",
        } | changes

    def truth(self, chain: int, **changes: Any) -> dict[str, Any]:
        """The points of one chain, with the first golden of its past."""
        past = self.world.past(chain)
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
            "windows": {"count": 2, "blocks": 50},
        } | changes

    def policy(self, **changes: Any) -> Policy:
        parts = [part for check in CHECKS for part in check.parts]
        return parse(
            yaml.safe_dump(self.values(**changes)),
            environment={},
            acceptable=[part.path for part in parts if part.acceptable],
            core=[part.path for part in parts if not part.acceptable],
        )

    async def judge(
        self, endpoints: Endpoints | None = None, policy: Policy | None = None, **gate: Any
    ) -> "Judged":
        """What the whole gate says."""
        endpoints, policy = endpoints or self.endpoints(), policy or self.policy()
        verdict = await Gate(**gate).run(endpoints, policy, seed=1)
        report = document(verdict, endpoints, CHECKS, redactor_for(endpoints, policy))
        return Judged(verdict=verdict, text=render(report, Format.TEXT))


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
