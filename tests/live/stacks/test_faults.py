"""The gate that did not really run: whatever ends it, and whatever is not there, nobody is promoted.

The candidate is good, and the ledger holds a certificate for it: only what is tested here is in the way.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from tests.conftest import Ports
from tests.deep import one_of_each
from tests.live.gate.relay import Question, Reply, relay
from tests.live.stacks import asking, programs, standing
from tests.live.stacks.world import Run, World
from tools.environment import environment

pytestmark = pytest.mark.live

HOOK = 'before hook "alias-gate" failed'
RAISED = (
    "RuntimeError()",
    "SystemExit(0)",
    "KeyboardInterrupt()",
    "BaseExceptionGroup('', [SystemExit()])",
    "asyncio.CancelledError()",
)
DEADLINE, MARGIN = timedelta(seconds=3), timedelta(seconds=5)
SHORT = f"""
import datetime
stacks.gateway._deadline = lambda _: {DEADLINE!r}
stacks.alias.MARGIN = {MARGIN!r}
"""
DEADLINE_S = 120


@pytest.fixture(scope="module")
def both(running_world: World) -> World:
    """Green beside blue, and good."""
    running_world.up("green")
    running_world.synced("green")
    return running_world


@pytest.fixture
def gateway(both: World, world: World) -> Iterator[World]:
    """The gateway's stack wants green, which has a certificate; in the end nothing may have moved."""
    if not standing.certified(both, "green"):
        passed = asking.ask(both, "judge", asking.order(both, "green", "blue"))
        assert passed.code == 0, passed.text
        assert standing.certified(both, "green")
    world.config("gateway", upstream="green")
    main, before = world.directory / "__main__.py", standing.standing(world)
    program = main.readlink()
    assert before.answers == "blue"
    yield world
    main.unlink()
    main.symlink_to(program)
    assert standing.standing(world) == before


class Going:
    """An update of the gateway that is still running."""

    def __init__(self, world: World) -> None:
        """Start it, in a group of its own, as a terminal does."""
        self._process = subprocess.Popen(
            ["pulumi", "up", "--yes", "--skip-preview", "--stack", "gateway", "--non-interactive"],
            cwd=world.directory,
            env={**environment(state=world.state), "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def child(self, word: str) -> psutil.Process:
        """The process below it that has this word on its command line; it is waited for."""
        ends = time.monotonic() + DEADLINE_S
        while time.monotonic() < ends:
            for each in psutil.Process(self._process.pid).children(recursive=True):
                with suppress(psutil.Error):
                    if any(word in told for told in each.cmdline()):
                        return each
            time.sleep(0.05)
        raise AssertionError(f"no {word} within {DEADLINE_S} s")

    def interrupt(self, *, group: bool) -> None:
        """Ctrl-C, as the whole group gets it, or the CLI alone."""
        if group:
            os.killpg(self._process.pid, signal.SIGINT)
        else:
            self._process.send_signal(signal.SIGINT)

    def end(self) -> Run:
        """How it ended."""
        said, _ = self._process.communicate(timeout=DEADLINE_S)
        return Run(self._process.returncode, said)


@pytest.mark.parametrize(
    ("times", "group"),
    [
        pytest.param(1, True, id="once-group"),
        pytest.param(2, False, id="twice-cli"),
        pytest.param(2, True, id="twice-group", marks=pytest.mark.deep),
        pytest.param(1, False, id="once-cli", marks=pytest.mark.deep),
    ],
)
def test_interrupted(gateway: World, times: int, *, group: bool) -> None:
    """Ctrl-C while the gate is at work: it may end as it likes, and even pass, but nothing moves any more."""
    going = Going(gateway)
    gate = going.child("judge")
    for _ in range(times):
        going.interrupt(group=group)
        time.sleep(0.3)
    done = going.end()

    assert done.code != 0
    gate.wait(DEADLINE_S)


@pytest.mark.parametrize("raised", one_of_each(RAISED, of=lambda raised: "Runtime" in raised))
def test_hook_raises(gateway: World, raised: str) -> None:
    """An exception without a text, or one that would end the program: a refusal with words."""
    done = _up(
        gateway,
        f"""
import asyncio
async def ask(*_, **__):
    raise {raised}
stacks.alias.boundary.ask = ask
""",
    )

    kind = raised.partition("(")[0].rpartition(".")[2]
    assert done.code != 0, done.text
    assert f"{HOOK}: alias-gate did not come to an end: {kind}" in done.text


def _up(world: World, change: str) -> Run:
    main = world.directory / "__main__.py"
    main.unlink()
    main.write_text(programs.changed(change))
    return world.try_up("gateway")


def test_gate_killed(gateway: World) -> None:
    """The gate's process is gone in the middle of its work."""
    going = Going(gateway)
    going.child("judge").kill()
    done = going.end()

    assert done.code != 0
    assert f"{HOOK}: `-m gate judge` ended with code -9 and without a word" in done.text


def test_program_killed(gateway: World) -> None:
    """The program is gone, and with it the hook; the gate goes with its parent."""
    going = Going(gateway)
    gate = going.child("judge")
    going.child("pulumi-language-python-exec").kill()
    done = going.end()

    assert done.code != 0
    gate.wait(DEADLINE_S)


def test_gate_blocked(gateway: World) -> None:
    """A gate that stands still, its event loop included, is ended by its parent soon after the deadline."""
    main = gateway.directory / "__main__.py"
    main.unlink()
    main.write_text(programs.changed(SHORT))
    going = Going(gateway)
    gate = going.child("judge")
    gate.suspend()
    done = going.end()

    assert done.code != 0
    seconds = (DEADLINE + MARGIN).total_seconds()
    assert f"{HOOK}: `-m gate judge` had not answered after {seconds:g} s and was ended" in done.text
    gate.wait(DEADLINE_S)


def test_policy_missing(gateway: World) -> None:
    """Nothing to measure by: refused before anybody is asked, with the path of what is missing."""
    policy = gateway.policy.rename(gateway.directory / "elsewhere.yaml")
    try:
        done = gateway.try_up("gateway")
    finally:
        policy.rename(gateway.policy)

    assert done.code != 0
    assert f"{HOOK}: the alias stays where it is: nothing can be measured by the policy" in done.text
    assert str(gateway.policy) in done.text


@pytest.mark.parametrize("command", ["judge", "move"])
def test_ledger_down(gateway: World, command: str) -> None:
    """Without the ledger there is no certificate, so neither the gate nor the writer goes on."""
    down = "postgresql://ledger:hush-4711@127.0.0.1:1/belts"
    done = asking.ask(gateway, command, asking.order(gateway, "green", "blue", ledger=down))

    assert done.code != 0
    assert "seen:     the ledger does not answer" in done.text
    assert "hush-4711" not in done.text


def test_database_exchanged_since_the_certificate(gateway: World) -> None:
    """The certified belt was seeded again before the write: its database is another one by now."""
    wanted = asking.order(gateway, "green", "blue")
    wanted["upstream"]["database"] = wanted["belts"][0]["database"]
    done = asking.ask(gateway, "move", wanted)

    assert done.code != 0
    assert "green is not the belt that its stack declares" in done.text


def test_belt_seeded_again_since_the_certificate(gateway: World) -> None:
    """Its stack has declared the new identity: the certificate is for the belt that it was."""
    wanted = asking.order(gateway, "green", "blue")
    wanted["upstream"]["identity"]["chainTableOid"] += 1
    done = asking.ask(gateway, "move", wanted)

    assert done.code != 0
    assert "expected: a passed, unexpired and unused certificate for green as it is now" in done.text


def test_gateway_not_there(gateway: World) -> None:
    """Where no gateway answers, nobody would be served: one clear error, and no move."""
    nowhere = "http://127.0.0.1:1/v1/graphql"
    done = asking.ask(gateway, "move", asking.order(gateway, "green", "blue", url=nowhere))

    assert done.code == 1
    assert "expected: a gateway at http://127.0.0.1:1" in done.text
    assert "now:      bring it up with `pulumi up` on its stack" in done.text


def test_alias_of_somebody_else(gateway: World, tmp_path: Path) -> None:
    """Files that no gateway has made are not touched, even where the way there is certified."""
    (tmp_path / "theirs").write_text("theirs")
    done = asking.ask(gateway, "move", asking.order(gateway, "green", "blue", directory=str(tmp_path)))

    assert done.code == 1
    assert "seen:     files, and no owner.json that says whose they are" in done.text
    assert [path.name for path in tmp_path.iterdir()] == ["theirs"]


@pytest.mark.deep
def test_blue_green_blue_green(both: World, world: World, ports: Ports) -> None:
    """Forth by the gate, back without one probe of it, and forth again only by the gate.

    A rollback target that was seeded again, by its stack or behind its stack's back, is refused.
    """
    asked: list[str] = []
    with _watched(world, ports, asked) as (green, blue):
        for command in ("judge", "move"):
            done = asking.ask(world, command, green)
            assert done.code == 0, done.text
        assert asked, "the gate asks through these doors"
        assert standing.answers(world) == "green"

        seeded = {**blue["upstream"], "database": green["upstream"]["database"]}
        for command in ("judge", "move"):
            refused = asking.ask(world, command, {**blue, "upstream": seeded})
            assert "blue is not the belt that its stack declares" in refused.text
        another = {**blue["upstream"]["identity"], "chainTableOid": 1}
        refused = asking.ask(world, "move", {**blue, "upstream": {**blue["upstream"], "identity": another}})
        assert "certificate for blue as it is now" in refused.text
        assert standing.answers(world) == "green"

        asked.clear()
        back = [asking.ask(world, command, blue) for command in ("judge", "move")]
        assert [done.code for done in back] == [0, 0], back
        assert "a rollback to blue: verified, not gated" in back[0].text
        assert asked == [], "a rollback makes not one probe"
        assert standing.answers(world) == "blue"

        before = standing.standing(world)
        refused = asking.ask(world, "move", green)
        assert "expected: a passed, unexpired and unused certificate for green" in refused.text
        assert standing.standing(world) == before
        done = asking.ask(world, "judge", green)
        assert done.code == 0, done.text
        assert asked
        for wanted in (green, blue):
            done = asking.ask(world, "move", wanted)
            assert done.code == 0, done.text
    kinds = [kind for kind, *_ in standing.moves(world)]
    assert kinds[-4:] == ["promotion", "rollback", "promotion", "rollback"]


@contextmanager
def _watched(world: World, ports: Ports, asked: list[str]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Orders for green and for blue, and a policy, whose every HTTP door notes who asks."""

    def note(question: Question, upstream: Any) -> Reply:
        asked.append(question.path)
        reply: Reply = upstream()
        return reply

    policy = world.policy.read_text()
    document = yaml.safe_load(policy)
    orders = asking.order(world, "green", "blue"), asking.order(world, "blue", "green")
    belts = [each for wanted in orders for each in (wanted["upstream"], *wanted["belts"])]
    doors = {each[key] for each in belts for key in ("graphql", "metrics")}
    chains = {chain["rpc"][0] for chain in document["chains"].values()}
    with ExitStack() as stack:
        through = {url: stack.enter_context(relay(ports.one(), url, note)) for url in doors | chains}
        for each in belts:
            each |= {key: through[each[key]] for key in ("graphql", "metrics")}
        for chain in document["chains"].values():
            chain["rpc"] = [through[chain["rpc"][0]]]
        world.policy.write_text(yaml.safe_dump(document))
        try:
            yield orders
        finally:
            world.policy.write_text(policy)
