"""What answers at the URL of a belt: nothing but a belt is taken for one, and nobody is followed."""

from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler

import pytest

from belts.runtimes.url.look import MOST_BYTES, Unseen, answers
from tests.answering import answering


def alike(status: int, body: bytes) -> AbstractContextManager[str]:
    """A server that answers everything alike, and names another place."""

    class Alike(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    return answering(Alike)


def test_a_belt() -> None:
    with alike(200, b'{"data":{"__typename":"query_root"}}') as url:
        answers("green", f"{url}/v1/graphql", "secret", "")


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (302, b"", "it leads elsewhere"),
        (200, b"<html>", "no JSON"),
        (200, b"[]", "an error"),
        (200, b'{"data":null}', "an answer without data"),
        (200, b'{"data":{"__typename":"x"},"errors":[]}', "an error"),
        (401, b'{"error":"access-denied"}', "an error"),
        (500, b'{"data":{"__typename":"x"}}', "an error"),
        (200, b" " * (MOST_BYTES + 1), "more than"),
    ],
    ids=["redirect", "a page", "a list", "no data", "an error beside data", "denied", "a failure", "a flood"],
)
def test_something_else(status: int, body: bytes, told: str) -> None:
    with alike(status, body) as url, pytest.raises(Unseen, match=told) as caught:
        answers("green", f"{url}/v1/graphql", "the-secret", "")
    assert "the-secret" not in str(caught.value)


def test_nobody_there() -> None:
    with alike(200, b"") as url:
        pass
    with pytest.raises(Unseen, match="no answer"):
        answers("green", f"{url}/v1/graphql", "secret", "")
