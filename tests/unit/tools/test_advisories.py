"""What registries know to be wrong is told, and what nobody could be asked about is no pass."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.answering import answering
from tools.advisories import KNOWN, NONE, UNTOLD, Advisory, Told, Unasked, of_go, of_node, of_python, report

HOLE = {
    "id": "PYSEC-1",
    "aliases": ["CVE-1", "PYSEC-1"],
    "summary": "reads\n  beyond",
    "fixed_in": ["2.1"],
    "withdrawn": None,
}
INDEX = {
    "/pypi/good/1.0/json": json.dumps({"vulnerabilities": []}),
    "/pypi/bad/2.0/json": json.dumps(
        {"vulnerabilities": [HOLE, {**HOLE, "id": "X", "withdrawn": "2026-01-01"}]}
    ),
    "/pypi/plain/3.0/json": json.dumps({"info": {}}),
    "/pypi/page/4.0/json": "<html>Sign in</html>",
}


class Index(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        told = INDEX.get(self.path)
        self.send_response(200 if told else 404)
        self.end_headers()
        self.wfile.write((told or "").encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def index() -> Iterator[str]:
    with answering(Index) as url:
        yield f"{url}/simple"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "requirements-dev.txt").write_text(
        "bad==2.0 \\\n    --hash=sha256:a\ngood==1.0 \\\n    # via bad\nplain==3.0\npage==4.0\ngone==5.0\n"
    )
    (tmp_path / "tools" / "pulumi").mkdir(parents=True)
    (tmp_path / "tools" / "pulumi" / "go.txt").write_text("good==1.0\n")
    return tmp_path


def test_python_packages(root: Path, index: str) -> None:
    """Each version once, by its number and its other names; what was withdrawn is none."""
    told = list(of_python(root, index))
    known = [each for each in told if isinstance(each, Advisory)]
    assert known == [
        Advisory(package="bad 2.0", number="PYSEC-1, CVE-1", what="reads beyond (mended in 2.1)")
    ]
    assert {each.what for each in told if isinstance(each, Unasked)} == {"plain 3.0", "page 4.0", "gone 5.0"}


def test_an_index_that_is_silent(root: Path) -> None:
    """Its password is none of what is said."""
    told = list(of_python(root, "http://me:word@127.0.0.1:1/simple"))
    assert len(told) == 5
    assert all(isinstance(each, Unasked) for each in told)
    assert "word" not in str([str(each) for each in told])


AUDIT = {
    "vulnerabilities": {
        "deep": {"via": [{"title": "runs it", "severity": "high", "range": "<2", "url": "https://a/GHSA-1"}]},
        "top": {"via": ["deep"]},
    }
}


def test_node_packages() -> None:
    """What only depends on one that is named is not named again."""
    assert list(of_node(lambda: json.dumps(AUDIT))) == [
        Advisory(package="deep", number="https://a/GHSA-1", what="high: runs it (<2)")
    ]
    assert list(of_node(lambda: json.dumps({"vulnerabilities": {}}))) == []


@pytest.mark.parametrize(
    "said", ["", "<html>", "[]", '{"message": "404 Not Found", "error": {}}', '{"vulnerabilities": {"a": 1}}']
)
def test_a_registry_without_an_audit(said: str) -> None:
    [told] = of_node(lambda: said)
    assert isinstance(told, Unasked)
    assert told.what == "all Node packages"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ([], NONE),
        ([Unasked(what="a", why="b")], UNTOLD),
        ([Advisory(package="a", number="1", what="b")], KNOWN),
        ([Unasked(what="a", why="b"), Advisory(package="a", number="1", what="b")], KNOWN),
    ],
)
def test_what_it_comes_to(told: list[Told], code: int) -> None:
    """Known outweighs unasked, and unasked is never none."""
    text, seen = report(told)
    assert seen == code
    assert all(str(each) in text for each in told)


def test_go_modules() -> None:
    told = list(of_go())
    assert len(told) == 2
    assert all(isinstance(each, Unasked) for each in told)
