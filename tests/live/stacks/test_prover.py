"""A belt whose stack asks for a prover, under the real engine: a promotion finds its history proved.

The providers are not those that the belt indexes from, and the key of evidence is in the operator's
environment alone.
"""

import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
import yaml

from belts.runtimes.process.files.layout import Layout
from demo import gate
from gate.proof.store import Folder
from gate.seal import Seal, seal_of
from tests.conftest import Ports
from tests.live.asked import Asked
from tests.live.gate.relay import relay
from tests.live.hosts import wait_until
from tests.live.stacks.world import World
from tools.environment import environment

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

KEY = "a key that no indexer is given"
DSN = "BELTS_PROVE_DATABASE"
MEMORY_MB = 224
DEADLINE_S = 180.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Proved:
    """Green and its prover, and a provider of each chain that green does not index from."""

    world: World
    rpc: Mapping[int, str]
    doors: Mapping[int, str]
    asked: Mapping[int, Asked]
    evidence: Path

    def configure(self) -> None:
        """What green's stack says: its template, and a prover."""
        prove = {"policy": str(self.world.policy), "rate": 500, "memoryMb": MEMORY_MB}
        self.world.config("green", prove=prove)

    def promise(self) -> None:
        """The policy of the way from blue to green, with somebody else to ask on every chain."""

        def elsewhere(hosts: Path, rpc: Mapping[int, str]) -> Mapping[str, Any]:
            told = gate.policy(hosts, rpc)
            for chain, said in told["chains"].items():
                said.update(rpc=[f"${{DOOR_{chain}}}"], indexedFrom=[rpc[chain]])
                said["severalNodes"] = (
                    "what green indexes from and what is asked are held apart by their ports"
                )
                del said["oneNode"]
            return told

        self.world.promise(elsewhere)

    def pid(self) -> int:
        return self.world.pids("green").get("prover") or 0

    def environ(self, program: str = "prover") -> dict[str, str]:
        """What a program of green was given, as the kernel knows it."""
        told = (Path("/proc") / str(self.world.pids("green")[program]) / "environ").read_bytes()
        return dict(one.split("=", 1) for one in told.decode().split("\0") if "=" in one)

    def status(self) -> str:
        """What an operator is told by the host."""
        command = [sys.executable, "-m", "belts", "status", "--root", str(self.world.hosts), "green"]
        done = subprocess.run(
            command, cwd=self.world.directory, env=environment(), capture_output=True, text=True, check=True
        )
        return done.stdout

    def files(self, chain: int) -> list[Path]:
        """What is kept of a chain's events."""
        return sorted((self.evidence / "chains" / str(chain)).glob("*.jsonl"))

    def known(self, chain: int) -> int:
        """The block up to which every event of a chain is kept; -1 where one of them is not."""
        folder = Folder(directory=self.evidence / "chains", seal=seal_of({"BELTS_EVIDENCE_KEY": KEY}))
        said = [folder.read(chain, file.stem).said for file in self.files(chain)]
        return min((max((one.span.last for one in some), default=-1) for some in said), default=-1)

    def forget_questions(self) -> None:
        for asked in self.asked.values():
            asked.ranges.clear()

    def preview(self) -> str:
        """What the gate says of green in preview, which has to pass."""
        self.world.config("gateway", upstream="green")
        run = self.world.preview("gateway")
        assert run.code == 0, run.text
        assert "PASSED: the candidate may serve" in run.text
        return run.text


@pytest.fixture(scope="module")
def proved(running_world: World, ports: Ports, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proved]:
    rpc = {int(chain): url for chain, url in running_world.outputs("chains")["rpc"].items()}
    asked = {chain: Asked() for chain in rpc}
    configs = {path: path.read_text() for path in running_world.directory.glob("Pulumi.*.yaml")}
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        doors = {
            chain: stack.enter_context(relay(ports.one(), url, asked[chain].twist))
            for chain, url in rpc.items()
        }
        cache = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(cache))
        patch.setenv("BELTS_EVIDENCE_KEY", KEY)
        for chain, url in doors.items():
            patch.setenv(f"DOOR_{chain}", url)
        found = Proved(
            world=running_world, rpc=rpc, doors=doors, asked=asked, evidence=cache / "belts" / "evidence"
        )
        found.promise()
        for each in asked.values():
            each.free.clear()
        yield found
        for each in asked.values():
            each.free.set()
    for path, text in configs.items():
        path.write_text(text)
    running_world.promise()
    running_world.up("green")


def test_killed_while_the_belt_fills(proved: Proved) -> None:
    """At a drawn moment, some chains known and others not: of what is known only a drawn share is asked."""
    chains = sorted(proved.rpc)
    random.shuffle(chains)
    first, others = chains[: (most := random.randrange(1, len(chains)))], chains[most:]
    proved.configure()
    proved.world.up("green")
    before = proved.world.pids("green")
    for chain in first:
        proved.asked[chain].free.set()
    wait_until(
        lambda: all(proved.known(chain) >= 0 for chain in first), f"{first} are known", deadline_s=DEADLINE_S
    )
    wait_until(
        lambda: all(proved.asked[chain].ranges for chain in others),
        f"{others} are asked",
        deadline_s=DEADLINE_S,
    )
    assert "green: prover: " in proved.status()
    known = {chain: proved.known(chain) for chain in first}
    proved.forget_questions()
    os.kill(before["prover"], signal.SIGKILL)
    for chain in others:
        assert proved.known(chain) == -1
        proved.asked[chain].free.set()
    wait_until(lambda: proved.pid() not in {0, before["prover"]}, "it is back", deadline_s=DEADLINE_S)
    wait_until(
        lambda: all(proved.known(chain) >= 0 for chain in others),
        f"{others} are known",
        deadline_s=DEADLINE_S,
    )

    for chain in first:
        assert len(proved.asked[chain].below(known[chain])) <= 1, (chain, known[chain])
    for chain in others:
        assert any(start == 0 or start < 10 for start, _ in proved.asked[chain].ranges), chain
    after = proved.world.pids("green")
    assert {name: pid for name, pid in after.items() if name != "prover"} == {
        name: pid for name, pid in before.items() if name != "prover"
    }


def test_what_it_may(proved: Proved) -> None:
    """It reads and can write nothing, holds no more memory than its stack says, and gives way."""
    pid = proved.pid()
    limits = (Path("/proc") / str(pid) / "limits").read_text().splitlines()
    limit = next(line for line in limits if "Max data size" in line)
    with psycopg.connect(proved.environ()[DSN], autocommit=True) as connection:
        role = str(connection.execute("SELECT session_user").fetchone())
        connection.execute("SET default_transaction_read_only = off")
        for statement in ('DELETE FROM "Transfer"', "CREATE TABLE public.mine (id int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)

    assert "gate" in role
    assert limit.split()[3] == str(MEMORY_MB * 1024 * 1024)
    assert os.getpriority(os.PRIO_PROCESS, pid) == 19


def test_who_is_given_the_key(proved: Proved) -> None:
    """The prover alone: no other part of the belt, no file of theirs, no state in clear, no output."""
    pids = proved.world.pids("green")
    secret = proved.environ()[DSN]
    holders = {
        name
        for name in pids
        if any(hidden in value for hidden in (KEY, secret) for value in proved.environ(name).values())
    }
    layout = Layout(root=proved.world.hosts, belt="green")
    files = {
        path.relative_to(layout.home)
        for path in layout.home.rglob("*")
        if path.is_file() and KEY.encode() in path.read_bytes()
    }
    lines = [(Path("/proc") / str(pid) / "cmdline").read_text() for pid in pids.values()]
    state = (proved.world.state / ".pulumi" / "stacks" / "belts" / "green.json").read_text()

    assert holders == {"prover"}
    assert files
    assert all("prover" in str(path) for path in files), files
    assert all((layout.home / path).stat().st_mode & 0o077 == 0 for path in files)
    assert not any(KEY in line or secret in line for line in lines)
    assert KEY not in state
    assert not any(KEY in said for said in proved.world.said)


def test_an_operator_asks_how_far_it_is(proved: Proved, tmp_path: Path) -> None:
    """`gate prove` goes on from what the prover keeps, and both come to the same."""
    proved.world.synced("green")
    proved.forget_questions()
    known = {chain: proved.known(chain) for chain in proved.rpc}
    endpoints = tmp_path / "endpoints.yaml"
    told = proved.world.outputs("green")
    candidate = {
        "graphql": told["graphql"],
        "adminSecret": told["adminSecret"],
        "database": told["databases"]["gate"],
    }
    endpoints.write_text(yaml.safe_dump({"serving": "none", "candidate": candidate}))
    command = [sys.executable, "-m", "gate", "prove", "--endpoints", str(endpoints)]
    done = subprocess.run(
        [*command, "--policy", str(proved.world.policy), "--rate", "200"],
        cwd=proved.world.directory,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^passed: ", done.stdout, re.MULTILINE)) >= len(proved.rpc), done.stdout
    assert "6 chains" in done.stdout
    for chain, asked in proved.asked.items():
        assert len(asked.below(known[chain])) <= 1, (chain, asked.ranges)


def test_the_hook_finds_it(proved: Proved) -> None:
    """In preview the gate asks for what became final since, and for a drawn range of what is kept."""
    proved.forget_questions()
    known = {chain: proved.known(chain) for chain in proved.rpc}
    text = proved.preview()

    for chain, asked in proved.asked.items():
        assert len(asked.below(known[chain])) <= 1, (chain, asked.ranges)
    assert re.search(r"6 chains, [\d,]+ logs, all", text), text


def test_it_goes_and_what_it_found_stays(proved: Proved) -> None:
    """Without the setting no process and no file of it is left; the belt runs on."""
    before = proved.world.pids("green")
    proved.world.config("green")
    proved.world.up("green")
    after = proved.world.pids("green")

    assert after == {name: pid for name, pid in before.items() if name != "prover"}
    assert not Layout(root=proved.world.hosts, belt="green").of_part("prover").exists()
    assert all(proved.files(chain) for chain in proved.rpc)


def test_evidence_that_somebody_touched(proved: Proved) -> None:
    """Cut, edited, or made with another key: it is proved again, and the others stay."""
    cut, edited, foreign, *others = sorted(proved.rpc)
    for asked in proved.asked.values():
        asked.free.set()
    proved.world.config("green")
    proved.world.up("green")
    proved.world.synced("green")
    proved.preview()
    known = {chain: proved.known(chain) for chain in proved.rpc}
    own = Folder(directory=proved.evidence / "chains", seal=seal_of({"BELTS_EVIDENCE_KEY": KEY}))
    for file in proved.files(cut):
        file.write_bytes(file.read_bytes()[:-40])
    # Its last line is lost, as is no line before it; those of two runs may overlap.
    left = proved.known(cut)
    assert left < known[cut]
    for file in proved.files(edited):
        lines = [orjson.loads(line) for line in file.read_bytes().splitlines()]
        file.write_bytes(b"".join(orjson.dumps({**line, "rows": ["3", "0", "0"]}) + b"\n" for line in lines))
    for file in proved.files(foreign):
        said = own.read(foreign, file.stem).said
        file.unlink()
        strange = Folder(directory=proved.evidence / "chains", seal=Seal(b"the forger's own key"))
        for one in said:
            strange.add(foreign, file.stem, one)
    proved.forget_questions()
    proved.preview()

    for chain, begins in (cut, left + 1), (edited, 10), (foreign, 10):
        assert proved.known(chain) >= known[chain]
        assert min(first for first, _ in proved.asked[chain].ranges) <= begins, chain
    for chain in others:
        assert len(proved.asked[chain].below(known[chain])) <= 1, (chain, proved.asked[chain].ranges)
