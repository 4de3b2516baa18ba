"""Belts under the real engine: what is refused before anything is touched, and what changes nothing."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from belts.runtimes.process import lease_files
from examples import forms
from tests.live.stacks.world import World

pytestmark = pytest.mark.live


@pytest.mark.deep
def test_up_twice(world: World) -> None:
    """A second update of a stack that is as it should be changes nothing, on every stack.

    Every run sees it once of each kind: of chains in test_hosts.py, of a belt in test_retirement.py, of a
    belt and its gateway in rotating.py.
    """
    for stack in ("chains", "blue", "gateway"):
        world.up(stack, "--expect-no-changes")


def test_outputs(world: World) -> None:
    """A belt's stack says what it indexes, and who it is, which its own database confirms."""
    outputs = world.outputs("blue")

    assert outputs["outputsVersion"] == 1
    assert outputs["footprint"]["chains"] == [1, 10, 8453, 80094]
    assert outputs["identity"]["indexerVersion"] == forms.version()
    assert len(outputs["identity"]["systemIdentifier"]) > 15
    assert outputs["dial"].startswith("unix/")
    assert outputs["dial"].endswith("/engine.sock")
    assert sorted(outputs["databases"]) == ["consumer", "gate"]


def test_mistakes_in_the_config(world: World) -> None:
    """Every mistake is told at once in preview, with path, expected and got, and nothing is touched."""
    world.config(
        "green", postgres={"port": True, "memoryMB": 320}, indexer={"heapMb": "512"}, runtime="docker"
    )
    before = files(world.hosts)
    run = world.preview("green")

    assert run.code != 0
    assert "the config of stack 'green' has 4 mistakes; nothing was touched" in run.text
    assert "belts:postgres.port: expected a port, got true" in run.text
    assert "belts:postgres.memoryMB: expected `memoryMb`, perhaps, got an unknown key" in run.text
    assert 'belts:indexer.heapMb: expected a whole number of MiB, got "512"' in run.text
    assert 'belts:runtime: expected process or url, got "docker"' in run.text
    assert "Traceback" not in run.text
    assert files(world.hosts) == before


def test_heap_above_the_host(world: World) -> None:
    """A belt that the host's memory cannot hold beside the others is refused in preview and in up."""
    world.config("blue", indexer={"heapMb": 50_000_000})
    for run in (world.preview("blue"), world.try_up("blue")):
        assert run.code != 0
        assert 'before hook "belts-host-check" failed' in run.text
        assert "memory" in run.text
        assert "Traceback" not in run.text


def test_port_of_another_belt(world: World) -> None:
    """A port that another belt has is refused in preview, with the name of that belt."""
    taken = world.first_port + 11
    world.config("third", like="green", postgres={"port": taken})
    world.init("third")
    run = world.preview("third")

    assert run.code != 0
    assert f"{taken} belongs to the postgres of 'blue'" in run.text


def test_a_further_belt_that_is_too_dear(world: World, free_port: Callable[[], int]) -> None:
    """A preview says what it would cost, and is refused; nothing of the belt comes to be."""
    ports = {part: {"port": free_port()} for part in ("postgres", "hasura", "indexer")}
    world.config("dear", like="green", budget={"ceiling": 0.5, "perVcpuHour": "0.02"}, **ports)
    world.init("dear")
    run = world.preview("dear")

    assert run.code != 0
    assert "dear costs " in run.text
    assert "of 0.50 a month" in run.text
    assert "dear: with it a month is too dear" in run.text
    assert "now: " in run.text
    assert "Traceback" not in run.text
    assert not (world.hosts / "dear").exists()


@pytest.mark.deep
def test_port_of_a_stranger(world: World, free_port: Callable[[], int]) -> None:
    """A port that some other program listens on is refused in preview."""
    taken = free_port()
    others = {part: {"port": free_port()} for part in ("hasura", "indexer")}
    with socket.create_server(("127.0.0.1", taken)):
        world.config("fourth", like="green", postgres={"port": taken}, **others)
        world.init("fourth")
        run = world.preview("fourth")

    assert run.code != 0
    assert str(taken) in run.text
    assert 'before hook "belts-host-check" failed' in run.text


def test_handler_changed_on_a_belt_with_data(world: World) -> None:
    """Other code is refused in preview and in up, with the word that would let it go on; a comment is not."""
    handler = world.directory / "examples" / "indexer" / "src" / "points.ts"
    text = handler.read_text()
    try:
        handler.write_text(f"{text}\n// corrected\n")
        comment = world.preview("blue")
        handler.write_text(f"{text}\nexport const corrected = true\n")
        runs = (world.preview("blue"), world.try_up("blue"))
    finally:
        handler.write_text(text)

    assert comment.code == 0, comment.text
    assert "comment" in comment.text
    for run in runs:
        assert run.code != 0
        assert 'before hook "belts-host-check" failed' in run.text
        assert "forward-" in run.text
    world.up("blue", "--expect-no-changes")


STATES: dict[str, Callable[[Path], object]] = {
    "syncing": lambda _: None,
    "serving": lambda home: lease_files.serve(home, gateway="another"),
    "soaking": lambda home: lease_files.soak(
        home, gateway="another", until=datetime.now(UTC) + timedelta(hours=1)
    ),
}
"""What becomes of a belt, one after the other: its past is ahead of it first."""


@pytest.mark.deep
def test_each_class_in_each_state(world: World, free_port: Callable[[], int]) -> None:
    """Class, reason and the way on are told alike, whether the belt syncs, serves or soaks."""
    config = {part: {"port": free_port()} for part in ("postgres", "hasura", "indexer")}
    changing = Changing(world=world, config=config)
    changing.declare()
    world.init(changing.stack)
    with changing.edited(CODE):
        run = world.preview(changing.stack)
        assert run.code == 0, run.text
        assert "its Envio project changes" not in run.text, "nothing was seeded yet"
        changing.declare(forwardOnly="forward-000000000000")
        stray = world.preview(changing.stack)
        assert stray.code != 0
        assert "the change that is pending: none, it has yet to be seeded" in stray.text
        changing.declare()
    world.up(changing.stack)
    home = world.hosts / changing.stack
    before = world.pids(changing.stack)
    try:
        for state, becomes in STATES.items():
            becomes(home)
            changing.is_told_of_each_class(state)
        assert world.pids(changing.stack) == before
        world.up(changing.stack, "--expect-no-changes")
    finally:  # it counts among the belts that may be alive at once
        lease_files.end(home, gateway="another", at=datetime.now(UTC))
        world.destroy(changing.stack)


Edit = tuple[str, Callable[[str], str]]


def _with_a_contract_ahead(text: str) -> str:
    told = yaml.safe_load(text)
    key = next(key for key in ("chains", "networks") if key in told)
    badges = next(each for chain in told[key] for each in chain["contracts"] if each["name"] == "Badges")
    told[key][0]["contracts"] = [*told[key][0]["contracts"], {**badges, "start_block": 10**9}]
    return yaml.safe_dump(told)


COMMENT: Edit = ("src/points.ts", lambda text: f"{text}\n// corrected\n")
AHEAD: Edit = ("config.green.yaml", _with_a_contract_ahead)
CODE: Edit = ("src/points.ts", lambda text: f"{text}\nexport const corrected = true\n")
FIELD: Edit = ("schema.green.graphql", lambda text: text.replace("  logIndex: Int!\n", ""))


@dataclass(frozen=True, kw_only=True, slots=True)
class Changing:
    """A belt of its own beside the others, whose project is edited."""

    world: World
    config: dict[str, Any]
    stack: str = "changing"

    def declare(self, **changed: Any) -> None:
        self.world.config(self.stack, like="green", **self.config, **changed)

    @contextmanager
    def edited(self, edit: Edit) -> Iterator[None]:
        file = self.world.directory / "examples" / "indexer" / edit[0]
        text = file.read_text()
        assert edit[1](text) != text
        file.write_text(edit[1](text))
        try:
            yield
        finally:
            file.write_text(text)

    def is_told_of_each_class(self, state: str) -> None:
        for edit, kind, reason in (
            (COMMENT, "free", "comment: src/points.ts"),
            (AHEAD, "resume", "contract ahead: Badges on chain 1"),
        ):
            with self.edited(edit):
                run = self.world.preview(self.stack)
            assert run.code == 0, (state, run.text)
            assert f"its Envio project changes: {kind}" in run.text, (state, run.text)
            assert reason in run.text, (state, run.text)
        with self.edited(CODE):
            refused = self.refused(state, "handler code: src/points.ts", "(class: forward only)")
            word = refused.partition("pulumi config set forwardOnly ")[2].split()[0]
            self.declare(forwardOnly=word)
            run = self.world.preview(self.stack)
            self.declare()
        assert run.code == 0, (state, run.text)
        assert "its Envio project changes: forward only" in run.text, (state, run.text)
        assert "rows up to block" in run.text, (state, run.text)
        gateway = "gateway" if state == "syncing" else "another"
        way_on = ("pulumi stack init NEW", f"pulumi config set upstream NEW --stack {gateway}")
        with self.edited(FIELD):
            self.refused(state, "entity: schema: Transfer: logIndex is gone", "needs a fresh belt", *way_on)
        note = self.world.hosts / self.stack / "postgres" / "seeding.json"
        kept = note.read_text()
        note.write_text(json.dumps({**json.loads(kept), "project": None}))
        with self.edited(COMMENT):
            self.refused(state, "was not kept", "could not be told, so it is taken for the worst", *way_on)
        note.write_text(kept)

    def refused(self, state: str, *told: str) -> str:
        run = self.world.preview(self.stack)
        assert run.code != 0, (state, run.text)
        assert 'before hook "belts-host-check" failed' in run.text
        for words in told:
            assert words in run.text, (state, words, run.text)
        return run.text


@pytest.mark.deep
def test_heap_changed(world: World) -> None:
    """A changed heap shows as the one change it is, and restarts the indexer alone; less needs a word."""
    before = world.pids("blue")
    world.config("blue", indexer={"heapMb": 520})
    diff = world.preview("blue", "--diff").text
    world.up("blue")
    after = world.pids("blue")

    assert [line.split() for line in diff.splitlines() if "=>" in line] == [
        ["~", "heapMb", ":", "512", "=>", "520"]
    ]
    assert [name for name in before if before[name] != after[name]] == ["indexer"]
    world.config("blue")
    refused = world.preview("blue").text
    word = refused.partition("pulumi config set smallerHeap ")[2].split()[0]
    world.config("blue", smallerHeap=word)
    world.up("blue")
    world.config("blue")
    world.up("blue")


def files(directory: Path) -> list[str]:
    """Every file of the belts but what their programs write while they run."""
    own = (*directory.glob("*"), *directory.glob("*/requests/*"))
    return sorted(
        f"{path}:{json.dumps(path.stat().st_mtime)}" if path.is_file() else str(path) for path in own
    )
