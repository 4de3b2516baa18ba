"""The edge of a belt by URL, on a real Caddy under its supervisor, before a platform with TLS and a path."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from belts.runtimes.process.host import Host
from belts.runtimes.url.look import Unseen, answers
from tests.conftest import Ports
from tests.live import plain
from tests.live.edges.certified import Authority
from tests.live.edges.platform import GRAPHQL, Platform, up
from tests.live.hosts import Hosts, command_line, processes, wait_until
from tests.live.world import MANY

pytestmark = pytest.mark.live

HUSH = "hush-4711-of-the-belt"
DATABASE = f"postgresql://gate:{HUSH}-too@127.0.0.1:1/belt"
SEED = {"database": "belt", "systemIdentifier": "7", "databaseOid": 5, "chainTableOid": 16_384}
QUESTION = {"query": "{ __typename }"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(directory=tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def hosts(ports: Ports) -> Iterator[Hosts]:
    with Hosts.temporary() as made:
        yield made


def number(belt: str) -> int:
    """That of its database, which is no other belt's."""
    return 100 + int.from_bytes(hashlib.sha256(belt.encode()).digest()[:3])


def edge(hosts: Hosts, ports: Ports, url: str, authority: Authority, *, belt: str) -> str:
    """Where the edge of a belt at this URL answers."""
    request = hosts.request(
        "edge",
        belt=belt,
        url=url,
        port=ports.block(1)[0],
        authorities=authority.pem,
        budget=MANY,
        **SEED | {"databaseOid": number(belt)},
    )
    told = {"BELTS_SECRETS": json.dumps({"databaseUrl": DATABASE})}
    answer = hosts.run("apply", stdin=json.dumps(request), environment=told)
    assert answer.code == 0, answer.said
    found: str = answer.result["graphql"]
    return found


def test_a_belt_behind_tls_and_a_path(hosts: Hosts, ports: Ports, authority: Authority) -> None:
    """It is asked by its own name, under its path, and by nothing of ours; what lies beside stays there."""
    with up(Platform(port=ports.block(1)[0]), authority.signed()) as platform:
        url = edge(hosts, ports, platform.url, authority, belt="good")
        headers = {"X-Hasura-Admin-Secret": HUSH, "Host": "consumers.example", "X-Belts-Client": "10.0.0.7"}
        answer = plain.post(f"{url}?token={HUSH}", json=QUESTION, headers=headers, timeout=10)
        metadata = plain.post(url.replace("graphql", "metadata"), json=QUESTION, timeout=10)
        other = plain.post(url.replace("graphql", "query"), json=QUESTION, timeout=10)
        [asked, beside] = platform.asked

    assert answer.json()["data"] == {"__typename": "query_root"}
    assert (asked["path"], asked["headers"]["host"]) == (GRAPHQL, f"localhost:{platform.port}")
    assert asked["query"] == f"token={HUSH}"
    assert asked["headers"]["x-hasura-admin-secret"] == HUSH
    assert "x-belts-client" not in asked["headers"]
    assert (metadata.status_code, beside["path"]) == (200, "/belt-1/v1/metadata")
    assert other.status_code == 404
    _nowhere_in_clear(hosts, "good")


def _nowhere_in_clear(hosts: Hosts, belt: str) -> None:
    """In no file but the one that is kept for that, which is its owner's, and in no command line."""
    kept = hosts.root / belt / "secrets.json"
    holding = [
        file
        for file in hosts.root.rglob("*")
        if file.is_file() and not file.is_symlink() and HUSH.encode() in file.read_bytes()
    ]
    assert holding == [kept]
    assert kept.stat().st_mode & 0o77 == 0
    assert not [pid for pid in processes() if HUSH in command_line(pid)]


@pytest.mark.parametrize(
    ("name", "expired", "words"),
    [("localhost", True, "expired"), ("another.example", False, "another.example")],
    ids=["expired", "another name"],
)
@pytest.mark.deep
def test_a_certificate_that_does_not_hold(
    hosts: Hosts, ports: Ports, authority: Authority, name: str, expired: bool, words: str
) -> None:
    """Nobody is asked anything: consumers and gate read 502, and the stack is refused in words."""
    belt = "expired" if expired else "named"
    with up(Platform(port=ports.block(1)[0]), authority.signed(name, expired=expired)) as platform:
        url = edge(hosts, ports, platform.url, authority, belt=belt)
        answer = plain.post(url, json=QUESTION, headers={"X-Hasura-Admin-Secret": HUSH}, timeout=10)
        with pytest.raises(Unseen) as refused:
            answers(belt, platform.url, HUSH, authority.pem)

    assert answer.status_code == 502
    assert "does not prove that it is the belt" in answer.json()["error"]
    assert platform.asked == []
    assert "a certificate that does not hold" in refused.value.seen
    if expired:
        assert words in refused.value.seen


@pytest.mark.deep
def test_an_authority_that_nobody_named(
    hosts: Hosts, ports: Ports, authority: Authority, tmp_path: Path
) -> None:
    """A certificate of another authority proves nothing, whatever name stands in it."""
    with up(Platform(port=ports.block(1)[0]), Authority(directory=tmp_path).signed()) as platform:
        url = edge(hosts, ports, platform.url, authority, belt="stranger")
        answer = plain.post(url, json=QUESTION, timeout=10)
        with pytest.raises(Unseen, match="does not hold"):
            answers("stranger", platform.url, HUSH, authority.pem)

    assert (answer.status_code, platform.asked) == (502, [])


@pytest.mark.deep
def test_a_url_that_leads_elsewhere(hosts: Hosts, ports: Ports, authority: Authority) -> None:
    """Nobody is led on, neither by the edge nor with the secret by whoever looks."""
    platform = Platform(port=ports.block(1)[0], elsewhere="https://elsewhere.example/v1/graphql")
    with up(platform, authority.signed()):
        url = edge(hosts, ports, platform.url, authority, belt="moved")
        answer = plain.post(url, json=QUESTION, timeout=10)
        with pytest.raises(Unseen, match="leads elsewhere"):
            answers("moved", platform.url, HUSH, authority.pem)

    assert answer.status_code == 502
    assert "location" not in answer.headers
    assert "leads elsewhere" in answer.json()["error"]


@pytest.mark.deep
def test_a_belt_that_is_down(hosts: Hosts, ports: Ports, authority: Authority) -> None:
    """The edge comes up all the same and says so; it is the same edge when the belt is back."""
    platform = Platform(port=ports.block(1)[0])
    url = edge(hosts, ports, platform.url, authority, belt="down")
    down = plain.post(url, json=QUESTION, timeout=10)
    with pytest.raises(Unseen, match="no answer"):
        answers("down", platform.url, HUSH, authority.pem)
    with up(platform, authority.signed()):
        back = plain.post(url, json=QUESTION, timeout=10)

    assert (down.status_code, down.json()["error"]) == (502, "the belt does not answer at its URL")
    assert back.status_code == 200


@pytest.mark.deep
def test_sockets_are_closed_when_the_alias_has_moved(
    hosts: Hosts, ports: Ports, authority: Authority
) -> None:
    """A subscription goes through, and ends with 1001 at the drain; the edge is there for the next."""
    with up(Platform(port=ports.block(1)[0]), authority.signed()) as platform:
        url = edge(hosts, ports, platform.url, authority, belt="drained")
        where = url.replace("http", "ws")
        with connect(where, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
            socket.send("one")
            assert socket.recv(10) == "one"
            assert Host(hosts.root).drain("drained") is None
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(10)
        wait_until(lambda: _answers(where), "the edge takes the next")

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    assert {each["path"] for each in platform.asked} == {GRAPHQL}


def _answers(where: str) -> bool:
    """As a client that comes back does it: one that meets the edge while it closes sockets tries again."""
    try:
        with connect(where, subprotocols=["graphql-transport-ws"]) as again:  # type: ignore[list-item]
            again.send("two")
            return again.recv(10) == "two"
    except (OSError, WebSocketException):
        return False


@pytest.mark.deep
def test_one_belt_under_two_names(hosts: Hosts, ports: Ports, authority: Authority) -> None:
    """By its URL, and by its database whatever the URLs are."""
    url = f"https://localhost:{ports.block(1)[0]}/belt-1/v1/graphql"
    edge(hosts, ports, url, authority, belt="first")
    same = hosts.ask(
        "check", "edge", belt="again", url=url, port=ports.block(1)[0], **SEED | {"databaseOid": 99}
    )
    other = f"https://elsewhere.example{GRAPHQL}"
    shared = hosts.ask(
        "check",
        "edge",
        belt="again",
        url=other,
        port=ports.block(1)[0],
        **SEED | {"databaseOid": number("first")},
    )

    assert same.code == shared.code == 1
    assert "it is first under another name" in same.said
    assert f"{url} is the URL of both" in same.said
    assert "one database: belt of system 7" in shared.said


@pytest.mark.deep
def test_killed_and_removed(hosts: Hosts, ports: Ports, authority: Authority) -> None:
    """It comes back without being told a secret, stays while it serves, and says at its end who is left."""
    with up(Platform(port=ports.block(1)[0]), authority.signed()) as platform:
        url = edge(hosts, ports, platform.url, authority, belt="healed")
        place = Host(hosts.root)
        place.serve("healed", gateway="gateway")
        held = hosts.run("remove", "--all", "--root", str(hosts.root), "healed")
        (hosts.root / "healed" / "leases" / "gateway.json").unlink()
        assert hosts.run("heal", "--root", str(hosts.root), "healed").code == 0
        answered = plain.post(url, json=QUESTION, timeout=10).status_code
        status = hosts.status("healed")["parts"]["edge"]
        looked = hosts.run("doctor", "--root", str(hosts.root), "healed").said
        said = hosts.run("remove", "--all", "--root", str(hosts.root), "healed").said

    assert held.code == 1
    assert "healed stays" in held.said
    assert (answered, status["state"]) == (200, "up")
    assert "Traceback" not in looked
    assert "whoever owns it ends it there" in said
    assert place.seeded("healed") == 0
