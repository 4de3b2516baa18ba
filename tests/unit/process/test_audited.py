"""What a host shows to an auditor: only what was asked of it, and what lies where it would put it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from belts.files import write_private_json
from belts.runtimes.process.audited import Audited
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import host_identity, secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.host import Host
from belts.runtimes.process.parts import caddy
from belts.runtimes.process.supervise import door
from belts.spec.gateway import Caddy, alias_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A gateway and blue, of which everything was asked and nothing runs."""
    ask(tmp_path, "gateway", "caddy", port=8080)
    ask(tmp_path, "gateway", "webhook-sender")
    ask(tmp_path, "blue", "postgres", port=5432)
    ask(tmp_path, "blue", "engine", port=8501)
    return tmp_path


def ask(root: Path, belt: str, part: str, **fields: Any) -> None:
    asked = {"version": 1, "part": part, "root": str(root), "belt": belt} | fields
    write_private_json(Layout(root=root, belt=belt).request(part), asked)


def store(root: Path, gateway: str, config: dict[str, Any]) -> None:
    write_private_json(Layout(root=root, belt=gateway).of_part(caddy.PROGRAM) / "config.json", config)


def test_what_was_asked_of_it(root: Path) -> None:
    """Belts and gateways by name, where each answers, and every part of them that does not run."""
    (root / "somebody-elses").mkdir()
    shown = Host(root).audited()
    assert shown.names() == ("blue", "gateway")
    assert Host(root).graphql() == {"blue": "http://127.0.0.1:8501/v1/graphql"}
    assert shown.url("gateway") == "http://127.0.0.1:8080/v1/graphql"
    assert shown.announces("gateway")
    assert not shown.announces("blue")
    assert shown.down("blue") == ("engine", "postgres")


def test_a_stack_of_another_host(root: Path) -> None:
    """Who is next to update it from there would change a belt that it cannot see: told with both names."""
    own, other = (f"alice-host-{digit * 16}" for digit in "01")
    host_identity.settle(root, own)
    stated = {"version": 3, "part": "postgres", "root": str(root), "belt": "blue", "port": 5432}
    shown = Audited(root)
    engine = json.dumps(stated | {"part": "engine", "port": 8501, "engine": "embedded", "host": own})
    for host, words in (
        (own, ()),
        ("", ()),
        (other, (f"its stack is of the host {other}, and this one is {own}",)),
    ):
        text = json.dumps(stated | {"host": host})
        found = shown.apart("blue", {"postgres": text, "engine": engine})
        assert found == tuple(f"blue: {each}" for each in words)


@pytest.mark.parametrize("name", ["blue", "red"])
def test_no_gateway(root: Path, name: str) -> None:
    """A belt is none, and nor is what nobody asked for."""
    shown = Audited(root)
    assert shown.url(name) is None
    assert shown.running(name) is None


def test_a_request_that_cannot_be_read(root: Path) -> None:
    """Nobody is told that there is no gateway."""
    Layout(root=root, belt="gateway").request("caddy").write_text("{")
    for look in (Audited(root).url, Audited(root).running, Audited(root).announces):
        with pytest.raises(Refused, match="cannot be read"):
            look("gateway")


def test_a_caddy_that_does_not_answer(root: Path) -> None:
    """What it runs cannot be told, whatever its file says."""
    layout = Layout(root=root, belt="gateway")
    store(root, "gateway", caddy.rendered(layout, Caddy(port=8080)))
    with pytest.raises(Refused, match="its admin endpoint does not answer"):
        Audited(root).running("gateway")


@pytest.mark.parametrize("edited", ["nothing", "what runs", "what is stored"])
def test_a_config_that_was_edited(root: Path, monkeypatch: pytest.MonkeyPatch, edited: str) -> None:
    """What runs and what is stored are told apart, each beside what the host renders."""
    own = caddy.rendered(Layout(root=root, belt="gateway"), Caddy(port=8080))
    runs = own | {"logging": {}} if edited == "what runs" else own
    store(root, "gateway", own | {"logging": {}} if edited == "what is stored" else own)
    monkeypatch.setattr(door, "ask", lambda *_: door.Answer(status=200, text=json.dumps(runs)))
    running = Audited(root).running("gateway")
    assert running is not None
    assert running.as_rendered is (edited != "what runs")
    assert running.stored_as_rendered is (edited != "what is stored")


def test_two_gateways_on_one_alias(root: Path) -> None:
    """By its config or by a link; a gateway with an alias of its own shares nothing."""
    for other in ("by-config", "by-link", "apart"):
        ask(root, other, "caddy", port=8081)
    store(root, "by-config", {"root": f"{alias_of(root / 'gateway')}/current"})
    store(root, "apart", {"root": f"{alias_of(root / 'apart')}/current"})
    alias_of(root / "by-link").symlink_to(alias_of(root / "gateway"))
    assert Audited(root).sharing("gateway") == ("by-config", "by-link")


def test_the_database_of_a_belt(root: Path) -> None:
    """Through the role that only reads; none where no secret is kept, and none of a belt without one."""
    assert Audited(root).database("blue") is None
    secrets.keep(Layout(root=root, belt="blue"), "gate", "pass/word")
    host = quote(str(root / "blue" / "sockets" / "host"), safe="")
    assert Audited(root).database("blue") == f"postgresql://gate:pass%2Fword@{host}:5432/belts"
    secrets.keep(Layout(root=root, belt="gateway"), "gate", "another")
    assert Audited(root).database("gateway") is None
