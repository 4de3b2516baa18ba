"""A belt without an indexer: a database as Envio makes it, and a real engine that serves it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml
from psycopg.conninfo import conninfo_to_dict

from gate.checks import CHECKS, content, schema
from gate.endpoints import Belt as Doors
from gate.endpoints import Endpoints
from gate.evidence import Store
from gate.finding import Point
from gate.outcome import Outcome
from gate.policy import Policy, parse
from gate.run import Gate
from gate.secret import Address, Secret
from tests.live.engine.serving import SECRET, Engine, table
from tests.live.gate.content.belt import Belt as Rows

CHAINS = (1, 10)
SERVED, SUBSCRIPTIONS = "content.served", "content.subscriptions"
METADATA, FORMS = "schema.metadata", "schema.forms"
READY = "2026-11-20 12:00:00+00"
VIEWS = """
CREATE VIEW chain_metadata AS SELECT id AS chain_id, start_block, end_block, progress_block AS
  latest_processed_block, source_block AS block_height, events_processed AS num_events_processed,
  ready_at AS timestamp_caught_up_to_head_or_endblock FROM envio_chains;
CREATE VIEW _meta AS SELECT id AS "chainId", start_block AS "startBlock", end_block AS "endBlock",
  progress_block AS "progressBlock", events_processed::real AS "eventsProcessed", ready_at AS "readyAt",
  (ready_at IS NOT NULL) AS "isReady" FROM envio_chains;
"""
KIND = "CREATE TYPE positionkind AS ENUM ('LOCKED', 'FLEXIBLE')"
TRANSFER = (
    '"chainId" int NOT NULL, "from_id" text NOT NULL, "to_id" text NOT NULL, value numeric NOT NULL,'
    ' "blockNumber" int NOT NULL, "timestamp" timestamptz NOT NULL'
)
ACCOUNT = '"chainId" int NOT NULL, balance numeric NOT NULL, received numeric NOT NULL, note text'
POSITION = (
    '"chainId" int NOT NULL, "owner_id" text NOT NULL, kind positionkind NOT NULL, tags text[] NOT NULL,'
    " terms jsonb NOT NULL, weight double precision, big bigint, open boolean NOT NULL"
)
ACCOUNTS = """
INSERT INTO "Account" SELECT c || '-' || n, c, n * 1000000000000000000000 + n, n,
  CASE WHEN n %% 3 = 0 THEN 'a "note"' END
  FROM unnest(%s::int[]) c, generate_series(1, 60) n
"""
TRANSFERS = """
INSERT INTO "Transfer" SELECT c || '-' || n || '-0', c, c || '-' || 1 + n %% 50, c || '-' || 1 + n * 7 %% 50,
  n * 10 + 0.5, n, timestamptz '2026-01-01 00:00:00+00' + n * interval '12 seconds'
  FROM unnest(%s::int[]) c, generate_series(1, %s) n
"""
POSITIONS = """
INSERT INTO "Position" SELECT c || '-p' || n, c, c || '-' || n,
  (ARRAY['LOCKED', 'FLEXIBLE'])[1 + n %% 2]::positionkind, ARRAY['a', 'b' || n],
  jsonb_build_object('rate', n / 7.0, 'on', n %% 2 = 0), n / 3.0, n * 9007199254740993, n %% 2 = 1
  FROM unnest(%s::int[]) c, generate_series(1, 40) n
"""
STANDARD = {"limit": 1000, "allow_aggregations": True}


@dataclass(frozen=True, kw_only=True)
class Belt:
    """A database and its engine; whoever changes either puts it back."""

    rows: Rows
    engine: Engine
    url: str

    @property
    def doors(self) -> Doors:
        return Doors(
            graphql=Address(f"{self.engine.url}/v1/graphql"),
            admin_secret=Secret(SECRET),
            database=Secret(self.url),
        )

    def tables(self, **public: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What Envio tells the engine; `public` is another permission for some entities."""

        def allowed(name: str) -> Mapping[str, Any]:
            return {**STANDARD, **public.get(name, {})}

        account = {"from": ("Account", {"from_id": "id"}), "to": ("Account", {"to_id": "id"})}
        arrays = {
            "outgoing": ("Transfer", {"id": "from_id"}),
            "incoming": ("Transfer", {"id": "to_id"}),
            "positions": ("Position", {"id": "owner_id"}),
        }
        owner = {"owner": ("Account", {"owner_id": "id"})}
        return [
            table("Transfer", relationships=account, public=allowed("Transfer")),
            table("Account", arrays=arrays, public=allowed("Account")),
            table("Position", relationships=owner, public=allowed("Position")),
            table("chain_metadata", public=STANDARD),
            table("_meta", public=STANDARD),
        ]

    def fill(self, transfers: int = 2_000) -> None:
        """Two chains, each with accounts, transfers and positions."""
        self.rows.seed(*CHAINS, progress=5_000)
        self.rows.execute("UPDATE envio_chains SET ready_at = %s, events_processed = 2000", (READY,))
        for statement in (*VIEWS.split(";\n"), KIND):
            if statement.strip():
                self.rows.execute(statement)
        self.rows.entity("Account", ACCOUNT)
        self.rows.entity("Transfer", TRANSFER)
        self.rows.entity("Position", POSITION)
        chains = list(CHAINS)
        self.rows.execute(ACCOUNTS, (chains,))
        self.rows.execute(TRANSFERS, (chains, transfers))
        self.rows.execute(POSITIONS, (chains,))
        for entity, column in (("Transfer", "from_id"), ("Transfer", "to_id"), ("Position", "owner_id")):
            self.rows.execute(f'CREATE INDEX ON "{entity}" ("{column}")')
        self.rows.execute("ANALYZE")
        self.engine.track(*self.tables())


def policy(**changes: Any) -> Policy:
    """A policy of which only what a case is about is said."""
    chains = {
        chain: {
            "rpc": ["http://one.test"],
            "indexedFrom": ["http://other.test"],
            "reorgDepth": 0,
            "finality": "depth",
        }
        for chain in CHAINS
    }
    truth = [
        {
            "chain": chain,
            "contract": "0x" + "ab" * 20,
            "event": "Transfer(address from, address to, uint256 value)",
            "entity": "Transfer",
        }
        for chain in CHAINS
    ]
    values = {"version": 1, "mode": "parity", "deadline": "180s", "chains": chains, "groundTruth": truth}
    return parse(yaml.safe_dump(values | changes), environment={}, acceptable=(), core=())


READS = {part.path: frozenset(part.reads) for check in CHECKS for part in check.parts}
"""What is looked at for each part of the claims."""
BESIDES = frozenset({"candidate_metadata", "serving_schema"})
"""What is said of the rows that are served needs these as well, in some cases."""


async def judged(
    candidate: Doors,
    says: Policy | None = None,
    *,
    serving: Doors | None = None,
    seed: int = 1,
    cache: Store | None = None,
    repeats: bool = False,
    about: Collection[str] = (SERVED,),
) -> tuple[Point, ...]:
    """What the gate says of what consumers get; it looks only for the parts that a test is about."""
    claims = {content.CHECK.claim, schema.CHECK.claim}
    checks = [check for check in CHECKS if check.claim in claims]
    fields = BESIDES.union(*(READS[path] for path in about))
    gate = Gate(checks=checks, cache=cache, repeats=repeats)
    gate = replace(gate, probes=[probe for probe in gate.probes if probe.field in fields])
    endpoints = Endpoints(serving=serving, candidate=candidate)
    verdict = await gate.run(endpoints, says or policy(), seed=seed)
    return tuple(point for finding in verdict.findings for point in finding.points)


def of(points: Sequence[Point], path: str) -> tuple[Point, ...]:
    return tuple(point for point in points if point.part.path == path)


def said(points: Sequence[Point], outcome: Outcome) -> str:
    """Everything that is said of what ended so."""
    return "\n".join(
        "\n".join((point.observed, *point.evidence)) for point in points if point.outcome is outcome
    )


def url_of(dsn: str) -> str:
    """A connection string as a URL."""
    parts = conninfo_to_dict(dsn)
    user, password = parts["user"], parts.get("password", "")
    return f"postgresql://{user}:{password}@{parts['host']}:{parts['port']}/{parts['dbname']}"
