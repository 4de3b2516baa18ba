"""Every fault that we know of, injected for real, judged by the whole gate: none of them ends in a pass.

A fault is refused by the claim that it belongs to, in words that name it. Where the candidate is `twin`, it
has the serving belt's footprint and is judged in parity mode; green is judged as an expansion.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, NoReturn

import pytest

from belts.reading.mistakes import MistakesError
from belts.runtimes.cost import Census
from belts.runtimes.process.host import Host
from gate.all_probes import PROBES
from gate.endpoints import Endpoints
from gate.outcome import Outcome
from gate.policy import Policy
from gate.probes.world import World as Looking
from gate.secret import Address, Secret
from tests.conftest import Ports
from tests.deep import one_of_each
from tests.live import plain
from tests.live.gate.conftest import named
from tests.live.gate.relay import Question, Reply, Twist, as_json, relay
from tests.live.gate.scene import (
    HELD,
    VERSION,
    Scene,
    Twin,
    administer,
    doors,
    execute,
    one,
    permitted,
    spoiled,
)

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

REFUSED, UNTOLD = Outcome.FAILED, Outcome.COULD_NOT_TELL
LAST_YEAR = datetime.now(UTC).date() - timedelta(days=365)
NEXT_YEAR = datetime.now(UTC).date() + timedelta(days=365)
A_TRANSFER = '"chainId" = 1 AND "blockNumber" BETWEEN 20 AND 40'


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a fault may use."""

    scene: Scene
    twin: Twin
    ports: Ports
    stack: ExitStack

    def relayed(self, upstream: str, twist: Twist) -> str:
        """A server in front of another one, up while the fault is on."""
        return self.stack.enter_context(relay(self.ports.one(), upstream, twist))

    def like_blue(self, **changes: Any) -> Endpoints:
        """The twin as the candidate."""
        return self.scene.endpoints(candidate=doors(self.twin.belt, **changes))

    def answering(self, twist: Twist) -> Endpoints:
        """The twin behind a server that tampers with its GraphQL."""
        return self.like_blue(graphql=Address(self.relayed(self.twin.belt.graphql, twist)))

    def asking(
        self, chain: int, *urls: str, deadline: str = "60s", proof: str = "whole", **changes: Any
    ) -> Policy:
        """A parity policy whose providers of one chain are others, each door a node of its own."""
        chains = {each: self.scene.chain(each, new=False) for each in self.scene.world.blue.chains}
        chains[chain] |= {"rpc": list(urls), "oneNode": False, "severalNodes": "each is a node", **changes}
        return self.scene.parity(chains=chains, deadline=deadline, proof=proof)

    def door(self, chain: int, twist: Twist) -> str:
        """A provider of a chain that tampers."""
        return self.relayed(self.scene.world.rpc[chain], twist)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault: how it comes about, the claim that it belongs to, and words that tell it."""

    name: str
    claim: str
    said: str
    make: Callable[[Stage], "Shown"]
    outcome: Outcome = REFUSED


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the gate is shown, and what holds meanwhile."""

    endpoints: Endpoints | None = None
    policy: Policy | None = None
    meanwhile: AbstractContextManager[Any] = field(default_factory=nullcontext)


def answer(change: Callable[[dict[str, Any]], None]) -> Twist:
    """Changes every JSON object that is answered."""

    def twist(_: Question, upstream: Callable[[], Reply]) -> Reply:
        reply = upstream()
        document = reply.json
        for each in document if isinstance(document, list) else [document]:
            change(each)
        return as_json(document)

    return twist


def limited(stage: Stage, **limits: Any) -> Shown:
    """The belts of the scene, whose stacks allow less."""
    census = Host(stage.scene.world.hosts.root).census

    def tighter() -> Census:
        seen = census()
        alive = tuple(replace(belt, budget=replace(belt.budget, **limits)) for belt in seen.alive)
        return replace(seen, alive=alive)

    endpoints = stage.like_blue()
    hosted = replace(stage.scene.hosted(serving="blue"), census=tighter)
    return Shown(endpoints=replace(endpoints, hosted=hosted), policy=stage.scene.parity())


def always(reply: Reply) -> Twist:
    return lambda _question, _upstream: reply


def with_errors(document: dict[str, Any]) -> None:
    document["errors"] = [{"message": "one shard is missing"}]


def rpc_answer(method: str, change: Callable[[Any], Any]) -> Twist:
    """Changes the result of one JSON-RPC method, in batches too."""

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        asked = question.json if isinstance(question.json, list) else [question.json]
        ids = {each["id"] for each in asked if each["method"] == method}

        def tamper(document: dict[str, Any]) -> None:
            if document.get("id") in ids and "result" in document:
                document["result"] = change(document["result"])

        return answer(tamper)(question, upstream)

    return twist


def behind_in_time(stage: Stage, chain: int, method: str, tag: str, block: int) -> Twist:
    """A provider that answers one question about the newest block with one of long ago."""

    def twist(question: Question, upstream: Callable[[], Reply]) -> Reply:
        asked = question.json
        single = asked if isinstance(asked, dict) else None
        if single and single["method"] == method and (not tag or single["params"][0] == tag):
            if not tag:
                return as_json({"jsonrpc": "2.0", "id": single["id"], "result": hex(block)})
            params = [hex(block), *single["params"][1:]]
            old = plain.post(stage.scene.world.rpc[chain], json={**single, "params": params}, trust_env=False)
            return as_json(old.json())
        return upstream()

    return twist


@contextmanager
def narrowed(stage: Stage) -> Iterator[None]:
    """An enum of the twin's database without one of its values: a row that needs it could not be written."""
    rename = "ALTER TYPE {} RENAME VALUE '{}' TO '{}'"
    kind = one(
        stage.twin.belt, "SELECT format('%I', typname) FROM pg_type WHERE lower(typname) = 'positionkind'"
    )
    try:
        execute(stage.twin.belt, rename.format(kind, "GRANTED", "GIVEN"))
        yield
    finally:
        execute(stage.twin.belt, rename.format(kind, "GIVEN", "GRANTED"))


@contextmanager
def nullable(stage: Stage) -> Iterator[None]:
    """A column that may be NULL from now on, and an engine that knows it."""
    belt, reload = stage.twin.belt, {"type": "reload_metadata", "args": {}}
    try:
        execute(belt, 'ALTER TABLE "Transfer" ALTER COLUMN "value" DROP NOT NULL')
        administer(belt, reload)
        yield
    finally:
        execute(belt, 'ALTER TABLE "Transfer" ALTER COLUMN "value" SET NOT NULL')
        administer(belt, reload)


@contextmanager
def secured(stage: Stage) -> Iterator[None]:
    """Rows of one chain that are for everybody but the engine."""
    table = 'ALTER TABLE "Transfer" {} ROW LEVEL SECURITY'
    policy = 'CREATE POLICY {} ON "Transfer" FOR SELECT TO {} USING ({})'
    try:
        execute(
            stage.twin.belt,
            table.format("ENABLE"),
            policy.format("shown", "gate", "true"),
            policy.format("kept", "engine", '"chainId" <> 1'),
        )
        yield
    finally:
        drop = 'DROP POLICY {} ON "Transfer"'
        execute(stage.twin.belt, drop.format("shown"), drop.format("kept"), table.format("DISABLE"))


@contextmanager
def altered_rows(stage: Stage, table: str, where: str, statement: str) -> Iterator[None]:
    """Many rows of green that are not as they were; it is nobody's twin, and gets them back."""
    green = stage.scene.world.green
    execute(
        green, "CREATE SCHEMA kept", f'CREATE TABLE kept."{table}" AS SELECT * FROM "{table}" WHERE {where}'
    )
    try:
        assert execute(green, statement) > MANY, statement
        yield
    finally:
        execute(
            green,
            f'DELETE FROM "{table}" WHERE id IN (SELECT id FROM kept."{table}")',
            f'INSERT INTO "{table}" SELECT * FROM kept."{table}"',
            "DROP SCHEMA kept CASCADE",
        )


def expanding(stage: Stage, table: str, where: str, statement: str, **policy: Any) -> Shown:
    """Green as the candidate, with rows of a new chain that are wrong."""
    return Shown(policy=stage.scene.policy(**policy), meanwhile=altered_rows(stage, table, where, statement))


def transfers(stage: Stage) -> dict[str, Any]:
    """A policy that knows of one event and its amount, and of nothing else, as they were before."""
    chains = stage.scene.world.green.chains
    return {"groundTruth": [stage.scene.truth(chain, values={}) for chain in chains], "unproved": []}


@contextmanager
def denied(stage: Stage, table: str) -> Iterator[None]:
    """A table that the engine may not read."""
    try:
        execute(stage.twin.belt, f'REVOKE SELECT ON "{table}" FROM engine')
        yield
    finally:
        execute(stage.twin.belt, f'GRANT SELECT ON "{table}" TO engine')


def golden_key(stage: Stage) -> str:
    return golden_row(stage).partition("'")[2].rstrip("'")


def altered(document: dict[str, Any], *, key: str) -> None:
    """One value of one row, in whatever list it comes."""
    for rows in (document.get("data") or {}).values():
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict) and row.get("id") == key and "value" in row:
                row["value"] = "7"


def backwards(stage: Stage, policy: Policy | None = None) -> Shown:
    """Blue as the candidate while green serves: everything that green has more is about to be lost."""
    world = stage.scene.world
    alias = stage.relayed(world.green.graphql, named("green"))
    endpoints = stage.scene.endpoints(serving=doors(world.green), candidate=doors(world.blue), alias=alias)
    return Shown(endpoints=endpoints, policy=policy or stage.scene.policy())


def rows(stage: Stage, table: str, where: str, *statements: str, **policy: Any) -> Shown:
    """A row of the twin that is not as it was."""
    return Shown(
        endpoints=stage.like_blue(),
        policy=stage.scene.parity(**policy),
        meanwhile=spoiled(stage.twin.belt, table, where, *statements),
    )


def shared(stage: Stage, statement: str) -> Shown:
    """The same row of both belts, spoiled alike: comparing them shows nothing."""
    both = ExitStack()
    key = one(stage.scene.world.blue, f'SELECT min(id) FROM "Transfer" WHERE {A_TRANSFER}')

    @contextmanager
    def meanwhile() -> Iterator[None]:
        with both:
            for belt in (stage.scene.world.blue, stage.twin.belt):
                both.enter_context(spoiled(belt, "Transfer", f"id = '{key}'", statement))
            yield

    return Shown(endpoints=stage.like_blue(), policy=stage.scene.parity(), meanwhile=meanwhile())


def golden_row(stage: Stage) -> str:
    """The row of the golden of chain 1."""
    past = stage.scene.world.past(1)
    golden = next(each for each in past["goldens"] if each["event"] == "Transfer")
    return f"""id = '1-{golden["block"]}-{golden["logIndex"]}'"""


MANY = 20
"""More rows than that are spoiled where all of a chain are."""
PRICES = 'DELETE FROM "Price" WHERE "chainId" = 42161'
LATER = """UPDATE "Transfer" SET "timestamp" = "timestamp" + interval '1 day' WHERE "chainId" = 42161"""
DELETE = 'DELETE FROM "{table}" WHERE id = {key}'
WAIVED = {"entity": "Transfer", "columns": ["value"], "chain": 1, "reason": "the handler was wrong"}
CHANGED = ("Transfer", A_TRANSFER, 'UPDATE "Transfer" SET value = value + 1 WHERE id = {key}')
TWIN_ROW = (
    "INSERT INTO \"Transfer\" SELECT (jsonb_populate_record(t, jsonb_build_object('id', t.id || '-twin'))).*"
    " FROM kept.row t"
)


def expired(day: date) -> dict[str, Any]:
    return {"data": [{**WAIVED, "expires": day}]}


FAULTS = (
    Fault(
        name="green is blue",
        claim="distinct",
        said="the candidate's URL is the serving belt's",
        make=lambda stage: Shown(
            endpoints=stage.scene.endpoints(candidate=doors(stage.scene.world.blue)),
            policy=stage.scene.parity(),
        ),
    ),
    Fault(
        name="green's URL on blue's database",
        claim="distinct",
        said="both have the same chains and caught up with each at the very same moment",
        make=lambda stage: Shown(
            endpoints=stage.scene.endpoints(
                candidate=doors(
                    stage.scene.world.blue,
                    graphql=Address(
                        stage.relayed(stage.scene.world.blue.graphql, lambda _, upstream: upstream())
                    ),
                )
            ),
            policy=stage.scene.parity(),
        ),
    ),
    Fault(
        name="one database under two names",
        claim="distinct",
        said="both are database belts of system",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(
                database=Secret(
                    doors(stage.scene.world.blue).database.reveal().replace("127.0.0.1", "localhost")  # type: ignore[union-attr]
                )
            ),
            policy=stage.scene.parity(),
        ),
    ),
    Fault(
        name="a GraphQL engine on another belt's database",
        claim="distinct",
        said="the chain table that the endpoint shows is another one than the database's",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(
                graphql=Address(stage.relayed(stage.scene.world.blue.graphql, lambda _, upstream: upstream()))
            ),
            policy=stage.scene.parity(),
        ),
    ),
    Fault(
        name="the alias given as the candidate",
        claim="distinct",
        said="the candidate's URL is the alias",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(graphql=Address(stage.scene.alias)), policy=stage.scene.parity()
        ),
    ),
    Fault(
        name="the alias serves another belt than the one given as serving",
        claim="distinct",
        said="the alias serves twin, another",
        make=lambda stage: Shown(
            endpoints=stage.scene.endpoints(alias=stage.relayed(stage.twin.belt.graphql, named("twin"))),
        ),
    ),
    Fault(
        name="a chain missing",
        claim="complete",
        said="chains 42161, 7777777 missing",
        make=backwards,
    ),
    Fault(
        name="an unplanned chain",
        claim="complete",
        said="chain 7777777 that nobody planned",
        make=lambda stage: Shown(
            policy=stage.scene.policy(
                chains={
                    each: stage.scene.chain(each)
                    for each in stage.scene.world.green.chains
                    if each != 7777777
                },
                groundTruth=[
                    stage.scene.truth(each) for each in stage.scene.world.green.chains if each != 7777777
                ],
            )
        ),
    ),
    Fault(
        name="a chain dropped from belt and policy together",
        claim="complete",
        said="chain 42161 is served today, and the candidate has it not",
        make=lambda stage: backwards(stage, stage.scene.parity(mode="expansion")),
    ),
    Fault(
        name="an entity dropped",
        claim="complete",
        said="entity Badge is served today, and the candidate has it not",
        make=backwards,
    ),
    Fault(
        name="a chain stalled while isReady says true",
        claim="height",
        said=f"chain {HELD}: stands at",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.scene.parity(deadline="25s"),
            meanwhile=stage.twin.held.up(),
        ),
    ),
    Fault(
        name="a row missing",
        claim="content",
        said="1 missing",
        make=lambda stage: rows(stage, "Transfer", A_TRANSFER, DELETE.replace("{table}", "Transfer")),
    ),
    Fault(
        name="a row missing, counted",
        claim="counts",
        said="on the candidate on chain 1",
        make=lambda stage: rows(stage, "Transfer", A_TRANSFER, DELETE.replace("{table}", "Transfer")),
    ),
    Fault(
        name="one missing and one extra row",
        claim="content",
        said="1 missing, 1 extra",
        make=lambda stage: rows(
            stage, "Transfer", A_TRANSFER, TWIN_ROW, DELETE.replace("{table}", "Transfer")
        ),
    ),
    Fault(
        name="a changed value",
        claim="content",
        said="1 different, first at block",
        make=lambda stage: rows(stage, *CHANGED),
    ),
    Fault(
        name="a changed value in a row with a NULL",
        claim="content",
        said="1 different",
        make=lambda stage: rows(
            stage,
            "Position",
            """"chainId" = 1 AND note IS NULL AND status = 'CLOSED'""",
            'UPDATE "Position" SET amount = amount + 1 WHERE id = {key}',
        ),
    ),
    Fault(
        name="a filter on the public role's permission",
        claim="content",
        said="Transfer for public: ",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.scene.parity(),
            meanwhile=permitted(stage.twin.belt, "Transfer", filter={"chainId": {"_neq": 1}}),
        ),
    ),
    Fault(
        name="rows that the engine's role is not shown",
        claim="content",
        said="it has row security, it has row policies",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(), policy=stage.scene.parity(), meanwhile=secured(stage)
        ),
    ),
    Fault(
        name="an entity that the engine's role cannot read",
        claim="content",
        said="Price for public",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(), policy=stage.scene.parity(), meanwhile=denied(stage, "Price")
        ),
        outcome=REFUSED,
    ),
    Fault(
        name="one value that is altered on the way to consumers",
        claim="content",
        said="1 given otherwise",
        make=lambda stage: Shown(
            endpoints=stage.answering(answer(partial(altered, key=golden_key(stage)))),
            policy=stage.scene.parity(),
        ),
    ),
    Fault(
        name="an expired data waiver",
        claim="content",
        said=f"The waiver for Transfer ended on {LAST_YEAR}",
        make=lambda stage: rows(stage, *CHANGED, waivers=expired(LAST_YEAR)),
    ),
    Fault(
        name="a dropped column",
        claim="schema",
        said="Field Transfer.timestamp was removed.",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.scene.parity(),
            meanwhile=permitted(
                stage.twin.belt,
                "Transfer",
                columns=[
                    "id",
                    "chainId",
                    "from_id",
                    "to_id",
                    "value",
                    "blockNumber",
                    "logIndex",
                    "transactionHash",
                ],
            ),
        ),
    ),
    Fault(
        name="a narrowed enum",
        claim="schema",
        said="GRANTED was removed.",
        make=lambda stage: Shown(
            # The twin cannot write meanwhile, and until the end it would be waited for.
            endpoints=stage.like_blue(),
            policy=stage.scene.parity(deadline="25s"),
            meanwhile=narrowed(stage),
        ),
    ),
    Fault(
        name="a nullable that was not",
        claim="schema",
        said="Field Transfer.value changed type from numeric! to numeric.",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(), policy=stage.scene.parity(), meanwhile=nullable(stage)
        ),
    ),
    Fault(
        name="a provider whose finalized block is frozen",
        claim="counts",
        said="calls 30 final",
        outcome=UNTOLD,
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.asking(
                HELD,
                stage.door(HELD, behind_in_time(stage, HELD, "eth_getBlockByNumber", "finalized", 30)),
                finality="tag",
                compareWithin="1m",
            ),
        ),
    ),
    Fault(
        name="a provider whose head is behind the candidate",
        claim="height",
        said="above the head 30 that providers tell, which lag behind",
        outcome=UNTOLD,
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.asking(
                HELD,
                stage.door(HELD, behind_in_time(stage, HELD, "eth_blockNumber", "", 30)),
                deadline="25s",
            ),
        ),
    ),
    Fault(
        name="an excuse for another chain",
        claim="content",
        said="1 different",
        make=lambda stage: Shown(
            policy=stage.scene.policy(
                entities={
                    "ChainActivity": {
                        "chain": "id",
                        "mayDiffer": [
                            {
                                "columns": ["events", "lastBlock", "lastEvent"],
                                "chains": [1, 8453],
                                "reason": "it counts badges too, on another chain",
                            }
                        ],
                    }
                }
            )
        ),
    ),
    Fault(
        name="a lowered row limit",
        claim="schema",
        said="it gives 500, and has more",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.scene.parity(),
            meanwhile=permitted(stage.twin.belt, "Transfer", limit=500),
        ),
    ),
    Fault(
        name="an expired schema waiver",
        claim="schema",
        said=f"The waiver for it ended on {LAST_YEAR}.",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.scene.parity(
                waivers={
                    "schema": [
                        {
                            "change": "Field Transfer.value changed type from numeric! to numeric.",
                            "reason": "it was planned",
                            "expires": LAST_YEAR,
                        }
                    ]
                }
            ),
            meanwhile=nullable(stage),
        ),
    ),
    Fault(
        name="a golden that the chain has not",
        claim="ground-truth",
        said="0x" + "ab" * 32,
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.scene.parity(
                groundTruth=[
                    stage.scene.truth(each, goldens=[{"transaction": "0x" + "ab" * 32, "logIndex": 0}])
                    for each in stage.scene.world.blue.chains
                ]
            ),
        ),
    ),
    Fault(
        name="a golden in raw_events and not in the entity",
        claim="ground-truth",
        said="although it is among the raw events",
        make=lambda stage: rows(stage, "Transfer", golden_row(stage), DELETE.replace("{table}", "Transfer")),
    ),
    Fault(
        name="an RPC that answers empty with 200",
        claim="ground-truth",
        said="gives 0 logs of block",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.asking(1, stage.door(1, rpc_answer("eth_getLogs", lambda _: [])), proof="sampling"),
        ),
    ),
    Fault(
        name="an RPC that answers empty with 200, where receipts prove nothing",
        claim="ground-truth",
        said="not on the chain",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.asking(
                1,
                stage.door(1, rpc_answer("eth_getLogs", lambda _: [])),
                receipts="unknown",
                proof="sampling",
            ),
        ),
    ),
    Fault(
        name="a belt that indexes from who is to prove it",
        claim="ground-truth",
        said="whom the policy asks as if the belts did not",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.asking(1, stage.scene.world.rpc[1], indexedFrom=["https://other.test"]),
        ),
    ),
    Fault(
        name="an RPC on the wrong chain",
        claim="ground-truth",
        said="it says that it serves chain 10",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(), policy=stage.asking(1, stage.scene.doors[1], stage.scene.doors[10])
        ),
    ),
    Fault(
        name="two RPCs that disagree",
        claim="ground-truth",
        said="they differ first at log",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.asking(
                1,
                stage.scene.doors[1],
                stage.door(1, rpc_answer("eth_getLogs", lambda logs: logs[:-1])),
                receipts="unknown",
                proof="sampling",
            ),
        ),
    ),
    Fault(
        name="a hole that both belts share",
        claim="ground-truth",
        said="missing, 1-",
        make=lambda stage: shared(stage, DELETE.replace("{table}", "Transfer")),
    ),
    Fault(
        name="an argument that both belts changed alike",
        claim="ground-truth",
        said="changed argument, value of 1-",
        make=lambda stage: shared(stage, 'UPDATE "Transfer" SET "value" = "value" + 1 WHERE id = {key}'),
    ),
    Fault(
        name="a log that both belts invented",
        claim="ground-truth",
        said="invented, 1-",
        make=lambda stage: shared(
            stage,
            'INSERT INTO "Transfer" SELECT (jsonb_populate_record(t, jsonb_build_object('
            """'id', id || '-twin'))).* FROM "Transfer" t WHERE id = {key}""",
        ),
    ),
    Fault(
        name="an RPC that answers empty with 200, for the whole history",
        claim="ground-truth",
        said="logsBloom says that it has some",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.asking(1, stage.door(1, rpc_answer("eth_getLogs", lambda _: []))),
        ),
        outcome=UNTOLD,
    ),
    Fault(
        name="two RPCs that disagree about the history",
        claim="ground-truth",
        said="logs and http://127.0.0.1",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.asking(
                1,
                stage.scene.doors[1],
                stage.door(1, rpc_answer("eth_getLogs", lambda logs: logs[:-1])),
                receipts="unknown",
            ),
        ),
        outcome=UNTOLD,
    ),
    Fault(
        name="all rows of an entity gone on a new chain",
        claim="ground-truth",
        said="chain 42161, block ",
        make=lambda stage: expanding(stage, "Price", '"chainId" = 42161', PRICES),
    ),
    Fault(
        name="all rows of an entity that no entry names gone on a new chain",
        claim="content",
        said="Price (id, chainId, pair, value, weight, major, timestamp) on chain 42161, 7777777: the",
        make=lambda stage: expanding(stage, "Price", '"chainId" = 42161', PRICES, **transfers(stage)),
        outcome=UNTOLD,
    ),
    Fault(
        name="every value of a column wrong on a new chain",
        claim="ground-truth",
        said="timestamp of 42161-",
        make=lambda stage: expanding(stage, "Transfer", '"chainId" = 42161', LATER),
    ),
    Fault(
        name="every value of a column that no entry names wrong on a new chain",
        claim="content",
        said="Transfer (from_id, to_id, timestamp) on chain 42161, 7777777: the",
        make=lambda stage: expanding(stage, "Transfer", '"chainId" = 42161', LATER, **transfers(stage)),
        outcome=UNTOLD,
    ),
    Fault(
        name="an event of a new contract that nobody asks for",
        claim="content",
        said="of Badges.BadgeAwarded on chain 10, from 0x",
        make=lambda stage: Shown(
            policy=stage.scene.policy(
                groundTruth=[
                    event
                    for event in stage.scene.values()["groundTruth"]
                    if not event["event"].startswith("BadgeAwarded")
                ],
                accept=[{"part": "content.footprint", "reason": "only what was not seen can be accepted"}],
            )
        ),
        outcome=UNTOLD,
    ),
    Fault(
        name="one belt more than the stacks of the belts allow",
        claim="budget",
        said="or raise `budget.siblings` in the stack of each belt",
        make=lambda stage: limited(stage, siblings=1),
    ),
    Fault(
        name="a month that costs more than the stacks of the belts allow",
        claim="budget",
        said=" projected: blue ",
        make=lambda stage: limited(stage, ceiling=Decimal("0.01")),
    ),
    Fault(
        name="GraphQL errors beside data",
        claim="reachable",
        said="answers with errors: one shard is missing",
        make=lambda stage: Shown(endpoints=stage.answering(answer(with_errors)), policy=stage.scene.parity()),
    ),
    Fault(
        name="HTML with 200",
        claim="reachable",
        said="text/html, not with JSON",
        make=lambda stage: Shown(
            endpoints=stage.answering(
                always(Reply(headers={"content-type": "text/html"}, body=b"<html>Log in</html>"))
            ),
            policy=stage.scene.parity(),
        ),
    ),
    Fault(
        name="a redirect",
        claim="reachable",
        said="redirects with status 302 to http://elsewhere.test",
        make=lambda stage: Shown(
            endpoints=stage.answering(
                always(Reply(status=302, headers={"location": "http://elsewhere.test/v1/graphql"}))
            ),
            policy=stage.scene.parity(),
        ),
    ),
    Fault(
        name="a wrong secret",
        claim="reachable",
        said="as admin: ",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(admin_secret=Secret("not-the-secret")), policy=stage.scene.parity()
        ),
    ),
    Fault(
        name="a hung endpoint",
        claim="reachable",
        said="time was up",
        make=lambda stage: Shown(
            endpoints=stage.answering(always(Reply(silent=True))), policy=stage.scene.parity(deadline="8s")
        ),
        outcome=UNTOLD,
    ),
    Fault(
        name="a young chain whose cut height lies below its start",
        claim="counts",
        said="1",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(), policy=stage.asking(1, stage.scene.doors[1], reorgDepth=1_000_000)
        ),
        outcome=UNTOLD,
    ),
    Fault(
        name="another version than the pinned one",
        claim="runtime",
        said=f"version {VERSION}",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.scene.parity(runtime={"version": "0.0.0", "heapMb": 512}),
        ),
    ),
    Fault(
        name="a smaller heap than the declared one",
        claim="runtime",
        said="512 MB",
        make=lambda stage: Shown(
            endpoints=stage.like_blue(),
            policy=stage.scene.parity(runtime={"version": VERSION, "heapMb": 513}),
        ),
    ),
)


@pytest.fixture
def stage(scene: Scene, twin: Twin, ports: Ports) -> Iterator[Stage]:
    with ExitStack() as stack:
        yield Stage(scene=scene, twin=twin, ports=ports, stack=stack)


@pytest.mark.deep
async def test_no_fault(stage: Stage) -> None:
    """What all of the faults are about passes without them, in parity, and none of them has left a trace.

    Every run sees the same belt pass once: test_whole.py.
    """
    judged = await stage.scene.judge(stage.like_blue(), stage.scene.parity())
    assert judged.passed, judged.text


@pytest.mark.parametrize(
    "fault", one_of_each(FAULTS, of=lambda fault: fault.claim, name=lambda fault: fault.name)
)
async def test_fault(fault: Fault, stage: Stage, request: pytest.FixtureRequest) -> None:
    """It is not passed, by its claim, in its words: by the whole gate where there is time for it."""
    whole = request.node.get_closest_marker("deep") is not None
    shown = fault.make(stage)
    with shown.meanwhile:
        judged = await stage.scene.judge(shown.endpoints, shown.policy, about=() if whole else (fault.claim,))
    assert not judged.passed, judged.text
    finding = judged.of(fault.claim)
    assert finding.outcome is fault.outcome, judged.text
    found = "\n".join(
        f"{point.observed}\n{point.advice}" for point in finding.points if point.outcome is not Outcome.PASSED
    )
    assert fault.said in found, judged.text


@pytest.mark.parametrize("waived", [True, False], ids=["with-a-waiver", "without"])
async def test_a_corrected_handler(stage: Stage, *, waived: bool) -> None:
    """What a corrected handler writes differently passes with a data waiver, listed, and not without."""
    later = """UPDATE "Transfer" SET "timestamp" = "timestamp" + interval '1 second' WHERE id = {key}"""
    waiver = {**WAIVED, "columns": ["timestamp"], "expires": NEXT_YEAR}
    waivers = {"data": [waiver] if waived else []}
    truth = [stage.scene.truth(chain, values={}) for chain in stage.scene.world.blue.chains]
    shown = rows(stage, "Transfer", A_TRANSFER, later, waivers=waivers, groundTruth=truth)
    with shown.meanwhile:
        about = () if waived else ("content",)
        judged = await stage.scene.judge(shown.endpoints, shown.policy, about=about)
    assert judged.passed is waived, judged.text
    assert judged.of("content").outcome is (Outcome.PASSED if waived else REFUSED), judged.text
    assert ("the handler was wrong" in judged.text) is waived


class Unworded(Exception):
    """An exception without a text."""


FIELDS = ("truth", "candidate_answers", "heights", "counts", "content", "candidate_schema")
ERRORS = (SystemExit(0), Unworded(), KeyboardInterrupt())


@pytest.mark.parametrize("error", one_of_each(ERRORS, name=repr))
@pytest.mark.parametrize("field_", one_of_each(FIELDS))
async def test_a_probe_that_raises(error: BaseException, field_: str, stage: Stage) -> None:
    """A probe that breaks in the midst of a real run leaves its claim open, and the others as they are."""

    async def look(_: Looking) -> NoReturn:
        await asyncio.sleep(0)
        raise error

    probes = tuple(replace(each, look=look) if each.field == field_ else each for each in PROBES)
    about = ("reachable", "ground-truth")
    judged = await stage.scene.judge(stage.like_blue(), stage.scene.parity(), probes=probes, about=about)
    assert judged.verdict.outcome is UNTOLD, judged.text
    assert type(error).__name__ in judged.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"chains": {}}, "leaves nothing to prove"),
        (
            {"chains": {1: {"rpc": ["http://127.0.0.1:1"], "indexedFrom": ["http://127.0.0.1:1/own"]}}},
            "only theirs",
        ),
    ],
    ids=["empty-policy", "own-provider-only"],
)
def test_a_policy_that_proves_nothing(changes: dict[str, Any], said: str, scene: Scene) -> None:
    """Such a policy is refused before anything is looked at."""
    with pytest.raises(MistakesError) as caught:
        scene.parity(**changes)
    assert said in str(caught.value)
