"""An RPC of another chain is refused before anything is indexed from it; one that is silent is not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from belts.envio.release import LATEST
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed.sources import chain_of, file_of, refuse_other_chains
from belts.runtimes.process.seed.workspace import Workspace
from belts.spec.indexer import Indexer, Profile


@contextmanager
def rpc(result: object) -> Iterator[str]:
    """A server of our own that answers as an RPC does."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            assert asked["method"] == "eth_chainId"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}).encode())

        def log_message(self, *_: object) -> None:
            """Keeps quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/a-long-secret-key"
    finally:
        server.shutdown()
        server.server_close()


def refuse(tmp_path: Path, one: str, ten: str) -> None:
    """A belt of two chains that is indexed from these URLs."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "config.yaml").write_text("chains:\n  - {id: 1, rpc: '${ONE}'}\n  - {id: 10, rpc: '${TEN}'}\n")
    request = Indexer(
        project=project,
        config="config.yaml",
        digest="",
        chains=(1, 10),
        heap_mb=512,
        profile=Profile.STEADY,
        port=1,
    )
    refuse_other_chains(
        Layout(root=tmp_path, belt="green"),
        request,
        Workspace(home=tmp_path, packages=tmp_path / "packages", release=LATEST),
        {"ONE": one, "TEN": ten},
    )


def test_an_rpc_of_each_chain(tmp_path: Path) -> None:
    with rpc("0x1") as one, rpc("0xa") as ten:
        refuse(tmp_path, one, ten)
    told = Layout(root=tmp_path, belt="green")
    assert json.loads(file_of(told).read_text()) == {"1": [one], "10": [ten]}
    assert file_of(told).stat().st_mode & 0o077 == 0


def test_two_that_were_swapped(tmp_path: Path) -> None:
    """Nothing but scheme and host of the URL is shown."""
    with rpc("0x1") as one, rpc("0xa") as ten, pytest.raises(Refused) as caught:
        refuse(tmp_path, ten, one)
    assert "would take chain 1 from another chain" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_one_that_does_not_answer(tmp_path: Path) -> None:
    with rpc("0xa") as ten:
        refuse(tmp_path, "http://127.0.0.1:9", ten)


@pytest.mark.parametrize("result", [None, "one", 1, {}])
def test_one_that_does_not_say(result: object) -> None:
    with rpc(result) as url:
        assert chain_of(url) is None
