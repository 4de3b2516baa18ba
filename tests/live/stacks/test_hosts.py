"""One backend, two hosts: what one of them runs, the other neither forks nor forgets, unless it is told to.

A laptop and a host are two projects here, each with a root of its own, over one backend of files.
"""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from belts.runtimes.process.files import host_identity
from tests.conftest import Ports
from tests.live import places
from tests.live.hosts import Hosts
from tests.live.stacks.world import Run, World

pytestmark = pytest.mark.live

RUN = ("--run-program", "--yes", "--skip-preview")


@dataclass(frozen=True, kw_only=True, slots=True)
class Two:
    """The host on which the stack was brought up, and the laptop."""

    host: World
    laptop: World

    @property
    def away(self) -> World:
        """The laptop, as it sees nothing of what is below the host's root."""
        hidden = f'mount -t tmpfs none {shlex.quote(str(self.host.hosts))} && exec "$@"'
        by = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", hidden, "sh")
        return replace(self.laptop, by=by)

    def exported(self) -> dict[str, Any]:
        """The state, as the backend has it."""
        text = self.host.pulumi("stack", "export", "--stack", "chains").text
        found: dict[str, Any] = json.loads(text[text.index("{") :])
        return found

    def stated(self) -> Any:
        """What it says of each resource; secrets are encrypted anew by each update, be it refused."""
        resources = self.exported()["deployment"]["resources"]
        return [(each["urn"], each.get("id"), (each.get("inputs") or {}).get("stdin")) for each in resources]


def config(world: World, port: int, **changes: object) -> None:
    """The smallest stack that there is: one chain, and next to no past."""
    kept = world.directory / "Pulumi.chains.yaml"
    before = yaml.safe_load(kept.read_text()) if kept.exists() else {}
    stack = {
        "belts:kind": "chains",
        "belts:root": str(world.hosts),
        "belts:chains": [{"id": 1, "port": port, "blockTime": 5}],
        "belts:traffic": {"seed": 7, "events": 100},
        **{f"belts:{key}": value for key, value in changes.items()},
    }
    kept.write_text(yaml.safe_dump({**before, "config": stack}))


@pytest.fixture
def two(swept: None, ports: Ports) -> Iterator[Two]:
    first, second = places.temporary("b-w-"), places.temporary("b-w-")
    with Hosts.temporary() as here, Hosts.temporary() as there:
        host = World.made(first, hosts=here.root, first_port=ports.one())
        laptop = World.made(second, hosts=there.root, first_port=ports.one())
        host.state.mkdir()
        laptop.state.symlink_to(host.state)
        config(host, host.first_port)
        host.init("chains")
        host.up("chains")
        shutil.copy(host.directory / "Pulumi.chains.yaml", laptop.directory)
        config(laptop, laptop.first_port)
        yield Two(host=host, laptop=laptop)
    shutil.rmtree(first)
    shutil.rmtree(second)


def refused(run: Run, words: str) -> None:
    assert run.code != 0, run.text
    assert words in run.text
    assert "Traceback" not in run.text


def test_up_and_destroy_from_a_laptop(two: Two) -> None:
    """Refused, and the state stays as it is; taken over by the command that the refusal gives."""
    name = host_identity.own(two.host.hosts)
    assert name is not None
    pids, stated = two.host.pids("chains"), two.stated()

    refused(two.away.preview("chains"), "the chains of chains is on another host; nothing was done")
    refused(two.away.try_up("chains"), f"seen:     one of {name}")
    refused(two.away.pulumi("destroy", "--stack", "chains", *RUN), "is not for this host")
    assert two.stated() == stated
    assert two.host.pids("chains") == pids
    assert list(two.laptop.hosts.iterdir()) == [two.laptop.hosts / ".run"], "what is refused makes nothing"
    two.host.up("chains", "--expect-no-changes")

    told = two.away.preview("chains").text
    command = re.search(r"`pulumi (config set adopt [^`]*)`", told)
    assert command is not None, told
    assert two.laptop.pulumi(*shlex.split(command[1])).code == 0
    said = two.laptop.up("chains")
    assert f"the chains of chains is taken over from {name}" in said
    assert two.host.pids("chains") == pids, "what ran there runs on"
    two.laptop.up("chains", "--expect-no-changes")
    refused(two.host.try_up("chains"), f"expected: a belt that stays in {two.laptop.hosts / 'chains'}")

    two.laptop.destroy("chains")
    assert not (two.laptop.hosts / "chains").exists()
    assert two.host.pids("chains") == pids


def test_a_state_that_is_not_of_what_runs(two: Two) -> None:
    """An older export tells what differs, and changes nothing that is right; an empty one is refused."""
    older = two.host.directory / "older.json"
    older.write_text(json.dumps(two.exported()))
    config(two.host, two.host.first_port, chains=[chain(two.host, 2)])
    two.host.up("chains")
    pids = two.host.pids("chains")

    assert restored(two.host, older).code == 0
    run = two.host.preview("chains")
    assert run.code == 0, run.text
    assert "the state is not what runs: `chains` is" in run.text
    assert '"blockTime": 2' in run.text
    two.host.up("chains")
    assert two.host.pids("chains") == pids

    nothing = json.loads(older.read_text())
    nothing["deployment"]["resources"] = []
    older.write_text(json.dumps(nothing))
    assert restored(two.host, older).code == 0
    config(two.host, two.host.first_port, chains=[chain(two.host, 3)])
    for run in (two.host.preview("chains"), two.host.try_up("chains")):
        refused(run, "is here already, and not in the state of this stack; nothing was done")
        assert '"blockTime": 2' in run.text
        assert '"blockTime": 3' in run.text
    assert two.host.pids("chains") == pids

    two.host.set("chains", "adopt", str(host_identity.own(two.host.hosts)))
    assert "is taken over as it runs; what changes" in two.host.up("chains")
    assert (
        json.loads((two.host.hosts / "chains" / "requests" / "chains.json").read_text())["chains"][0][
            "blockTime"
        ]
        == 3
    )


def chain(world: World, block_time: int) -> dict[str, int]:
    return {"id": 1, "port": world.first_port, "blockTime": block_time}


def restored(world: World, file: Path) -> Run:
    return world.pulumi("stack", "import", "--force", "--file", str(file), "--stack", "chains")
