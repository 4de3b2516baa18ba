"""The gateway under the real engine: what it may serve, and what consumers notice."""

import json
import os
import signal
import time
from collections.abc import Callable

import httpx
import pytest

from demo.consumer import Consumer
from tests.live import plain
from tests.live.gate.signals.servers import Reply, serving
from tests.live.stacks.rotating import rotate
from tests.live.stacks.world import World, alive

pytestmark = pytest.mark.live

HUSH = "hush-4711-of-the-listener"
QUERY = {"query": "{ _meta { chainId progressBlock } }"}


def ask(world: World) -> httpx.Response:
    """What a consumer gets through the alias."""
    return plain.post(f"{world.url(20530)}/v1/graphql", json=QUERY, timeout=10)


def served(world: World) -> str:
    """The belt that the gateway names, where the answer is a good one."""
    answer = ask(world)
    good = answer.status_code == 200 and answer.json().get("data")
    return answer.headers["x-belt"] if good else ""


def height(world: World) -> int:
    """The height of the fastest chain that blue has, through the alias."""
    return max(int(row["progressBlock"]) for row in ask(world).json()["data"]["_meta"])


def wait(condition: Callable[[], bool], *, deadline_s: float = 40) -> None:
    """Come back as soon as the condition holds."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        try:
            if condition():
                return
        except (httpx.HTTPError, KeyError, TypeError, ValueError):
            pass
        time.sleep(0.1)
    raise AssertionError(f"not within {deadline_s} s")


def test_alias_moved_and_green_destroyed(green: World) -> None:
    """Moves, new credentials and the end of the other belt cost no request; every move is told."""
    green.set("gateway", "exportDatabase", "true")
    with serving(lambda _: Reply()) as listener, Consumer(f"{green.url(20530)}/v1/graphql") as consumer:
        hook = f"{listener.url}/{HUSH}"
        assert green.pulumi("config", "set", "--secret", "webhookUrl", hook, "--stack", "gateway").code == 0
        green.set("gateway", "upstream", "green")
        green.up("gateway")
        read = green.outputs("gateway")["database"]
        assert read == green.outputs("green")["databases"]["consumer"]
        with consumer.watching() as on_green:
            assert served(green) == "green"
            time.sleep(0.3)
        told = plain.get(f"{green.url(20530)}/_belt", timeout=10).json()
        rotate(green, "green")
        green.set("gateway", "upstream", "blue")
        back = green.up("gateway")
        with consumer.watching() as on_blue:
            # This consumer has just read it.
            green.config("green", acknowledgedReaders=["127.0.0.1"], credentials=2)
            green.up("green")
            green.destroy("green")
        moves = [asked.json for asked in listener.asked][-2:]
        assert {asked.path for asked in listener.asked} == {f"/{HUSH}"}

    outputs = green.outputs("gateway")
    assert outputs["database"] == green.outputs("blue")["databases"]["consumer"]
    assert outputs["serving"] == "blue"
    assert "previous" not in outputs, "what was rolled back from is no way back"
    assert "blue serves: rolled back; the gateway gave" in back, "what the writer saw is the operator's"
    assert not any(secret in said for said in green.said for secret in (read, HUSH)), "told as secrets only"
    assert (told["belt"], told["how"], told["previous"]) == ("green", "promoted", "blue")
    assert sorted(told["chains"]) == sorted(map(str, green.outputs("chains")["rpc"]))
    assert [(move["kind"], move["belt"], move["from"]) for move in moves] == [
        ("promotion", "green", "blue"),
        ("rollback", "blue", "green"),
    ]
    assert consumer.failures == []
    assert set(on_green.answers) == {"green"}
    assert set(on_blue.answers) == {"blue"}
    assert not (green.hosts / "green").exists()


@pytest.mark.deep
def test_serving_belt_dies_whole(green: World) -> None:
    """A dead belt is a 502 that names it, and moving the alias back serves live data at once.

    Nothing of the dead belt is left, and its next update brings it back and then changes nothing.
    """
    green.set("gateway", "upstream", "green")
    green.up("gateway")
    pids = green.pids("green")
    os.kill(pids["supervisor"], signal.SIGKILL)
    wait(lambda: not any(alive(pid) for pid in pids.values()))
    down = ask(green)
    green.set("gateway", "upstream", "blue")
    green.up("gateway")

    assert (down.status_code, down.headers["x-belt"]) == (502, "green")
    assert served(green) == "blue"
    green.up("green")
    green.up("green", "--expect-no-changes")
    assert all(alive(pid) for pid in green.pids("green").values())


@pytest.mark.parametrize("program", ["indexer", "postgres", "engine"])
@pytest.mark.deep
def test_part_of_the_serving_belt_killed(world: World, program: str) -> None:
    """A part that dies comes back without a command: the alias answers, and the heights rise."""
    pid = world.pids("blue")[program]
    before = height(world)
    os.kill(pid, signal.SIGKILL)
    wait(lambda: world.pids("blue")[program] not in {pid, 0, None})
    wait(lambda: height(world) > before)

    assert not alive(pid)
    assert served(world) == "blue"
    world.up("blue", "--expect-no-changes")


@pytest.mark.deep
def test_caddy_killed(world: World) -> None:
    """The gateway comes back without a command, on the belt that it served."""
    pid = world.pids("gateway")["caddy"]
    os.kill(pid, signal.SIGKILL)
    wait(lambda: served(world) == "blue")

    assert world.pids("gateway")["caddy"] != pid


def test_upstream_never_brought_up(world: World) -> None:
    """A stack without outputs is refused by name, with the command that brings it up."""
    world.config("empty", like="green")
    world.init("empty")
    world.set("gateway", "upstream", "empty")
    run = world.preview("gateway")

    assert run.code != 0
    assert "stack 'empty' cannot be used; the alias stays as it is" in run.text
    assert "`pulumi up --stack empty`" in run.text
    assert served(world) == "blue"


def test_upstream_unknown(world: World) -> None:
    """A belt that nobody declared is refused by name, with those that are."""
    world.set("gateway", "upstream", "gren")
    run = world.preview("gateway")

    assert run.code != 0
    known = run.text.partition("belts:upstream: expected the stack of a belt: ")[2].partition(",")[0]
    assert "blue" in known.split(" or ")
    assert '"gren"' in run.text


def test_upstream_that_is_no_belt(world: World) -> None:
    """A stack that exports something else is refused."""
    world.set("gateway", "upstream", "chains")
    run = world.try_up("gateway")

    assert run.code != 0
    assert "a stack that is no belt" in run.text
    assert served(world) == "blue"


def test_upstream_of_another_version(world: World) -> None:
    """Outputs of another version are refused, not guessed at."""
    exported = json.loads(world.pulumi("stack", "export", "--stack", "blue").text)
    for resource in exported["deployment"]["resources"]:
        if resource["type"] == "pulumi:pulumi:Stack":
            resource["outputs"]["outputsVersion"] = 2
    newer = world.directory / "newer.json"
    newer.write_text(json.dumps(exported))
    world.config("newer", like="green")
    world.init("newer")
    text = newer.read_text().replace("::blue::", "::newer::").replace(":blue::belts", ":newer::belts")
    newer.write_text(text)
    imported = world.pulumi("stack", "import", "--force", "--file", str(newer), "--stack", "newer")
    world.set("gateway", "upstream", "newer")
    run = world.preview("gateway")

    assert imported.code == 0, imported.text
    assert run.code != 0
    assert "version 2" in run.text
    assert served(world) == "blue"


def test_secrets_of_another_passphrase(world: World) -> None:
    """Secrets that cannot be decrypted are refused by name; the engine would hand over nothing, silently."""
    world.config("door", like="gateway")
    world.init("door", passphrase="another")
    run = world.preview("door", passphrase="another")

    assert run.code != 0
    assert "adminSecret and databases encrypted with another passphrase" in run.text
