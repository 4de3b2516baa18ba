"""No secret of a running world stands anywhere but in files for their owner alone."""

import json
import os
import re
import stat
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from belts.runtimes.process.host import Host
from gate.alias.order import ledger_address
from tests.live.stacks.world import World

pytestmark = pytest.mark.live


def secrets_of(world: World) -> frozenset[str]:
    """Every secret that was made for the belts, as the host and the stacks keep them.

    The addresses of this world's chains are kept like secrets, and are none: no key is in them.
    """
    found: set[str] = set()
    for path in world.hosts.glob("*/secrets.json"):
        kept = json.loads(path.read_text())
        found |= set(_texts({name: kept[name] for name in kept if not name.startswith("RPC_")}))
    outputs = world.outputs("blue")
    found |= {outputs["adminSecret"], *outputs["databases"].values()}
    return frozenset(secret for secret in found if len(secret) >= 12)


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    return [value] if isinstance(value, str) else []


def test_every_secret_everywhere(world: World) -> None:
    """Neither outputs, diffs, state, ledger, processes, logs, nor files that others may read hold one."""
    secrets = secrets_of(world)
    world.set("gateway", "policy", str(world.directory / "another.yaml"))
    diff = world.preview("gateway", "--diff").text
    open_files = [path for path in files(world) if is_open(path)]
    logs = [path for path in files(world) if path.suffix in {".log", ".out", ".err"} or "logs" in path.parts]
    told = {
        "stack output": world.pulumi("stack", "output", "--json", "--stack", "blue").text,
        "preview": world.preview("blue", "--diff").text,
        "stack output of the gateway": world.pulumi("stack", "output", "--json", "--stack", "gateway").text,
        "preview of the gateway": diff,
        "ledger": ledger(world),
        "all that was printed": "".join(world.said),
        "state": "".join(path.read_text() for path in world.state.rglob("*") if path.is_file()),
        "processes": "\n".join(commands()),
        **{str(path): read(path) for path in {*open_files, *logs}},
    }

    assert len(secrets) >= 8
    assert re.search(r"order *: \[secret\]", diff), diff
    assert "PASSED" in told["all that was printed"], "reports of the gate are among it"
    assert [(place, secret) for place, text in told.items() for secret in secrets if secret in text] == []
    assert len(logs) >= 5


def test_files_of_belts(world: World) -> None:
    """What a belt keeps is for its owner alone, directories and files."""
    assert [path for path in world.hosts.glob("*") if path.is_dir() and path.stat().st_mode & 0o077] == []
    assert [path for path in world.hosts.rglob("secrets.json") if path.stat().st_mode & 0o177] == []


def ledger(world: World) -> str:
    """Every row of the ledger, reports of the gate included."""
    url = ledger_address.of_place(Host(world.hosts), "gateway")
    assert url is not None
    with psycopg.connect(url.reveal()) as connection:
        rows = [
            str(row[0])
            for table in ("verdicts", "moves", "results", "announcements", "deliveries")
            for row in connection.execute(f"select to_jsonb({table})::text from {table}".encode())
        ]
    assert len(rows) >= 4
    return "\n".join(rows)


def files(world: World) -> list[Path]:
    """Every file that this world has made; directories that go meanwhile are passed over."""
    folders = [found for place in (world.hosts, world.directory) for found in os.walk(place)]
    paths = [Path(folder, name) for folder, _, names in folders for name in names]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def is_open(path: Path) -> bool:
    """Whether others than its owner may read a file; one that has gone since it was listed is not."""
    with suppress(FileNotFoundError):
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    return False


def read(path: Path) -> str:
    """What a file holds; nothing if it has gone since it was listed."""
    with suppress(FileNotFoundError):
        return path.read_text(errors="replace")
    return ""


def commands() -> list[str]:
    """The command line of every process of this machine."""
    return [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]


@pytest.mark.deep
def test_secret_variable_of_the_indexer(world: World) -> None:
    """An RPC URL with a key in it goes through the stack's secret config, and shows nowhere."""
    key = "hush-4711-of-the-provider"
    world.config(
        "blue", indexer={"env": {name: url for name, url in rpc(world).items() if name != "BELTS_RPC_1"}}
    )
    secret = f"{rpc(world)['BELTS_RPC_1']}/{key}"
    set_ = world.pulumi(
        "config", "set", "--secret", "--path", "secretEnv.BELTS_RPC_1", secret, "--stack", "blue"
    )
    diff = world.preview("blue", "--diff").text
    said = world.up("blue")
    state = "".join(path.read_text() for path in world.state.rglob("*") if path.is_file())
    logs = "".join(read(path) for path in files(world) if path.suffix == ".log")
    world.config("blue", secretEnv=None)
    world.up("blue")

    assert set_.code == 0, set_.text
    assert "[secret]" in diff
    assert [place for place in (diff, said, state, logs, "\n".join(commands())) if key in place] == []


def rpc(world: World) -> dict[str, str]:
    """The RPC variables of blue."""
    chains = {1: 20501, 10: 20502, 8453: 20503, 80094: 20505}
    return {f"BELTS_RPC_{chain}": world.url(port) for chain, port in chains.items()}
