"""What the edge of a belt by URL lets pass, to whom, and under which certificate."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.runtimes.url.edge import certificates, dialled, paths, render
from belts.spec.edge import Edge
from tests.unit.belts.specs import edge

NONSENSE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def rendered(asked: Edge) -> dict[str, Any]:
    return render(asked, log=Path("/l"), storage=Path("/s"))


def proxies(asked: Edge) -> list[dict[str, Any]]:
    """What passes requests on, in a config."""
    routes = rendered(asked)["apps"]["http"]["servers"]["edge"]["routes"]
    return [each for route in routes for each in route["handle"] if each["handler"] == "reverse_proxy"]


@given(
    scheme=st.sampled_from(["http", "https"]),
    path=st.text("abc/.-_~", max_size=12),
    port=st.one_of(st.none(), st.integers(1, 65_535)),
)
def test_nobody_is_believed_unseen(scheme: str, path: str, port: int | None) -> None:
    """Whatever the URL is: https is verified by the URL's own name, and no word says otherwise."""
    url = f"{scheme}://host.example{'' if port is None else f':{port}'}/{path}/v1/graphql"
    asked = edge(url=url)
    config = json.dumps(rendered(asked))

    assert "insecure" not in config
    for proxy in proxies(asked):
        assert proxy["upstreams"] == [{"dial": f"host.example:{port or (443 if scheme == 'https' else 80)}"}]
        assert proxy["headers"]["request"]["set"]["Host"] == [urlsplit(url).netloc]
        tls = proxy["transport"].get("tls")
        assert tls == ({"server_name": "host.example"} if scheme == "https" else None)


def test_it_listens_to_this_host_alone() -> None:
    """Whoever comes from elsewhere comes through the gateway."""
    assert rendered(edge())["apps"]["http"]["servers"]["edge"]["listen"] == ["127.0.0.1:8601"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (
            "/id/v1/graphql",
            {
                "/v1/graphql": "/id/v1/graphql",
                "/v1/metadata": "/id/v1/metadata",
                "/healthz": "/id/healthz",
            },
        ),
        (
            "/v1/graphql",
            {"/v1/graphql": "/v1/graphql", "/v1/metadata": "/v1/metadata", "/healthz": "/healthz"},
        ),
        ("/graphql", {"/v1/graphql": "/graphql"}),
        ("", {"/v1/graphql": "/"}),
    ],
)
def test_paths(path: str, found: dict[str, str]) -> None:
    """GraphQL wherever it is; what lies beside it only where that is known."""
    assert paths(urlsplit(f"https://host.example{path}")) == found


def test_an_address_of_version_6() -> None:
    """It is dialled in brackets."""
    assert dialled(urlsplit("https://[::1]/v1/graphql")) == "[::1]:443"


@pytest.mark.parametrize("text", ["", "no", "-----BEGIN CERTIFICATE-----\nAA\n", NONSENSE])
def test_no_certificates(text: str) -> None:
    """A file without one would trust nobody, or everybody: it is refused."""
    with pytest.raises(ValueError, match="no certificate"):
        certificates(text)
