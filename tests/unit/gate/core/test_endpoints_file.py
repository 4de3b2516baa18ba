"""The endpoints file is read as a whole, or every mistake in it is told, and no secret with it."""

from pathlib import Path

import pytest

from belts.reading.mistakes import MistakesError
from belts.runtimes.cost import Census
from gate.endpoints import Endpoints
from gate.endpoints_file import parse
from tests.unit.gate.core.builders import alive
from tests.unit.gate.core.elsewhere import Cluster, Elsewhere

WHOLE = """
serving:
  graphql: https://blue.test/v1/graphql
  adminSecret: ${BLUE}
  metrics: http://blue.test/metrics
candidate:
  graphql: https://green.test/v1/graphql
  database: postgresql://gate:${PASSWORD}@green.test/belts
alias: https://belts.test/v1/graphql
"""
CLUSTERS = {Path("/hosts"): Cluster(census=Census(alive=(alive("blue"), alive("green"))))}
ENVIRONMENT = {"BLUE": "blue-secret", "PASSWORD": "pass-word"}


def read(text: str) -> Endpoints:
    return parse(
        text, environment=ENVIRONMENT, places=lambda root, runtime: Elsewhere(cluster=CLUSTERS[root])
    )


def mistakes(text: str) -> str:
    with pytest.raises(MistakesError) as caught:
        read(text)
    return str(caught.value)


def test_a_whole_file() -> None:
    """Both belts and the alias, with secrets from the environment."""
    found = read(WHOLE)
    assert found.serving is not None
    assert found.serving.admin_secret is not None
    assert found.serving.admin_secret.reveal() == "blue-secret"
    assert found.candidate.database is not None
    assert found.candidate.database.reveal() == "postgresql://gate:pass-word@green.test/belts"
    assert found.candidate.metrics is None


def test_nothing_in_it_prints_a_secret() -> None:
    """Neither `str` nor `repr` of the whole shows a secret or a path."""
    for shown in (repr(read(WHOLE)), str(read(WHOLE))):
        assert "blue-secret" not in shown
        assert "pass-word" not in shown
        assert "/v1/graphql" not in shown


def test_where_the_belts_run() -> None:
    """Whoever runs the gate there may say so, and what other belts cost is seen; else nobody sees it."""
    found = read(f"{WHOLE}hosted: {{root: /hosts, serving: blue, candidate: green}}").hosted
    assert found is not None
    assert (found.serving, found.candidate) == ("blue", "green")
    assert [belt.name for belt in found.census().alive] == ["blue", "green"]
    assert read(WHOLE).hosted is None


def test_nothing_serves() -> None:
    """The first alias is said, not left out."""
    assert read("serving: none\ncandidate: {graphql: 'http://a.b'}").serving is None
    assert "endpoints.serving: expected the serving belt, or the word `none`" in mistakes(
        "candidate: {graphql: 'http://a.b'}"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("serving: none", "endpoints.candidate: expected the candidate's endpoints, got nothing"),
        ("serving: none\ncandidate: {}", "endpoints.candidate.graphql: expected a URL"),
        ("serving: nothing\ncandidate: {graphql: 'http://a.b'}", "endpoints.serving: expected a map"),
        ("serving: none\ncandidate: {graphql: a.b}", "endpoints.candidate.graphql: expected a URL"),
        (
            "serving: none\ncandidate: {graphql: 'http://a.b', adminSecret: '${NOBODY}'}",
            "endpoints.candidate.adminSecret: expected the environment variable NOBODY to be set",
        ),
        (
            "serving: none\ncandidate: {graphql: 'http://a.b', database: 'mysql://x:geheim@y/z'}",
            "endpoints.candidate.database: expected a URL that begins with postgres://",
        ),
        (
            "serving: none\ncandidate: {graphql: 'http://a.b', token: geheim}",
            "endpoints.candidate.token: expected one",
        ),
        (f"{WHOLE}hosted: {{root: /hosts}}", "endpoints.hosted.candidate: expected the candidate's name"),
        (
            f"{WHOLE}hosted: {{root: /hosts, candidate: green, runtime: moon}}",
            "endpoints.hosted.runtime: expected one of process",
        ),
    ],
)
def test_a_mistake(text: str, said: str) -> None:
    """Each has its path, and shows no value."""
    found = mistakes(text)
    assert said in found
    assert "geheim" not in found
