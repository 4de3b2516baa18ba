"""A belt whose GraphQL engine runs elsewhere: asked, given to the real indexer, and otherwise left alone."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import Ports
from tests.deep import one_of_each
from tests.live import plain
from tests.live.gate.relay import Question, Reply, as_json, relay
from tests.live.hosts import CHECKOUT, Answer, Hosts, answers, wait_until
from tests.live.process.conftest import engine, postgres
from tests.live.world import BLUE, World, indexer_fields

pytestmark = pytest.mark.live

THEIRS = "hush-2342-of-their-engine"
QUERY = {"query": "{ Transfer(limit: 1) { id } chain_metadata { chain_id } }"}


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """An engine that no belt has started, over the database of one."""

    hosts: Hosts
    url: str
    process: "subprocess.Popen[bytes]"

    def adopt(self, secret: str | None, url: str | None = None, *, belt: str = "blue") -> Answer:
        request = self.hosts.request(
            "engine", belt=belt, engine="external", url=(url or self.url).removesuffix("/v1/graphql")
        )
        given = {} if secret is None else {"BELTS_SECRETS": json.dumps({"adminSecret": secret})}
        return self.hosts.run("apply", stdin=json.dumps(request), environment=given)

    def ask(self, secret: str) -> Any:
        headers = {"x-hasura-admin-secret": secret}
        return plain.post(self.url, json=QUERY, headers=headers, timeout=10).json()

    def administer(self, command: str, args: Any = None) -> Any:
        """What somebody does to their engine."""
        headers = {"x-hasura-admin-secret": THEIRS}
        where = f"{self.url.removesuffix('/graphql')}/metadata"
        answer = plain.post(where, json={"type": command, "args": args or {}}, headers=headers)
        answer.raise_for_status()
        return answer.json()

    def relationships(self) -> set[str]:
        """Those that it serves."""
        [source] = self.administer("export_metadata")["sources"]
        return {
            f"{table['table']['name']}.{one['name']}"
            for table in source["tables"]
            for kind in ("object_relationships", "array_relationships")
            for one in table.get(kind, ())
        }


@pytest.fixture
def elsewhere(hosts: Hosts, ports: Ports, tmp_path: Path) -> Iterator[Elsewhere]:
    port = ports.one()
    hosts.apply("postgres", port=port)
    password = hosts.secrets("blue")["engine"]
    served = ports.one()
    environment = {
        **os.environ,
        "HASURA_GRAPHQL_DATABASE_URL": f"postgres://engine:{password}@127.0.0.1:{port}/belts",
        "HASURA_GRAPHQL_SERVER_PORT": str(served),
        "HASURA_GRAPHQL_ADMIN_SECRET": THEIRS,
        "BELTS_ENGINE_METADATA_FILE": str(tmp_path / "metadata.json"),
    }
    process = subprocess.Popen([sys.executable, "-m", "belts.engine"], cwd=CHECKOUT, env=environment)
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{served}/healthz"), "their engine")
        yield Elsewhere(hosts=hosts, url=f"http://127.0.0.1:{served}/v1/graphql", process=process)
        assert process.poll() is None, "what runs elsewhere is left alone"
    finally:
        process.terminate()
        process.wait(20)


def test_an_engine_elsewhere(elsewhere: Elsewhere, world: World, ports: Ports) -> None:
    """The indexer tracks its tables there; nothing is started here, and its removal ends nothing there."""
    adopted = elsewhere.adopt(THEIRS)
    assert adopted.code == 0, adopted.said
    dial = urlsplit(elsewhere.url).netloc
    assert adopted.result == {"graphql": elsewhere.url, "dial": dial, "adminSecret": THEIRS}
    assert elsewhere.adopt(None).result == adopted.result, "the secret is kept"

    elsewhere.hosts.apply("indexer", **indexer_fields(world.rpc, port=ports.one()))
    wait_until(lambda: elsewhere.ask(THEIRS).get("data", {}).get("Transfer"), "rows through their engine")
    assert {row["chain_id"] for row in elsewhere.ask(THEIRS)["data"]["chain_metadata"]} == set(BLUE)
    assert "engine" not in elsewhere.hosts.pids("blue")
    elsewhere.administer("clear_metadata")
    assert "data" not in elsewhere.ask(THEIRS)
    healed = elsewhere.hosts.run("heal", "--root", str(elsewhere.hosts.root), "blue")
    assert healed.code == 0, healed.said
    assert "its engine had lost what it serves, and has it again" in healed.said
    assert elsewhere.ask(THEIRS)["data"]["Transfer"]

    known = elsewhere.relationships()
    assert "Transfer.from" in known
    table = {"schema": "public", "name": "Transfer"}
    elsewhere.administer("pg_drop_relationship", {"table": table, "relationship": "from"})
    assert elsewhere.relationships() == known - {"Transfer.from"}
    healed = elsewhere.hosts.run("heal", "--root", str(elsewhere.hosts.root), "blue")
    assert healed.code == 0, healed.said
    assert elsewhere.relationships() == known, "every table was served all the time"
    elsewhere.hosts.remove("engine", engine="external", url=elsewhere.url.removesuffix("/v1/graphql"))


@pytest.mark.parametrize(
    ("secret", "path", "told"),
    [
        (None, "", "the external engine has no admin secret"),
        ("not-theirs", "", "the external engine does not answer as one"),
        (THEIRS, "/nowhere", "the external engine does not answer as one"),
    ],
)
def test_an_engine_that_is_none(elsewhere: Elsewhere, secret: str | None, path: str, told: str) -> None:
    """Refused with the next step, and no secret in the words."""
    refused = elsewhere.adopt(secret, elsewhere.url + path)
    assert refused.code == 1
    assert told in refused.said
    assert "now: " in refused.said
    assert not any(hush in refused.said for hush in ("not-theirs", THEIRS))


def test_two_belts_on_one_hasura(elsewhere: Elsewhere, ports: Ports) -> None:
    """By its address, also in a check; by another name, as it is one catalogue. Blue is served as before."""
    hosts, belt = elsewhere.hosts, {"engine": "external", "belt": "green"}
    hosts.apply("postgres", belt="green", **postgres(ports.one()))
    assert elsewhere.adopt(THEIRS).code == 0
    localhost = elsewhere.url.removesuffix("/v1/graphql").replace("127.0.0.1", "localhost")
    seen = hosts.ask("check", "engine", url=localhost, **belt)
    assert seen.code == 1
    assert "green: its Hasura is that of another belt" in seen.said
    assert elsewhere.adopt(THEIRS, localhost, belt="green").code == 1
    with relay(
        ports.one(), elsewhere.url.removesuffix("/v1/graphql"), lambda _, upstream: upstream()
    ) as door:
        assert hosts.ask("check", "engine", url=door, **belt).code == 0
        shared = elsewhere.adopt(THEIRS, door, belt="green")
    assert shared.code == 1
    assert "one catalogue under two names" in shared.said
    assert THEIRS not in shared.said
    assert elsewhere.adopt(None).code == 0


def test_a_wrong_secret_changes_nothing(elsewhere: Elsewhere, ports: Ports) -> None:
    """The belt's own engine answers on, and of two secrets the one that was proved is kept."""
    own = ports.one()
    ours = elsewhere.hosts.apply("engine", **engine(own))
    pid = elsewhere.hosts.pids()["engine"]
    assert elsewhere.adopt("not-theirs").code == 1
    wait_until(lambda: answers(f"http://127.0.0.1:{own}/healthz"), "the belt's own engine answers")
    assert elsewhere.hosts.apply("engine", **engine(own)) == ours
    assert elsewhere.hosts.pids()["engine"] == pid

    assert elsewhere.adopt(THEIRS).code == 0
    assert not answers(f"http://127.0.0.1:{own}/healthz")
    assert elsewhere.adopt("not-theirs").code == 1
    again = elsewhere.adopt(None)
    assert again.code == 0, again.said
    assert again.result["adminSecret"] == THEIRS


@pytest.mark.parametrize("before", one_of_each([190, 0]))
def test_a_server_that_says_back_what_it_was_sent(elsewhere: Elsewhere, ports: Ports, before: int) -> None:
    """Its words are shown without the secret, or what fits of it; and it is not kept."""

    def echo(question: Question, _: object) -> Reply:
        sent = {name.lower(): value for name, value in question.headers.items()}
        return as_json("x" * before + sent["x-hasura-admin-secret"], status=400)

    with relay(ports.one(), elsewhere.url, echo) as echoing:
        refused = elsewhere.adopt("not-theirs-either", echoing)
    assert refused.code == 1
    assert "status 400" in refused.said
    assert "not-th" not in refused.said
    assert "external" not in elsewhere.hosts.secrets("blue")
