"""Every way around the gate, tried with the real engine: refused, or without effect, or found by the auditor.

The candidate is a green that lost rows, which may never serve. docs/bypasses.md lists the ways.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from belts.runtimes.process import lease_files
from belts.runtimes.process.supervise import door
from belts.spec.identity import read as read_identity
from demo import fault, gate
from demo.place import Place
from gate.alias import directory as alias_files
from gate.alias.directory import Directory
from tests.conftest import Ports
from tests.live.hosts import wait_until
from tests.live.stacks import forging, programs, standing
from tests.live.stacks.world import Run, World
from tools.environment import environment

pytestmark = pytest.mark.live

HOOK = 'before hook "alias-gate" failed: '
GATE = f"{HOOK}REFUSED: the candidate may not serve"
WRITER = "expected: a passed, unexpired and unused certificate for green"
EVERY_BLOCK = 100_000
SECOND = "second"
END = 'before hook "alias-end" failed: the alias stays: consumers are served through it'
UP = ("up", "--yes", "--skip-preview")
DESTROY = ("destroy", "--yes", "--skip-preview")


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A way around the gate: what is run, and the words that refuse it; without words, it changes nothing."""

    name: str
    command: tuple[str, ...] = UP
    program: str = programs.SAME
    refused: str | None = None


WAYS = (
    Way(name="skip-preview", refused=GATE),
    Way(name="continue-on-error", command=(*UP, "--continue-on-error"), refused=GATE),
    Way(name="target", command=(*UP, "--target", "alias"), refused=GATE),
    Way(name="target-others", command=(*UP, "--target", "caddy")),
    Way(name="exclude", command=(*UP, "--exclude", "alias")),
    Way(name="replace", command=(*UP, "--replace", "alias"), refused=END),
    Way(name="target-replace", command=(*UP, "--target-replace", "alias"), refused=END),
    Way(name="refresh", command=("refresh", "--yes", "--skip-preview")),
    Way(name="refresh-run-program", command=("refresh", "--yes", "--skip-preview", "--run-program")),
    Way(name="up-refresh", command=(*UP, "--refresh"), refused=GATE),
    Way(name="renamed", program=programs.RENAMED, refused=GATE),
    Way(name="hooks-removed", program=programs.UNHOOKED, refused=WRITER),
    Way(name="transform", program=programs.TRANSFORMED, refused=WRITER),
    Way(name="transformation", program=programs.TRANSFORMED_AS_BEFORE, refused=WRITER),
    Way(name="ignore-errors", program=programs.FORGIVING, refused=WRITER),
    Way(name="ignore-changes", program=programs.IGNORED_BUT_THE_ORDER, refused=GATE),
    Way(name="ignore-changes-order", program=programs.IGNORED_ORDER),
    Way(name="ignore-changes-all", program=programs.IGNORED_ALL),
    Way(
        name="unknown-belt",
        command=("preview",),
        program=programs.UNKNOWN,
        refused="seen:     one that is not",
    ),
    Way(
        name="unknown-order",
        command=("preview",),
        program=programs.UNKNOWN_ORDER,
        refused="seen:     endpoints that are not known yet",
    ),
    Way(name="undeclared", program=programs.UNDECLARED, refused=END),
    Way(name="undeclared-hooks", program=programs.NOTHING, refused='hook "alias-end" was not registered'),
    Way(name="caddy-elsewhere", program=programs.CADDY_ELSEWHERE, refused="seen:     another stdin"),
    Way(
        name="caddy-elsewhere-unhooked",
        program=programs.CADDY_ELSEWHERE_UNHOOKED,
        refused="got an unknown key",
    ),
    Way(name="caddy-of-another", program=programs.CADDY_OF_ANOTHER, refused="seen:     another stdin"),
    Way(name="caddy-command", program=programs.CADDY_ANOTHER_COMMAND, refused="another update"),
    Way(name="caddy-interpreter", program=programs.CADDY_ANOTHER_INTERPRETER, refused="another interpreter"),
    Way(name="caddy-environment", program=programs.CADDY_ANOTHER_ENVIRONMENT, refused="another environment"),
    Way(name="destroy", command=DESTROY, refused="You must run with the `--run-program` flag"),
    Way(name="destroy-run-program", command=(*DESTROY, "--run-program"), refused=END),
    Way(
        name="destroy-continue-on-error",
        command=(*DESTROY, "--run-program", "--continue-on-error"),
        refused=END,
    ),
    Way(name="destroy-exclude", command=(*DESTROY, "--run-program", "--exclude", "alias")),
    Way(
        name="destroy-target",
        command=(*DESTROY, "--run-program", "--target", "caddy", "--target-dependents"),
        refused=END,
    ),
    Way(
        name="destroy-hooks-removed",
        command=(*DESTROY, "--run-program"),
        program=programs.NOTHING,
        refused='hook "alias-end" was not registered',
    ),
)


@pytest.fixture(scope="module")
def faulty(running_world: World) -> Iterator[World]:
    """Green beside blue, with a hole in it that the gate sees each time."""
    place = Demo(checkout=running_world.directory, place=running_world.hosts)
    running_world.up("green")
    running_world.synced("green")
    fault.plant(place)
    yield running_world
    fault.mend(place)


@pytest.fixture(scope="module")
def second(faulty: World, ports: Ports) -> Iterator[Mapping[str, Any]]:
    """A second gateway, which is only declared, and what is its own; nothing of it is left in the end."""
    own = {"caddy": {"port": ports.one()}, "ledger": {"port": ports.one()}}
    faulty.config(SECOND, like="gateway", **own)
    faulty.init(SECOND)
    yield own
    faulty.config(SECOND, like="gateway", **own, decommission=True)
    faulty.destroy(SECOND)


@dataclass(frozen=True, kw_only=True, slots=True)
class Demo(Place):
    """The demo's place, for what it plants, over this world's hosts."""

    place: Path

    @property
    def hosts(self) -> Path:
        """The belts of this world."""
        return self.place


@pytest.fixture
def gateway(faulty: World, world: World) -> Iterator[World]:
    """The world, whose gateway's stack says that green is to serve; its program is put back after."""
    main = world.directory / "__main__.py"
    program = main.readlink()
    world.config("gateway", upstream="green")
    yield world
    main.unlink()
    main.symlink_to(program)


@pytest.fixture
def unmoved(gateway: World) -> Iterator[World]:
    """The same, and nobody may have touched the alias at the end: nothing was promoted."""
    before = standing.standing(gateway)
    assert before.answers == "blue"
    yield gateway
    assert standing.standing(gateway) == before


@pytest.fixture
def restored(unmoved: World) -> Iterator[World]:
    """The same, and its state may be edited: it is put back."""
    state = forging.state(unmoved)
    yield unmoved
    forging.put(unmoved, state)


def run(world: World, *command: str, program: str = programs.SAME) -> Run:
    """One command on the gateway's stack under a program."""
    main = world.directory / "__main__.py"
    main.unlink()
    main.write_text(program)
    return world.pulumi(command[0], "--stack", "gateway", *command[1:])


def refused(done: Run, words: str) -> None:
    """The command failed, and with these words."""
    assert done.code != 0, done.text
    assert words in done.text, done.text


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_way(unmoved: World, way: Way) -> None:
    """Refused in the words of who refuses it, or without any effect on the alias."""
    names = {"alias", "caddy"}
    command = tuple(forging.urn(unmoved, word) if word in names else word for word in way.command)
    done = run(unmoved, *command, program=way.program)

    if way.refused is None:
        assert done.code == 0, done.text
    else:
        refused(done, way.refused)
        # With it, the program goes on without the alias, and the SDK has no other words for that.
        assert "--continue-on-error" in way.command or "Traceback" not in done.text


def test_first_create(unmoved: World, second: Mapping[str, Any]) -> None:
    """A gateway's first alias is judged as well, though nobody serves; its first preview needs no ledger."""
    try:
        unmoved.promise(gate.first)
        preview = unmoved.preview(SECOND)
        unmoved.set(SECOND, "upstream", "green")
        unmoved.promise(_all_at_once)
        done = unmoved.try_up(SECOND)
    finally:
        unmoved.promise()

    assert preview.code == 0, preview.text
    assert "blue after nobody: a promotion" in preview.text
    refused(done, HOOK)
    assert "green after nobody: a promotion" in done.text
    assert "7 of " in done.text
    assert not (unmoved.hosts / SECOND / "alias" / "current").exists()


def _all_at_once(hosts: Path, rpc: Any) -> dict[str, Any]:
    """What green has to be as the first belt of all, with every block of its hole looked at, not some."""
    wanted = gate.policy(hosts, rpc)
    chains = {chain: {**each, "new": False} for chain, each in wanted["chains"].items()}
    truth = [
        {**event, "windows": {"blocks": EVERY_BLOCK}}
        if (event["chain"], event["entity"]) == (fault.CHAIN, "Transfer")
        else event
        for event in wanted["groundTruth"]
    ]
    return {**wanted, "mode": "parity", "entities": {}, "chains": chains, "groundTruth": truth}


def test_successor(unmoved: World, second: Mapping[str, Any]) -> None:
    """A gateway that ends and comes again, with a ledger that is empty, is compared with who served last."""
    try:
        unmoved.promise(gate.first)
        unmoved.up(SECOND)
        unmoved.set(SECOND, "decommission", "true")
        unmoved.up(SECOND)
        unmoved.destroy(SECOND)
        unmoved.config(SECOND, like="gateway", **second, upstream="green")
        unmoved.promise()
        done = unmoved.try_up(SECOND)
    finally:
        unmoved.promise()
        unmoved.config(SECOND, like="gateway", **second, decommission=True)
        unmoved.destroy(SECOND)

    refused(done, HOOK)
    assert "green after blue: a promotion" in done.text
    assert "blue served last, until its gateway ended" in done.text
    assert not (unmoved.hosts / SECOND / "alias" / "current").exists()


def test_state_edit(restored: World) -> None:
    """A state that was edited to say that green serves already: the live alias is asked, not the state."""
    forging.edit(restored, claims(restored))

    refused(run(restored, "preview"), GATE)


def test_stack_import(restored: World) -> None:
    """The same by export, edit and import; without hooks, the writer refuses as well."""
    editor, file = forging.editor(restored, claims(restored)), restored.directory / "forged.json"
    file.write_text(json.dumps(forging.state(restored)))
    subprocess.run([editor, file], check=True)
    forging.put(restored, json.loads(file.read_text()))

    refused(run(restored, *UP), GATE)
    refused(run(restored, *UP, program=programs.UNHOOKED), WRITER)


def claims(world: World) -> dict[str, Any]:
    """What the state of the alias would say if green served."""
    outputs = world.outputs("green")
    identity = read_identity(outputs["identity"])
    return {
        "upstream": "green",
        "identity": identity.digest,
        "dial": outputs["dial"],
    }


def test_state_delete(restored: World) -> None:
    """An alias that the state forgot is created anew, and judged; one that is imported cannot be."""
    alias = forging.urn(restored, "alias")
    assert run(restored, "state", "delete", alias, "--force", "--yes").code == 0

    refused(run(restored, *UP), GATE)
    assert run(restored, *UP, program=programs.IMPORTED).code != 0
    by_hand = run(restored, "import", "pulumi-python:dynamic/gateway:Alias", "alias", "gateway", "--yes")
    assert by_hand.code != 0
    restored.set("gateway", "upstream", "blue")
    assert run(restored, *UP).code == 0, "the way back: the alias is found where it should be"


def test_state_delete_destroy(restored: World) -> None:
    """Without the alias in the state its hook is not asked: the host keeps what consumers pass through."""
    before = restored.pids("gateway")
    alias = forging.urn(restored, "alias")
    assert run(restored, "state", "delete", alias, "--force", "--yes").code == 0

    refused(run(restored, *DESTROY, "--run-program"), "gateway stays: consumers are served through it")
    forging.put(restored, forging.unhooked(forging.state(restored)))
    refused(run(restored, *DESTROY), "gateway stays: consumers are served through it")
    by_hand = ("remove", "--all", "--root", str(restored.hosts), "gateway")
    assert "gateway stays" in _host(restored, *by_hand).text
    assert restored.pids("gateway") == before


def _host(world: World, *arguments: str) -> Run:
    """A command of the host, by hand."""
    done = subprocess.run(
        ["python", "-m", "belts", *arguments],
        cwd=world.directory,
        env=environment(state=world.state),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode != 0, done.stdout
    return Run(done.returncode, done.stdout)


def test_lease_left_over(unmoved: World) -> None:
    """A move that was cut off before the swap and taken back leaves a lease, which the next update frees."""
    unmoved.set("gateway", "upstream", "blue")
    home = unmoved.hosts / "green"
    lease_files.expect(home, gateway="gateway")
    found = audit(unmoved)
    done = run(unmoved, *UP)

    assert "green is held as if it came to serve" in found["lease"]
    assert done.code == 0, done.text
    assert lease_files.holding(home) == ()
    assert audit(unmoved) == {}


def test_state_taint(restored: World) -> None:
    """A tainted alias would be deleted and created, and is not."""
    alias = forging.urn(restored, "alias")
    assert run(restored, "state", "taint", alias, "--yes").code == 0

    refused(run(restored, *UP), END)


def test_protect_removed(restored: World) -> None:
    """Whether the state protects it or not: the end of an alias is a word of its own."""
    alias = forging.urn(restored, "alias")
    assert run(restored, "state", "protect", alias, "--yes").code == 0
    assert run(restored, "state", "unprotect", alias, "--yes").code == 0

    refused(run(restored, *DESTROY, "--run-program"), END)


def test_two_operators(unmoved: World, tmp_path: Path) -> None:
    """Two at once: the second of one backend is locked out, and one with a copy of it is judged as well."""
    copy = World.made(tmp_path, hosts=unmoved.hosts, first_port=unmoved.first_port)
    shutil.copytree(unmoved.state, copy.state)
    for file in (*unmoved.directory.glob("Pulumi.*.yaml"), unmoved.policy):
        shutil.copy(file, tmp_path)
    locks = unmoved.state / ".pulumi" / "locks"
    with ThreadPoolExecutor() as pool:
        first = pool.submit(unmoved.try_up, "gateway")
        wait_until(lambda: list(locks.rglob("gateway/*.json")), "the first one's lock")
        done = [first, *(pool.submit(each.try_up, "gateway") for each in (unmoved, copy))]
        judged, locked_out, elsewhere = (each.result() for each in done)

    assert [each.code != 0 for each in (judged, locked_out, elsewhere)] == [True, True, True]
    assert "the stack is currently locked by" in locked_out.text
    assert GATE not in locked_out.text
    assert GATE in judged.text
    assert GATE in elsewhere.text


def test_two_gateways(unmoved: World) -> None:
    """An alias that another gateway has made is not written, and the auditor says whose it is."""
    owner = standing.alias(unmoved) / alias_files.OWNER
    text = owner.read_text()
    owner.write_text(json.dumps({**json.loads(text), "gateway": "second"}))
    try:
        found = audit(unmoved)
        refused(run(unmoved, *UP, program=programs.UNHOOKED), "an alias of second, where this is 'gateway'")
    finally:
        owner.write_text(text)

    assert "directory" in found


def audit(world: World) -> dict[str, str]:
    """What the auditor finds, by kind."""
    where = ("--root", str(world.hosts), "--project", str(world.directory))
    done = subprocess.run(
        ["python", "-m", "gate", "audit", *where, "--json"],
        cwd=world.directory,
        env=environment(state=world.state),
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)["findings"]
    assert (done.returncode == 0) == (not found), done.stderr
    return {each["kind"]: each["seen"] for each in found}


def test_admin_endpoint(unmoved: World) -> None:
    """Who may reach Caddy's admin socket can send consumers anywhere: the auditor compares what runs."""
    home = unmoved.hosts / "gateway" / "caddy"
    answer = door.ask(home, "admin.sock", "GET", "/config/")
    assert not isinstance(answer, str)
    config = json.loads(answer.text)
    route = "{file." + str(standing.alias(unmoved) / "current" / "route") + "}"
    assert "caddy" not in audit(unmoved)
    dial = unmoved.outputs("green")["dial"]
    moved = answer.text.replace(route, f"{dial} green")
    assert moved != answer.text, answer.text[:2_000]
    try:
        assert not isinstance(door.ask(home, "admin.sock", "POST", "/load", json.loads(moved)), str)
        found = audit(unmoved)
    finally:
        door.ask(home, "admin.sock", "POST", "/load", config)

    assert "caddy" in found
    assert audit(unmoved) == {}


def test_caddy_past_the_host(unmoved: World) -> None:
    """A command that is made to run other code moves everybody, and the auditor does not agree."""
    home = unmoved.hosts / "gateway" / "caddy"
    route = "{file." + str(standing.alias(unmoved) / "current" / "route") + "}"
    dial = unmoved.outputs("green")["dial"]
    code = f"""
from belts.runtimes.process.supervise import door
import json
from pathlib import Path
home = Path({str(home)!r})
text = door.ask(home, 'admin.sock', 'GET', '/config/').text.replace({route!r}, {f"{dial} green"!r})
assert door.ask(home, 'admin.sock', 'POST', '/load', json.loads(text)).status == 200
(home / 'config.json').write_text(text)
print('{{}}')
"""
    unmoved.set("gateway", "upstream", "blue")
    try:
        done = run(unmoved, *UP, program=programs.past_the_host(code))
        led_astray = standing.answers(unmoved)
        found = audit(unmoved)
    finally:
        mended = run(unmoved, *UP)

    assert done.code == 0, done.text
    assert led_astray == "green"
    assert "renders for this gateway" in found["caddy"]
    assert mended.code == 0, mended.text
    assert audit(unmoved) == {}


def test_route_written_by_hand(gateway: World) -> None:
    """One file of the alias changed: the auditor finds it, and what the state says moves nothing."""
    before = standing.standing(gateway)
    route = standing.alias(gateway) / "current" / "route"
    route.write_text(f"{gateway.outputs('green')['dial']} green")
    try:
        assert standing.answers(gateway) == "green"
        found = audit(gateway)
        done = run(gateway, *UP)
        assert standing.moves(gateway) == before.moves
    finally:
        route.write_text(before.route)

    assert {"alias", "door"} & found.keys()
    refused(done, GATE)
    assert standing.standing(gateway) == replace(before, written_ns=standing.standing(gateway).written_ns)


def test_byways_written_by_hand(gateway: World) -> None:
    """A belt that consumers could name without a planned break: the auditor finds it."""
    byways = standing.alias(gateway) / "current" / "byways"
    byways.write_text(f"{gateway.outputs('green')['dial']} green 99999999999")
    try:
        found = audit(gateway)
    finally:
        byways.write_text("")

    assert "alias" in found
    assert audit(gateway) == {}


def test_alias_swapped_by_hand(gateway: World) -> None:
    """Both files in step, as the writer leaves them: found, shown, no promotion, and the way back judged."""
    directory = standing.alias(gateway)
    served = alias_files.read(directory)
    assert served is not None
    claimed = claims(gateway)
    serves = replace(served.serves, belt="green", identity=claimed["identity"], dial=claimed["dial"])
    before = standing.moves(gateway)
    Directory(directory, "gateway").swap(replace(served, serves=serves))
    try:
        assert standing.answers(gateway) == "green"
        found = audit(gateway)
        refused(run(gateway, *UP), "somebody moved it by hand")
        gateway.set("gateway", "upstream", "blue")
        shown = run(gateway, "preview", "--diff")
        refused(shown, HOOK)
        assert "blue after nobody: a promotion" in shown.text
        assert standing.moves(gateway) == before
        gateway.promise(gate.first)
        done = run(gateway, *UP)
    finally:
        gateway.promise()
        if standing.answers(gateway) != "blue":
            Directory(directory, "gateway").swap(served)

    assert {"alias", "ledger"} & found.keys()
    assert done.code == 0, done.text
    assert "the alias leads to green, and by the ledger blue serves" in done.text
    assert standing.answers(gateway) == "blue"
    assert [move[:2] for move in standing.moves(gateway)[len(before) :]] == [
        ("found", "green"),
        ("promotion", "blue"),
    ]
    assert audit(gateway) == {}
