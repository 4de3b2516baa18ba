"""A belt by URL under the real engine: one of another root, behind a platform with TLS and a path."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from demo.consumer import Consumer
from tests.conftest import Ports
from tests.live.edges.certified import Authority
from tests.live.hosts import Hosts, command_line, processes
from tests.live.stacks.hosting import hosting
from tests.live.stacks.standing import answers
from tests.live.stacks.world import PROJECT, World

pytestmark = [pytest.mark.live, pytest.mark.deep]


@dataclass(frozen=True, kw_only=True, slots=True)
class Away:
    """The stack `away`, and the secrets that its belt is reached with."""

    world: World
    secrets: tuple[str, ...]


@pytest.fixture
def away(world: World, ports: Ports, tmp_path: Path) -> Iterator[Away]:
    """A belt of another root, at its heads, and a stack that describes it by its URLs."""
    postgres, engine, indexer, tls, edge = ports.block(5)
    authority = Authority(directory=tmp_path)
    (tmp_path / "ca.pem").write_text(authority.pem)
    with Hosts.temporary() as elsewhere:
        world.config(
            "hosted",
            like="green",
            root=str(elsewhere.root),
            postgres={"port": postgres},
            hasura={"port": engine},
            indexer={"port": indexer},
        )
        world.init("hosted")
        world.up("hosted")
        world.synced("hosted")
        belt = world.outputs("hosted")
        behind = urlsplit(belt["graphql"]).netloc
        with hosting(tmp_path, port=tls, certificate=authority.signed(), behind=behind) as url:
            config = {
                "kind": "belt",
                "runtime": "url",
                "root": str(world.hosts),
                "edge": {"url": url, "port": edge, "ca": str(tmp_path / "ca.pem")},
                "metrics": belt["metrics"],
                "envio": {"project": "examples/indexer", "config": "config.green.yaml"},
                "indexedFrom": [
                    {"chain": int(chain), "url": rpc}
                    for chain, urls in belt["sources"].items()
                    for rpc in urls
                ],
            }
            text = yaml.safe_dump({"config": {f"belts:{key}": value for key, value in config.items()}})
            (world.directory / "Pulumi.away.yaml").write_text(text)
            world.init("away")
            database = belt["databases"]["gate"]
            for key, value in {"adminSecret": belt["adminSecret"], "databaseUrl": database}.items():
                assert world.pulumi("config", "set", "--secret", key, value, "--stack", "away").code == 0
            password = str(conninfo_to_dict(database)["password"])
            yield Away(world=world, secrets=(belt["adminSecret"], password))
        world.destroy("hosted")


def in_clear(away: Away) -> list[str]:
    """Where a secret of the belt stands for others to read: in what was said, in a state, in a log."""
    world = away.world
    files = [
        *(world.state / ".pulumi" / "stacks" / PROJECT).glob("*"),
        *(file for file in (world.hosts / "away").rglob("*") if file.name != "secrets.json"),
        *(world.hosts / "gateway" / "logs").glob("*"),
        world.directory / "Pulumi.away.yaml",
    ]
    texts = {str(file): file.read_bytes() for file in files if file.is_file()}
    told = texts | {"said": "\n".join(world.said).encode()}
    told |= {f"pid {pid}": command_line(pid).encode() for pid in processes()}
    return [place for place, text in told.items() if any(secret.encode() in text for secret in away.secrets)]


def test_promoted_and_rolled_back(away: Away) -> None:
    """The whole gate passes it by its URLs, no consumer notices, and of it only the edge is ended."""
    world = away.world
    preview = world.preview("away")
    assert preview.code == 0, preview.text
    assert "not looked at: whether its indexer runs the project" in preview.text
    world.up("away")
    world.up("away", "--expect-no-changes")
    with Consumer(f"{world.url(20530)}/v1/graphql") as consumer:
        world.set("gateway", "upstream", "away")
        judged = world.preview("gateway")
        assert judged.code == 0, judged.text
        world.up("gateway")
        promoted = answers(world)
        kept = world.pulumi("destroy", "--run-program", "--yes", "--skip-preview", "--stack", "away")
        world.set("gateway", "upstream", "blue")
        world.up("gateway")
        back = answers(world)
    leaks = in_clear(away)
    ended = world.pulumi("destroy", "--run-program", "--yes", "--skip-preview", "--stack", "away")

    assert (promoted, back) == ("away", "blue")
    assert consumer.failures == []
    assert kept.code != 0
    assert "away stays" in kept.text
    assert leaks == []
    assert ended.code == 0, ended.text
    assert "whoever owns it ends it there" in ended.text
    assert not (world.hosts / "away").exists()
