"""The market, one for the run."""

from collections.abc import Iterator

import pytest

from tests.conftest import Ports
from tests.live.gate.unlike.market import Market
from tests.live.gate.unlike.market import market as running
from tests.live.hosts import Hosts


@pytest.fixture(scope="session")
def market(session_hosts: Hosts, ports: Ports) -> Iterator[Market]:
    """Two belts of a project unlike the example, beside each other."""
    with running(session_hosts, ports) as up:
        yield up
