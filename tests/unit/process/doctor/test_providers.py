"""What a provider says of itself, in every form in which providers say it."""

import json
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from belts.runtimes.process.doctor import providers
from belts.runtimes.process.doctor.symptoms import Provider
from tests.answering import answering


def rpc(results: Mapping[str, Any], *, status: int = 200, body: str = "") -> type[BaseHTTPRequestHandler]:
    """One that answers each method as told, or always with one body."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            method, params = asked["method"], asked["params"]
            key = f"{method} {params[0]}" if params else method
            told = body or json.dumps({"jsonrpc": "2.0", "id": asked["id"], **results[key]})
            self.send_response(status)
            self.end_headers()
            self.wfile.write(told.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is the library's
            """Say nothing."""

    return Handler


def block(number: int, *, age_s: float) -> dict[str, Any]:
    return {"result": {"number": hex(number), "timestamp": hex(int(time.time() - age_s))}}


def seen(handler: type[BaseHTTPRequestHandler], *, key: str = "") -> Provider:
    with answering(handler) as url:
        [found] = providers.look({8453: (f"{url}/v2/{key}",)})
    return found


def test_one_that_is_well() -> None:
    """Its chain, its head, how old that is, and how long its blocks take."""
    found = seen(
        rpc(
            {
                "eth_chainId": {"result": hex(8453)},
                "eth_getBlockByNumber latest": block(100, age_s=6),
                f"eth_getBlockByNumber {hex(90)}": block(90, age_s=26),
            }
        )
    )
    assert (found.serves, found.head, found.interval_s, found.trouble) == (8453, 100, 2.0, "")
    assert found.age_s is not None
    assert 5 <= found.age_s < 60


@pytest.mark.parametrize("status", [200, 400, 429, 500])
def test_an_error_is_read_in_any_status(status: int) -> None:
    """Providers send theirs in several; which one it is stands beside the words."""
    error = {"error": {"code": -32005, "message": "daily request count exceeded"}}
    found = seen(rpc({"eth_chainId": error}, status=status))
    assert found.serves is None
    assert f"status {status}: daily request count exceeded" in found.trouble
    assert found.busy is (status == 429)


@pytest.mark.parametrize(
    ("status", "body", "words", "busy"),
    [
        (429, "slow down", "status 429 and no JSON", True),
        (502, "<html>bad gateway</html>", "status 502 and no JSON", False),
        (200, '{"id":1,"error":{"message":"Rate limit reached"}}', "Rate limit reached", True),
        (200, "[]", "no result", False),
        (401, '{"id":1,"error":"invalid key"}', "invalid key", False),
        (200, '{"id":1,"result":{}}', "no number", False),
    ],
)
def test_what_is_no_answer(status: int, body: str, words: str, busy: bool) -> None:
    """It is said, and never raised."""
    found = seen(rpc({}, status=status, body=body))
    assert found.serves is None
    assert words in found.trouble
    assert found.busy is busy


def test_nobody_there() -> None:
    """A refused connection is in words, with the provider's host and not its key."""
    with answering(rpc({})) as url:
        gone = url
    [found] = providers.look({1: (f"{gone}/v2/s3cret",)})
    assert found.trouble.startswith("no answer")
    assert "s3cret" not in f"{found.origin} {found.trouble}"
