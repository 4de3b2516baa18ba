"""The prover beside a real belt: it proves the history by itself, gives way, and goes without a trace."""

import hashlib
import json
import os
import re
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from belts.runtimes.process.files.layout import Layout
from gate.checks.history import points
from gate.endpoints import Belt as Doors
from gate.endpoints import Endpoints
from gate.files import policy_of
from gate.observations.history import ChainHistory
from gate.outcome import Outcome
from gate.probes.world import World
from gate.proof.prover import Prover
from gate.proof.store import Folder
from gate.seal import seal_of
from gate.secret import Address, Secret
from tests.conftest import Ports
from tests.live import plain, world
from tests.live.asked import Asked
from tests.live.gate.relay import relay
from tests.live.hosts import Answer, Hosts, wait_until

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

IDS = world.BLUE
KEY = "a key that the indexer is not given"
POINTS = "Transfer(address indexed from, address indexed to, uint256 value)"
PROVED_S = 240.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A belt with a past, a provider of each chain that it does not index from, and a place for files."""

    hosts: Hosts
    rpc: dict[int, str]
    belt: world.Belt
    doors: dict[int, str]
    asked: dict[int, Asked]

    @property
    def layout(self) -> Layout:
        return Layout(root=self.hosts.root, belt="blue")

    @property
    def evidence(self) -> Path:
        return self.hosts.root / "blue" / "evidence"

    def policy(self) -> str:
        """A policy whose providers come from the environment, and that knows nothing of the belt's own."""
        past = {chain: json.loads((self._past(chain)).read_text()) for chain in IDS}
        return yaml.safe_dump(
            {
                "version": 1,
                "mode": "parity",
                "chains": {
                    chain: {
                        "rpc": [f"${{DOOR_{chain}}}"],
                        "indexedFrom": ["https://somebody.example.com"],
                        "finality": "depth",
                        "reorgDepth": 3,
                    }
                    for chain in IDS
                },
                "groundTruth": [
                    {
                        "chain": chain,
                        "contract": next(
                            c["address"] for c in past[chain]["contracts"] if c["name"] == "Points"
                        ),
                        "event": POINTS,
                        "entity": "Transfer",
                        "rowId": "{chainId}-{blockNumber}-{logIndex}",
                        "columns": {"value": "value"},
                    }
                    for chain in IDS
                ],
            }
        )

    def _past(self, chain: int) -> Path:
        return self.hosts.root / "chains" / "chains" / str(chain) / "history.json"

    def prove(self, doors: dict[int, str] | None = None, **fields: Any) -> Answer:
        """Brings the prover up, as the stack does."""
        policy = self.hosts.root / "blue" / "wanted.yaml"
        policy.write_text(self.policy())
        told = {f"policy:DOOR_{chain}": url for chain, url in (doors or self.doors).items()} | {
            "evidenceKey": KEY
        }
        wanted: dict[str, Any] = {
            "policy": str(policy),
            "digest": hashlib.sha256(policy.read_bytes()).hexdigest(),
            "variables": [f"DOOR_{chain}" for chain in IDS],
            "rate": 500,
            "evidence": str(self.evidence),
        }
        request = self.hosts.request("prover", **(wanted | fields))
        return self.hosts.run(
            "apply", stdin=json.dumps(request), environment={"BELTS_SECRETS": json.dumps(told)}
        )

    def said(self) -> str:
        return str(self.hosts.status()["parts"]["prover"].get("said", ""))

    def wait(self, beginning: str) -> None:
        wait_until(
            lambda: self.said().startswith(beginning),
            f"the prover says {beginning!r}",
            deadline_s=PROVED_S,
        )


@pytest.fixture(scope="module")
def place(ports: Ports) -> Iterator[Place]:
    with Hosts.temporary() as hosts, ExitStack() as stack:
        rpc = world.chains(hosts, ports, IDS, events=900)
        asked = {chain: Asked() for chain in IDS}
        doors = {
            chain: stack.enter_context(relay(ports.one(), rpc[chain], asked[chain].twist)) for chain in IDS
        }
        belt = world.belt(hosts, ports, rpc, name="blue", config="config.blue.yaml", ids=IDS)
        found = Place(hosts=hosts, rpc=rpc, belt=belt, doors=doors, asked=asked)
        yield found
        (hosts.root / "blue" / "wanted.yaml").unlink(missing_ok=True)
        for file in sorted(found.evidence.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        if found.evidence.exists():
            found.evidence.rmdir()


async def looked_at(place: Place) -> list[Any]:
    """What the gate says of the whole history, from what is kept and what is open."""
    policy = policy_of(place.policy(), {f"DOOR_{chain}": url for chain, url in place.doors.items()})
    folder = Folder(directory=place.evidence / "chains", seal=seal_of({"BELTS_EVIDENCE_KEY": KEY}))
    doors = Doors(graphql=Address(place.belt.graphql), database=Secret(place.belt.dsn()))
    async with plain.async_client(timeout=httpx.Timeout(20)) as http:
        given = World(
            endpoints=Endpoints(serving=None, candidate=doors),
            policy=policy,
            http=http,
            seed=secrets.randbits(32),
            began=datetime.now(UTC),
            ends=time.monotonic() + 60,
        )
        history = await Prover(keeping=folder, exactly=True, most_again=1).prove(given)
    assert all(isinstance(chain, ChainHistory) for chain in history.chains)
    return list(points(history, policy))


async def test_the_gate_finds_what_was_proved(place: Place) -> None:
    """While the belt ran, the chains were asked by the prover; the gate asks for what is younger, and one
    range more."""
    up = place.prove()
    assert up.code == 0, up.said
    place.wait("proved: 4 chains")
    known = {chain: max(last for _, last in place.asked[chain].ranges) for chain in IDS}
    for asked in place.asked.values():
        asked.ranges.clear()
    assert max(point.outcome for point in await looked_at(place)) is Outcome.PASSED
    for chain in IDS:
        again = place.asked[chain].below(known[chain])
        assert len(again) <= 1, again
    log = place.layout.log("prover").read_text()
    assert re.search(r"what is open is asked to .*(left|how long it needs)", log)
    assert place.hosts.run("status", "--root", str(place.hosts.root)).said.count("blue: prover: proved") == 1


def test_it_gives_way(place: Place) -> None:
    """To the belt it leaves the processor, and the memory; and it is the only one with the key."""
    pids = place.hosts.pids()
    proc = Path("/proc") / str(pids["prover"])
    assert os.getpriority(os.PRIO_PROCESS, pids["prover"]) == 19
    assert (proc / "oom_score_adj").read_text() == "1000\n"
    limit = next(line for line in (proc / "limits").read_text().splitlines() if "Max data size" in line)
    assert limit.split()[3] == str(256 * 1024 * 1024)
    used = next(line for line in (proc / "status").read_text().splitlines() if line.startswith("VmData"))
    assert int(used.split()[1]) < 200 * 1024, used
    holders = [
        name
        for name, pid in pids.items()
        if KEY.encode() in (Path("/proc") / str(pid) / "environ").read_bytes()
    ]
    assert holders == ["prover"]
    assert KEY not in (place.hosts.root / "blue" / "secrets.json").read_text()


@pytest.mark.deep
def test_killed_at_any_moment(place: Place) -> None:
    """It comes back by itself, and asks nothing that it knows but a drawn share; the belt runs on."""
    up = place.prove()
    assert up.code == 0, up.said
    place.wait("proved: 4 chains")
    before = place.hosts.pids()
    known = {chain: max(last for _, last in place.asked[chain].ranges) for chain in IDS}
    for asked in place.asked.values():
        asked.ranges.clear()
    os.kill(before["prover"], signal.SIGKILL)
    wait_until(lambda: place.hosts.pids().get("prover") not in {0, before["prover"]}, "it is back")
    wait_until(lambda: all(place.asked[chain].ranges for chain in IDS), "it asks on", deadline_s=60)
    place.wait("proved: 4 chains")
    for chain in IDS:
        again = place.asked[chain].below(known[chain])
        assert len(again) <= 1, again
    after = place.hosts.pids()
    assert {name: pid for name, pid in after.items() if name != "prover"} == {
        name: pid for name, pid in before.items() if name != "prover"
    }


def test_what_the_belt_indexes_from(place: Place) -> None:
    """It proves nothing, whatever the policy says: the belt's host knows its sources."""
    up = place.prove(doors=place.rpc)
    assert up.code == 0, up.said
    place.wait("could not tell: chain 1 has no provider that is not the belts' own source")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"digest": "0" * 64}, "is not the one that was asked for"),
        ({"variables": ["NOBODY_SET_IT"]}, "policy:NOBODY_SET_IT in BELTS_SECRETS"),
        ({"memoryMb": 16}, "memoryMb: expected a whole number of MiB, 192 or more, got 16"),
    ],
)
def test_what_is_refused(place: Place, fields: dict[str, Any], said: str) -> None:
    """It is told, and the prover that is there stays as it is."""
    before = place.hosts.pids()["prover"]
    refused = place.prove(**fields)
    assert refused.code in {1, 2}
    assert said in refused.said
    assert place.hosts.pids()["prover"] == before


def test_it_goes(place: Place) -> None:
    """No process, no file and no secret of it is left; the belt runs on, and what chains said is kept."""
    before = place.hosts.pids()
    asked = json.loads(place.layout.request("prover").read_text())
    removed = place.hosts.run("remove", stdin=json.dumps(asked))
    assert removed.code == 0, removed.said
    after = place.hosts.pids()
    assert after == {name: pid for name, pid in before.items() if name != "prover"}
    assert not place.layout.of_part("prover").exists()
    assert "prover" not in place.hosts.status()["parts"]
    assert list(place.evidence.glob("chains/*/*.jsonl"))
