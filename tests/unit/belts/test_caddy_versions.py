"""Which Caddy may carry the alias."""

import pytest

from belts.runtimes.caddy import proved


@pytest.mark.parametrize("version", ["2.11.7", "v2.11.0 h1:abc=", "v2.11.7\n"])
def test_version_that_was_proved(version: str) -> None:
    """The line that was seen to dial by placeholder."""
    assert proved(version)


@pytest.mark.parametrize("version", ["2.6.2", "v2.1.1", "2.12.0", "2.110.0", "3.0.0", "", "(devel)"])
def test_version_that_was_not(version: str) -> None:
    """Any other one, older or newer, is not trusted."""
    assert not proved(version)
