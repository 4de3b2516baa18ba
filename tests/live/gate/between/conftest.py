"""A pair of belts, each by its own release, one world for each pair."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from belts import envio
from belts.envio.release import LATEST, RELEASES, EnvioRelease
from examples import forms
from gate.endpoints import Endpoints
from gate.evidence import Store
from gate.policy import Policy
from gate.seal import VARIABLE, seal_of
from tests.conftest import Ports
from tests.live import world
from tests.live.gate.conftest import named
from tests.live.gate.relay import relay
from tests.live.gate.scene import KEY, Held, Scene, doors
from tests.live.hosts import Hosts, wait_until
from tests.live.world import Belt, World

CHAINS = (1, 10)
HELD = 10
"""The chain of which the candidate's provider can be made to give nothing."""
CONFIG = "config.yaml"
BLOCK_S, EVENTS = 2, 900
DEPTH, DEPTHS = 60, re.compile(r"\b((?:max_reorg_depth|confirmed_block_threshold):) \d+")
"""The reorganisation depth, one for all chains. A release that takes the events of all chains in the order of
their times stops this many blocks below each head until all chains are that far. With blocks that take longer
on one chain than on another, it never got there.
"""
PAIRS = [(release, LATEST) for release in RELEASES.values() if release is not LATEST]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """A serving belt of one release, a candidate of another, both caught up and moving on."""

    scene: Scene
    held: Held
    release: EnvioRelease

    @property
    def candidate(self) -> Belt:
        return self.scene.world.green

    def endpoints(self) -> Endpoints:
        return self.scene.endpoints(candidate=doors(self.candidate))

    def policy(self, **changes: Any) -> Policy:
        """Parity mode, with the candidate's release pinned."""
        runtime = {"version": self.release.version, "heapMb": 512}
        return self.scene.parity(**({"runtime": runtime} | changes))


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: " to ".join(each.version for each in pair))
def pair(
    request: pytest.FixtureRequest, swept: None, ports: Ports, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    before, after = request.param
    with ExitStack() as stack:
        hosts = stack.enter_context(Hosts.temporary())
        rpc = _chains(hosts, ports)
        held = Held()
        door = stack.enter_context(relay(ports.one(), rpc[HELD], held.twist))
        place = tmp_path_factory.mktemp("projects")
        blue = _belt(hosts, ports, rpc, "blue", before, place)
        green = _belt(hosts, ports, {**rpc, HELD: door}, "green", after, place)
        for each in (blue, green):
            _wait_until_caught_up(hosts, each)
        doors_ = {chain: stack.enter_context(relay(ports.one(), url)) for chain, url in rpc.items()}
        alias = stack.enter_context(relay(ports.one(), blue.graphql, named("blue")))
        kept = Store(directory=tmp_path_factory.mktemp("evidence"), seal=seal_of({VARIABLE: KEY}))
        both = World(hosts=hosts, rpc=rpc, blue=blue, green=green)
        scene = Scene(world=both, doors=doors_, alias=alias, kept=kept)
        yield Pair(scene=scene, held=held, release=after)


def _chains(hosts: Hosts, ports: Ports) -> dict[int, str]:
    """With blocks at one pace: see `DEPTH`."""
    listening = zip(CHAINS, ports.block(len(CHAINS)), strict=True)
    made = [{"id": chain, "port": port, "blockTime": BLOCK_S} for chain, port in listening]
    traffic = {"project": str(world.EXAMPLES), "seed": world.SEED, "events": EVENTS}
    found = hosts.apply(
        "chains", belt="chains", chains=made, traffic={**traffic, "readyDeadlineSeconds": 300}
    )
    return {int(chain): url for chain, url in found["rpc"].items()}


def _wait_until_caught_up(hosts: Hosts, belt: Belt) -> None:
    """On failure, reports the belt's progress and the end of its log."""
    try:
        wait_until(belt.caught_up, f"{belt.name} catches up", deadline_s=240)
    except AssertionError as late:
        log = (hosts.root / belt.name / "logs" / "indexer.log").read_text()
        raise AssertionError(f"{late}; it is at {belt.progress()}\n{log[-3000:]}") from late


def _belt(
    hosts: Hosts, ports: Ports, rpc: dict[int, str], name: str, release: EnvioRelease, place: Path
) -> Belt:
    """The example on two chains, in the form of a release."""
    project = forms.write(release, place / name)
    config = project / "config.blue.yaml"
    text = config.read_text()
    begins = [text.index(f"  - id: {chain} ") for chain in world.BLUE]
    (project / CONFIG).write_text(DEPTHS.sub(rf"\1 {DEPTH}", text[: begins[len(CHAINS)]]))
    digest = envio.read(project, CONFIG).digest
    own = {"project": str(project), "config": CONFIG, "digest": digest, "seedDeadlineSeconds": 120}
    fields = world.indexer_fields(rpc, port=ports.one(), ids=CHAINS) | own
    return world.brought_up(hosts, ports, name=name, chains=CHAINS, fields=fields)
