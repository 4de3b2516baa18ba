"""`gate move` as Pulumi starts it, on real parts, and what is spoiled around the swap."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from belts.files import write_private_json
from belts.runtimes import cost
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.host import Host
from belts.runtimes.process.toolchain import CHECKOUT
from belts.spec.identity import Identity, written
from gate.alias import directory as alias
from gate.alias.certificate import memory
from gate.alias.order.version import VERSION
from gate.alias.sight import DatabaseProbe
from gate.certify import sealing, taking
from gate.endpoints import Belt as Doors
from gate.endpoints import Endpoints
from gate.files import policy_of
from gate.ledger import Author, opened
from gate.observations.unobserved import Unobserved
from gate.secret import Address, Secret
from tests.conftest import Ports
from tests.identities import of
from tests.live.engine.serving import SECRET, Engine, table
from tests.live.gate.alias.conftest import Gateway
from tests.live.gate.content.belt import Belt
from tests.live.gate.content.conftest import _database
from tests.live.gate.content.test_again import ROWS, Server
from tests.live.gate.content.test_own_state import transfers
from tests.live.gate.ledgers import made
from tests.live.gate.verdicts import passed, report

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

VIEW = """
    create view chain_metadata as select id as chain_id, start_block, end_block, source_block as block_height,
        progress_block as latest_processed_block, events_processed as num_events_processed,
        ready_at as timestamp_caught_up_to_head_or_endblock from envio_chains
"""

EVENTS = """
    insert into raw_events select "chainId", 0, 'Transfer', 'Token', "blockNumber", 0,
        '0x' || repeat('ab', 20),
        '0x', 1700000000 + "blockNumber", '{}', '{}', '{}' from "Transfer";
    update envio_chains c set events_processed = (select count(*) from raw_events e where e.chain_id = c.id)
"""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One belt: its database, its engine, and what its stack would declare."""

    name: str
    belt: Belt
    engine: Engine
    identity: Identity

    @property
    def dial(self) -> str:
        return f"127.0.0.1:{self.engine.port}"

    @property
    def doors(self) -> Doors:
        return Doors(
            graphql=Address(f"{self.engine.url}/v1/graphql"),
            admin_secret=Secret(SECRET),
            database=Secret(self.belt.dsn),
        )

    def told(self, **changes: Any) -> dict[str, Any]:
        return {
            "belt": self.name,
            "dial": self.dial,
            "identity": written(self.identity),
            "graphql": f"{self.engine.url}/v1/graphql",
            "adminSecret": SECRET,
            "database": self.belt.dsn,
            "sources": None,
        } | changes


@dataclass(frozen=True, kw_only=True)
class Place:
    """A gateway, its ledger, its policy, and blue and green."""

    gateway: Gateway
    ledger: str
    policy: Path
    blue: Side
    green: Side

    def certify(self, side: Side, over: Side | None = None) -> None:
        """What the gate's hook leaves in the ledger when it has passed."""
        policy = policy_of(self.policy.read_text(), {})
        endpoints = Endpoints(serving=None, candidate=side.doors)

        async def seen() -> Any:
            ends, begun = time.monotonic() + 30, asyncio.Event()
            taken = await taking.take(endpoints, policy, ends=ends, begun=begun)
            return taken, (await DatabaseProbe(belt=side.name, url=Secret(side.belt.dsn))()).heights

        taken, heights = asyncio.run(seen())
        assert not isinstance(taken, Unobserved), taken
        verdict = passed(
            side.name,
            side.identity.digest,
            serving=over.name if over else None,
            serving_identity=over.identity.digest if over else None,
            heights=heights,
            policy_digest=policy.digest,
            report=report(policy.digest) | {"state": memory.encode(taken), "spent": 1.0, "lifted": None},
        )
        here = Author(gateway="gateway", stack="gateway", who="ada")
        with opened(self.ledger, here, key=sealing.made(Host(self.hosts), "gateway")) as ledger:
            ledger.record_verdict(verdict)

    @property
    def hosts(self) -> Path:
        return self.policy.parent / "hosts"

    def move(
        self, to: Side, *others: Side, program: tuple[str, ...] = ("gate", "move"), **changes: Any
    ) -> subprocess.CompletedProcess[str]:
        order = {
            "version": VERSION,
            "gateway": "gateway",
            "stack": "organization/belts/gateway",
            "runtime": "process",
            "hosts": str(self.hosts),
            "directory": str(self.gateway.alias),
            "url": self.gateway.url.reveal(),
            "policy": str(self.policy),
            "deadline": 120.0,
            "lift": None,
            "ledger": self.ledger,
            "decommission": False,
            "upstream": to.told(**changes),
            "belts": [other.told() for other in others],
        }
        return subprocess.run(
            [sys.executable, "-m", *program],
            cwd=CHECKOUT,
            env={"PATH": os.environ["PATH"], "HOME": str(self.policy.parent)},
            input=json.dumps(order),
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    @property
    def serves(self) -> str:
        served = alias.read(self.gateway.alias)
        return served.serves.belt if served else ""

    def promoted(self) -> None:
        """Blue serves."""
        self.certify(self.blue)
        done = self.move(self.blue)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def place(gateway: Gateway, database: str, cluster: str, ports: Ports, tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        sides = {name: _side(stack, cluster, ports, tmp_path / name, name) for name in ("blue", "green")}
        chains = Server(sides["green"].belt)
        stack.enter_context(chains.running())
        policy = tmp_path / "policy.yaml"
        policy.write_text(yaml.safe_dump(_policy(chains.url)))
        (tmp_path / "hosts" / "gateway").mkdir(parents=True)
        yield Place(gateway=gateway, ledger=made(database), policy=policy, **sides)


def _side(stack: ExitStack, cluster: str, ports: Ports, home: Path, name: str) -> Side:
    home.mkdir()
    belt = stack.enter_context(contextmanager(_database)(cluster))
    transfers(belt, *ROWS)
    belt.execute(VIEW)
    belt.execute(EVENTS)
    engine = stack.enter_context(Engine(dsn=_url(belt.dsn), port=ports.one(), home=home))
    engine.track(table("Transfer", public={}), table("chain_metadata", public={}))
    probe = DatabaseProbe(belt=name, url=Secret(belt.dsn))
    return Side(name=name, belt=belt, engine=engine, identity=of(asyncio.run(probe()).seed))


def _url(dsn: str) -> str:
    parts = conninfo_to_dict(dsn)
    return f"postgres://{parts['user']}:{parts['password']}@{parts['host']}:{parts['port']}/{parts['dbname']}"


def _policy(chains: str) -> dict[str, Any]:
    return {
        "version": 1,
        "mode": "parity",
        "chains": {
            chain: {
                "rpc": [f"{chains}/rpc/{chain}"],
                "indexedFrom": ["https://other.test"],
                "reorgDepth": 10,
                "lagLimit": 60,
                "finality": "depth",
            }
            for chain in (1, 10)
        },
        "groundTruth": [
            {
                "chain": chain,
                "contract": "0x" + "ab" * 20,
                "event": "Transfer(address indexed from, address indexed to, uint256 value)",
                "entity": "Transfer",
                "rowId": "{chainId}-{blockNumber}",
            }
            for chain in (1, 10)
        ],
    }


def test_a_promotion(place: Place) -> None:
    """Each answer through the alias is sealed, nothing has changed before or after, and all of it is said."""
    place.promoted()
    place.certify(place.green, place.blue)
    done = place.move(place.green, place.blue)
    assert done.returncode == 0, done.stderr
    assert "looked at once more, it passed" in done.stderr
    assert place.serves == "green"
    back = place.move(place.blue, place.green)
    assert (back.returncode, place.serves) == (0, "blue"), back.stderr


def test_a_rollback_is_never_too_dear(place: Place) -> None:
    """More belts than may be alive, and a ceiling of nothing: hook and writer go back all the same."""
    place.promoted()
    place.certify(place.green, place.blue)
    assert place.move(place.green, place.blue).returncode == 0
    for name in ("blue", "green", "red"):
        asked = {"version": 3, "part": "postgres", "root": str(place.hosts), "belt": name, "port": 5432}
        limits = {"budget": {"siblings": 1, "ceiling": 0}}
        write_private_json(Layout(root=place.hosts, belt=name).request("postgres"), asked | limits)
    told = Host(place.hosts).census()
    assert cost.projected(told.alive, datetime.now(UTC), window=Decimal(1)) > 0
    assert len(told.alive) == 3
    judged = place.move(place.blue, place.green, program=("gate", "judge"))
    assert judged.returncode == 0, judged.stderr
    assert "a rollback to blue: verified, not gated" in judged.stdout
    back = place.move(place.blue, place.green)
    assert (back.returncode, place.serves) == (0, "blue"), back.stderr


def test_rows_deleted_after_the_certificate(place: Place) -> None:
    """Nothing moves, and the refusal says how many are gone."""
    place.promoted()
    place.certify(place.green, place.blue)
    place.green.belt.execute("DELETE FROM \"Transfer\" WHERE id LIKE '10-1%'")
    done = place.move(place.green, place.blue)
    assert done.returncode == 1
    assert "40 rows on chain 10 were certified, 29 are there" in done.stderr
    assert place.serves == "blue"


def test_the_dial_of_another_belt(place: Place) -> None:
    """Green is judged, and blue's engine would be dialled: the seal says whose answer it is."""
    place.promoted()
    place.certify(place.green, place.blue)
    done = place.move(place.green, place.blue, dial=place.blue.dial)
    assert done.returncode == 1
    assert "the seal of another belt" in done.stderr
    assert place.serves == "blue"


@pytest.mark.parametrize("blue", ["well", "dead"])
def test_a_candidate_that_is_spoiled_right_after(place: Place, blue: str) -> None:
    """It goes back to blue, where blue answers; and the next update does not try it again."""
    place.promoted()
    place.certify(place.green, place.blue)

    def spoil() -> None:
        place.green.belt.execute("DELETE FROM \"Transfer\" WHERE id = '10-3'")
        if blue == "dead":
            place.blue.engine.stop()

    watching = Thread(target=once, args=(lambda: place.serves == "green", spoil))
    watching.start()
    done = place.move(place.green, place.blue)
    watching.join()
    assert done.returncode == 1
    assert "was seen to be wrong right after, twice: Transfer is not as it was certified" in done.stderr
    assert place.serves == ("blue" if blue == "well" else "green")
    if blue == "well":
        place.certify(place.green, place.blue)
        again = place.move(place.green, place.blue)
        assert (again.returncode, place.serves) == (1, "blue")
        assert "pulumi config set lift green-2" in again.stderr


def once(happened: Callable[[], bool], then: Callable[[], None]) -> None:
    ends = time.monotonic() + 120
    while not happened() and time.monotonic() < ends:
        time.sleep(0.002)
    then()
