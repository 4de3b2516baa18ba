"""An alias that lives elsewhere, under the real engine: promoted, rolled back, audited, and led by hand."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from belts import seal
from belts.spec.identity import read as read_identity
from demo import gate
from demo.ports import SIZE
from gate.exchange import Answer
from gate.observations.dial import Sealed
from gate.seals import Seals, seals_of
from gate.secret import Secret
from tests.conftest import Ports
from tests.live import places, plain
from tests.live.gate.alias.platform import Running, running, told
from tests.live.hosts import Hosts
from tests.live.stacks.standing import entries
from tests.live.stacks.world import World
from tools.environment import environment

pytestmark = [pytest.mark.live, pytest.mark.deep]

EDGE = "edge"
TOKEN = "hush-4711-of-the-platform"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("platform"), TOKEN) as found:
        yield found


@pytest.fixture(scope="module")
def belts(swept: None, ports: Ports) -> Iterator[World]:
    """Chains, blue and green in a world of their own, and no other gateway."""
    directory = places.temporary("b-w-")
    with Hosts.temporary() as hosts:
        world = World.made(directory, hosts=hosts.root, first_port=ports.block(SIZE)[0])
        for stack in ("chains", "blue", "green"):
            world.config(stack)
            world.init(stack)
            world.up(stack)
        for belt in ("blue", "green"):
            world.synced(belt)
        yield world
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def edge(belts: World, platform: Running, ports: Ports) -> Iterator[World]:
    """A gateway without a Caddy: consumers are led to blue by the platform already, and it is taken in."""
    green = belts
    green.config(EDGE, like="gateway", caddy=None, ledger={"port": ports.one()}, alias=platform.alias)
    green.init(EDGE)
    secret = ("config", "set", "--secret", "--path", "aliasEnv.TOKEN", TOKEN, "--stack", EDGE)
    assert green.pulumi(*secret).code == 0
    platform.platform.lead(green.outputs("blue")["graphql"])
    green.promise(gate.first)
    green.up(EDGE)
    green.promise()
    yield green
    green.set(EDGE, "decommission", "true")
    green.up(EDGE)
    green.destroy(EDGE)


def served(world: World, platform: Running) -> str:
    """The belt whose seal is on what a consumer of the platform gets."""
    challenged = seal.challenge()
    got = plain.post(
        platform.url, json={"query": "{ __typename }"}, headers={seal.CHALLENGE: challenged}, timeout=10
    )
    answer = Answer(status=got.status_code, headers=got.headers, body=got.content)
    known: dict[str, Seals | None] = {
        belt: seals_of(read_identity(out["identity"]), Secret(out["adminSecret"]))
        for belt in ("blue", "green")
        if (out := world.outputs(belt))
    }
    return next(
        belt
        for belt, seals in known.items()
        if seals is not None and seals.on(answer, challenged) is Sealed.FITS
    )


def beside(world: World) -> Path:
    """What is remembered of the alias."""
    return world.hosts / EDGE / "alias"


def audit(world: World, **variables: str) -> tuple[int, dict[str, list[Mapping[str, Any]]]]:
    """How an audit of the edge ends, and its findings by kind."""
    command = ["python", "-m", "gate", "audit", "--json", "--gateway", EDGE, "--root", str(world.hosts)]
    done = subprocess.run(
        command,
        cwd=world.directory,
        env={**environment(state=world.state), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert TOKEN not in done.stdout + done.stderr
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in json.loads(done.stdout)["findings"]:
        found.setdefault(one["kind"], []).append(one)
    return done.returncode, found


def test_promoted_and_rolled_back(edge: World, platform: Running) -> None:
    """By the same certificate and ledger as ever; how atomic it was is told, and may bar the writer."""
    blue, green = (edge.outputs(belt)["graphql"] for belt in ("blue", "green"))
    assert (platform.platform.sets, served(edge, platform)) == (0, "blue"), "it was taken in, not set"
    platform.platform.pause = 1.5
    edge.set(EDGE, "upstream", "green")
    promoted = edge.up(EDGE)
    assert (served(edge, platform), platform.platform.workers) == ("green", [green, green])
    measure = told(beside(edge) / "measures.json")["moves"][-1]
    assert (measure["belt"], measure["failed"]) == ("green", 0)
    assert measure["mixedSeconds"] > 0
    assert "both belts answered for" in promoted
    assert "both belts answered for" in (entries(edge, EDGE)[-1].detail or "")
    code, found = audit(edge, TOKEN=TOKEN)
    assert {"alias", "door", "caddy", "directory"} & found.keys() == set(), (code, found)

    platform.platform.lead(blue)
    code, found = audit(edge, TOKEN=TOKEN)
    assert code == 1
    assert "the alias leads where Belts has not set it" in found["alias"][0]["seen"]
    _, found = audit(edge)
    assert found["alias"][0]["outcome"] == "could not tell"
    assert "TOKEN is missing" in found["alias"][0]["seen"]
    platform.platform.lead(green)

    edge.set(EDGE, "upstream", "blue")
    back = edge.up(EDGE)
    assert "blue serves: rolled back" in back
    assert served(edge, platform) == "blue"
    assert [(move.kind.value, move.belt, move.result) for move in entries(edge, EDGE)] == [
        ("promotion", "blue", "served"),
        ("promotion", "green", "served"),
        ("rollback", "blue", "served"),
    ]

    edge.promise(lambda hosts, rpc: {**gate.policy(hosts, rpc), "alias": {"longestMixed": "1ms"}})
    edge.set(EDGE, "upstream", "green")
    refused = edge.preview(EDGE)
    assert refused.code != 0
    assert "was seen to be worse than the policy allows" in refused.text
    edge.set(EDGE, "upstream", "blue")
    edge.promise()
    assert not any(TOKEN in said for said in edge.said)
    kept = [path.read_bytes() for path in beside(edge).rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in text for text in kept)


def test_a_platform_that_lies_and_one_that_says_nothing(edge: World, platform: Running) -> None:
    """A `set` that changes nothing moves nothing; with a `get` that tells nothing nobody goes on."""
    edge.set(EDGE, "upstream", "green")
    platform.platform.lies = True
    refused = edge.try_up(EDGE)
    assert refused.code != 0
    assert "the alias stays where it is" in refused.text
    assert (served(edge, platform), entries(edge, EDGE)[-1].result) == ("blue", "undone")

    platform.platform.lies, platform.platform.mute = False, True
    for run in (edge.preview(EDGE), edge.try_up(EDGE)):
        assert run.code != 0
        assert "nobody can tell where the alias leads" in " ".join(run.text.split())
    assert edge.pulumi("refresh", "--yes", "--stack", EDGE).code != 0, "an alias that is mute has not gone"
    platform.platform.mute = False
    edge.set(EDGE, "upstream", "blue")
    edge.up(EDGE)
    assert served(edge, platform) == "blue"
    assert os.environ.get("TOKEN") is None
