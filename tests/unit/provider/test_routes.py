"""What a relay leads to is read as it was written, for its owner alone, and shows no key."""

from pathlib import Path

import pytest

from belts.provider import routes
from belts.provider.naming import provider_of
from belts.provider.routes import Routes, Upstream

SOME = Routes(
    word="w",
    rate=5,
    upstreams=(
        Upstream(chain=1, url="https://k.alchemy.com/key"),
        Upstream(chain=10, url="http://[::1]:1/key"),
    ),
)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    """And only its owner reads it."""
    file = tmp_path / "routes.json"
    routes.write(file, SOME)
    assert routes.read(file) == SOME
    assert file.stat().st_mode & 0o077 == 0
    assert "key" not in repr(SOME)
    found = routes.allowance(file)
    assert (found.rate, sorted(found.providers)) == (5, ["alchemy.com", "localhost:1"])


@pytest.mark.parametrize(
    "text", ["{}", '{"word": "w", "rate": 1}', '{"word": "w", "rate": "x", "upstreams": []}']
)
def test_what_is_no_routes(tmp_path: Path, text: str) -> None:
    """It is an error, and not nobody."""
    (tmp_path / "routes.json").write_text(text)
    with pytest.raises(ValueError, match=r"\w"):
        routes.read(tmp_path / "routes.json")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.infura.io/v3/1", "https://b.infura.io/v3/2"),
        ("http://localhost:1", "http://127.0.0.1:1/x"),
    ],
)
def test_one_provider_of_two_urls(one: str, other: str) -> None:
    """Chains and keys in a host make no other."""
    assert provider_of(one) == provider_of(other)
