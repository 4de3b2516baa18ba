"""The status endpoint's environment: which chains it watches, and where."""

import pytest

from belts.reading.mistakes import MistakesError
from gate.signals.status.settings import providers


def test_providers() -> None:
    """One for each chain that has a variable; what else the environment holds is none."""
    found = providers(
        {"BELTS_RPC_10": "https://x/KEY", "BELTS_RPC_1": "http://y", "PATH": "/bin", "RPC": "?"}
    )
    assert {chain: address.reveal() for chain, address in found.items()} == {
        1: "http://y",
        10: "https://x/KEY",
    }
    assert "KEY" not in repr(found)


@pytest.mark.parametrize("url", ["", "KEY", "ftp://KEY", "http://", "https://[KEY"])
def test_what_is_no_provider(url: str) -> None:
    """It is named, and not shown."""
    with pytest.raises(MistakesError, match="BELTS_RPC_7") as refused:
        providers({"BELTS_RPC_7": url})
    assert "KEY" not in str(refused.value)
