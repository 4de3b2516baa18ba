"""A belt's relay as a program: what it is given, and when it is taken for ready."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from belts.provider import routes as files
from belts.provider.routes import Routes, Upstream
from belts.relay.counters import Counters
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import relay
from belts.runtimes.process.seed.sources import refuse_unrelayed
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import from_json, written
from belts.spec.relay import Relay
from tests.unit.belts.specs import belt

KEY = "https://rpc.test/secret-key"
ONE, TEN = Upstream(chain=1, url=KEY), Upstream(chain=10, url="http://127.0.0.1:8545")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(root=tmp_path, belt="green")


def wanted(port: int = 7501) -> Relay:
    return Relay(port=port, requests_per_second=20)


@contextmanager
def running(*upstreams: Upstream) -> Iterator[int]:
    """A server that tells the metrics of a relay which has read these; its port."""
    text = Counters(Routes(word="w", rate=1, upstreams=upstreams)).text

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Keeps quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_what_it_is_given(layout: Layout) -> None:
    """No secret on its command line or in its environment; another rate or URL makes another program."""
    at = relay.at(layout, wanted())
    files.write(relay.routes_of(layout), relay._routes(layout, wanted(), (ONE, TEN)))
    program = relay.program(layout, wanted())
    word = files.read(relay.routes_of(layout)).word
    assert at(1) == f"http://127.0.0.1:7501/{word}/1"
    shown = " ".join((*program.argv, *program.env.values()))
    assert word not in shown
    assert "secret-key" not in shown
    before = program.digest(layout)
    files.write(relay.routes_of(layout), relay._routes(layout, wanted(), (ONE,)))
    assert relay.program(layout, wanted()).digest(layout) != before


def test_its_word_stays(layout: Layout) -> None:
    """What the indexer's code holds leads to it from then on; where it is lost, there is another one."""
    first = relay.at(layout, wanted())(0)
    assert relay.at(layout, wanted())(0) == first
    relay.routes_of(layout).write_text("{")
    another = relay.at(layout, wanted())(0)
    assert another != first
    assert relay.at(layout, wanted())(0) == another


def test_it_is_ready_when_it_dials_what_it_was_told(layout: Layout) -> None:
    """By the process itself: one that has read something else, or that is another's, is not."""
    routes = relay._routes(layout, wanted(), (ONE, TEN))
    with running(ONE, TEN) as port:
        assert relay._probe(port, routes) is None
    for others in ((ONE,), (ONE, TEN, Upstream(chain=10, url="http://127.0.0.1:9999")), ()):
        with running(*others) as port:
            assert relay._probe(port, routes) == f"it dials {len(others)} of 2 servers"
    assert "no answer yet" in str(relay._probe(port, routes))


def test_what_it_says_to_whoever_judges_the_belt(layout: Layout) -> None:
    """Whom it dials, from the process and not from its file; nobody where none was asked for."""
    with running(ONE, TEN) as port:
        _asked(layout, wanted(port))
        files.write(relay.routes_of(layout), relay._routes(layout, wanted(port), (ONE,)))
        said = relay.said(layout)
    assert said is not None
    assert said.dialled == {1: ("https://rpc.test",), 10: ("http://127.0.0.1:8545",)}
    with pytest.raises(OSError, match="refused"):
        relay.said(layout)
    _asked(layout, None)
    assert relay.said(layout) is None


def _asked(layout: Layout, of: Relay | None) -> None:
    recorded.record(from_json(written(belt(name="green", relay=of))["indexer"] | {"root": str(layout.root)}))


def test_a_url_that_it_would_not_stand_in_front_of(layout: Layout) -> None:
    """It is refused by chain, without the URL: the indexer would ask it past every budget."""
    refuse_unrelayed(layout, {1: (KEY,), 10: (TEN.url,)}, (ONE, TEN))
    with pytest.raises(Refused) as refused:
        refuse_unrelayed(layout, {1: (KEY,), 10: (TEN.url,), 5: (KEY,)}, (ONE, TEN))
    assert "chain 5" in refused.value.seen
    assert "secret-key" not in str(refused.value)
