"""A gateway's Caddy and two belts that answer, for each module."""

from collections.abc import Iterator

import pytest

from tests.conftest import Ports
from tests.live.belts.doors import Belt, Door, door


@pytest.fixture(scope="module")
def gateway(ports: Ports) -> Iterator[Door]:
    with door(ports.one()) as opened:
        yield opened


@pytest.fixture(scope="module")
def blue(ports: Ports) -> Iterator[Belt]:
    with Belt("blue", ports.one()).running() as belt:
        yield belt


@pytest.fixture(scope="module")
def green(ports: Ports) -> Iterator[Belt]:
    with Belt("green", ports.one()).running() as belt:
        yield belt
