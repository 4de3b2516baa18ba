"""No secret of a running world stands anywhere but in files for their owner alone."""

import json
import stat
from pathlib import Path

import psutil
import pytest

from tests.live.stacks.world import World

pytestmark = pytest.mark.live


def secrets_of(world: World) -> frozenset[str]:
    """Every secret that was made for the belts, as the host and the stacks keep them."""
    found: set[str] = set()
    for path in world.hosts.glob("*/secrets.json"):
        found |= set(_texts(json.loads(path.read_text())))
    outputs = world.outputs("blue")
    found |= {outputs["adminSecret"], *outputs["databases"].values()}
    return frozenset(secret for secret in found if len(secret) >= 12)


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    return [value] if isinstance(value, str) else []


def test_every_secret_everywhere(world: World) -> None:
    """Neither outputs, state, processes, logs, nor any file that others may read hold a secret."""
    secrets = secrets_of(world)
    open_files = [path for path in files(world) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    logs = [path for path in files(world) if path.suffix in {".log", ".out", ".err"} or "logs" in path.parts]
    told = {
        "stack output": world.pulumi("stack", "output", "--json", "--stack", "blue").text,
        "preview": world.preview("blue", "--diff").text,
        "all that was printed": "".join(world.said),
        "state": "".join(path.read_text() for path in world.state.rglob("*") if path.is_file()),
        "processes": "\n".join(commands()),
        **{str(path): path.read_text(errors="replace") for path in {*open_files, *logs}},
    }

    assert len(secrets) >= 7
    assert [(place, secret) for place, text in told.items() for secret in secrets if secret in text] == []
    assert len(logs) >= 5


def test_files_of_belts(world: World) -> None:
    """What a belt keeps is for its owner alone, directories and files."""
    assert [path for path in world.hosts.glob("*") if path.is_dir() and path.stat().st_mode & 0o077] == []
    assert [path for path in world.hosts.rglob("secrets.json") if path.stat().st_mode & 0o177] == []


def files(world: World) -> list[Path]:
    """Every file that this world has made."""
    places = (world.hosts, world.directory)
    return [path for place in places for path in place.rglob("*") if path.is_file() and not path.is_symlink()]


def commands() -> list[str]:
    """The command line of every process of this machine."""
    return [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]


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
    logs = "".join(path.read_text(errors="replace") for path in world.hosts.rglob("*.log"))
    world.config("blue", secretEnv=None)
    world.up("blue")

    assert set_.code == 0, set_.text
    assert "[secret]" in diff
    assert [place for place in (diff, said, state, logs, "\n".join(commands())) if key in place] == []


def rpc(world: World) -> dict[str, str]:
    """The RPC variables of blue."""
    chains = {1: 20501, 10: 20502, 8453: 20503, 80094: 20505}
    return {f"BELTS_RPC_{chain}": world.url(port) for chain, port in chains.items()}
