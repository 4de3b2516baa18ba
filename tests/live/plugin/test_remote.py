"""Commands on another host: the same life, over a real SSH server."""

import contextlib
import shutil
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from tests.conftest import Ports
from tests.live import places
from tests.live.plugin import kinds, sshd
from tests.live.plugin.conftest import Stacks
from tests.live.plugin.engine import Run, Stack
from tests.live.plugin.sshd import Server

pytestmark = [
    pytest.mark.live,
    pytest.mark.deep,
    pytest.mark.skipif(kinds.sshd() is None, reason=kinds.NO_SSHD),
]

PROGRAM = """
import pulumi
from pulumi_command import remote

server = dict(host="127.0.0.1", port={port}, user={user!r}, dial_error_limit=1, per_dial_timeout=5)
ours = dict(server, private_key={key!r}, host_key={host_key!r})

def command(name, connection=ours, **inputs):
    return remote.Command(name, connection=remote.ConnectionArgs(**connection), **inputs)
"""
LIVES = """
command("lived",
        create="echo create [$ALLOWED]; cat; echo err >&2",
        update="echo update [$PULUMI_COMMAND_STDOUT]",
        delete="echo delete $PULUMI_COMMAND_STDOUT > {root}/deleted", environment={{"ALLOWED": "yes"}},
        stdin="fed-{step}")
command("locked-key", dict(server, private_key={locked_key!r}, private_key_password={passphrase!r}),
        create="echo in")
command("through", dict(ours, proxy=remote.ProxyConnectionArgs(**dict(ours))), create="echo through")
"""
FAILS = """
command("exit", create="echo said; echo complained >&2; exit 3")
command("variable", create="touch {root}/ran", environment={{"REFUSED": "x"}})
command("host-key", dict(ours, host_key={other_key!r}), create="touch {root}/ran")
command("no-key", server, create="touch {root}/ran")
command("bad-key", dict(server, private_key="no key"), create="touch {root}/ran")
command("no-server", dict(ours, port=1), create="touch {root}/ran")
nowhere = remote.ProxyConnectionArgs(**dict(ours, port=1))
command("no-proxy", dict(ours, proxy=nowhere), create="touch {root}/ran")
"""
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPu2tb6SBcPPbRCy6BBwqCSKYjRrtnoJ2tmGvjHV0OSR"


@pytest.fixture(scope="module")
def server(ports: Ports) -> Iterator[Server]:
    """A server that both plugins talk to."""
    directory = places.temporary("b-")
    started = sshd.start(directory, ports.one())
    yield started
    started.stop()
    shutil.rmtree(directory)


def program(server: Server, stack: Stack, commands: str, *, step: int = 0) -> str:
    """A program of commands on the server."""
    return (PROGRAM + commands).format(
        port=server.port,
        user=server.user,
        key=server.key,
        locked_key=server.locked_key,
        passphrase=sshd.PASSPHRASE,
        host_key=server.host_key,
        other_key=OTHER_KEY,
        root=stack.root,
        step=step,
    )


@pytest.fixture(scope="module")
def stack(stacks: Stacks) -> Stack:
    """The stack of the commands that live well."""
    return stacks()


@pytest.fixture(scope="module")
def life(stack: Stack, server: Server) -> dict[str, Any]:
    """Created, left alone, changed and destroyed: the outputs, the state file and the steps of each stage."""
    stack.up(program(server, stack, LIVES))
    created = {name: resource["outputs"] for name, resource in stack.resources().items()}
    state = stack.state()
    same = stack.up().steps()
    stack.up(program(server, stack, LIVES, step=1))
    updated = stack.outputs("lived")
    assert stack.run("destroy").code == 0
    deleted = (stack.root / "deleted").read_text()
    return {"created": created, "state": state, "same": same, "updated": updated, "deleted": deleted}


def test_creation(life: dict[str, Any]) -> None:
    """A remote command gets its environment and its input, and both streams come back."""
    assert life["created"]["lived"]["stdout"] == "create [yes]\nfed-0"
    assert life["created"]["lived"]["stderr"] == "err"


@pytest.mark.parametrize(("name", "printed"), [("locked-key", "in"), ("through", "through")])
def test_ways_in(life: dict[str, Any], name: str, printed: str) -> None:
    """A key with a passphrase works, and so does a host that is reached through another."""
    assert life["created"][name]["stdout"] == printed


def test_more_than_a_message_of_the_protocol_usually_holds(stacks: Stacks, server: Server) -> None:
    """Input and output above the usual limit of four megabytes pass whole."""
    stack = stacks()
    big = 'command("a", create="tr x y", stdin="x" * 4_500_000, logging="none")\n'
    stack.up(program(server, stack, big))
    assert stack.outputs("a")["stdout"] == "y" * 4_500_000


def test_nothing_changed(life: dict[str, Any]) -> None:
    """A second update runs nothing."""
    assert life["same"]["lived"] == ["same"]


def test_update_and_delete(life: dict[str, Any]) -> None:
    """`update` and `delete` run where `create` did, with what was printed before."""
    assert life["updated"]["stdout"] == "update [create [yes] fed-0]"
    assert life["deleted"] == "delete update [create [yes] fed-0]\n"


def test_secrets_in_the_state(life: dict[str, Any], server: Server) -> None:
    """No part of a connection is in the state file in clear."""
    middle = server.key.splitlines()[1]
    assert [word for word in (middle, sshd.PASSPHRASE, server.host_key) if word in life["state"]] == []


@pytest.fixture(scope="module")
def failing(stacks: Stacks) -> Stack:
    """The stack of the commands that cannot succeed."""
    return stacks()


@pytest.fixture(scope="module")
def failed(failing: Stack, server: Server) -> Run:
    """The update in which they were all tried."""
    return failing.run("up", program(server, failing, FAILS), "--continue-on-error", "--parallel", "10")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("exit", ("Process exited with status 3", "said", "complained")),
        ("variable", ("REFUSED", "AcceptEnv")),
        ("host-key", ("host key",)),
        ("no-key", ("failed attempts",)),
        ("bad-key", ("key",)),
        ("no-server", ("failed attempts",)),
        ("no-proxy", ("proxy", "failed attempts")),
    ],
)
def test_words_of_a_failure(failed: Run, name: str, words: tuple[str, ...]) -> None:
    """A failure says whether it was the command or the way to it."""
    said = "\n".join(failed.messages(name)).lower()
    assert [word for word in words if word.lower() not in said] == []


def test_failed_connection_runs_nothing(failing: Stack, failed: Run) -> None:
    """A command that was not fully accepted has not run, and nothing is in the state."""
    assert failed.code != 0
    assert not (failing.root / "ran").exists()
    assert failing.resources() == {}


def asleep(server: Server) -> Iterator[psutil.Process]:
    """What of the server's processes sleeps; those that have just ended do not."""
    for process in server.children():
        with contextlib.suppress(psutil.Error):
            if process.name() == "sleep":
                yield process


def test_interrupted_family(stand_in_stacks: Stacks, server: Server) -> None:
    """With the stand-in, Ctrl-C kills the command's process group on the other host.

    The real plugin waits for the command's end.
    """
    stack = stand_in_stacks()
    stack.write(program(server, stack, 'command("a", create="sleep 600 & sleep 600; true")\n'))
    going = stack.start("up")
    while len(mine := list(asleep(server))) < 2:
        assert going.process.poll() is None, going.output.read_text()
        time.sleep(0.05)
    going.interrupt()
    assert "signal: killed" in going.finish().messages("a")[-1]
    assert psutil.wait_procs(mine, timeout=5)[1] == []
