"""One host with blue and green and a gateway, for all that is done to them."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from belts.runtimes.process.host import Host
from gate.alias.order import ledger_address
from gate.ledger import prepare
from tests.conftest import Ports
from tests.live.gate.alias.test_move import _policy
from tests.live.gate.content.belt import Belt
from tests.live.gate.content.test_again import Server
from tests.live.gate.moments import volume
from tests.live.gate.moments.pair import BELTS, Pair, Writers, side
from tests.live.gate.moments.trial import Trace

GATEWAY = "gateway"


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("moments")


@pytest.fixture(scope="package")
def pair(swept: None, ports: Ports, home: Path) -> Iterator[Pair]:
    """Blue serves; whoever changes something puts it back, but for which of the two serves."""
    with ExitStack() as stack:
        hosts = stack.enter_context(volume.of_host())
        sides = {}
        for belt in BELTS:
            database, engine = ports.block(2)
            sides[belt] = side(hosts, belt, database=database, engine=engine)
        chains = Server(Belt(dsn=sides["green"].database))
        stack.enter_context(chains.running())
        policy = home / "policy.yaml"
        policy.write_text(yaml.safe_dump(_policy(chains.url)))
        caddy, ledger = ports.block(2)
        hosts.apply("ledger", belt=GATEWAY, port=ledger)
        hosts.apply("caddy", belt=GATEWAY, port=caddy)
        owner = ledger_address.owner_of_place(Host(hosts.root), GATEWAY)
        assert owner is not None
        prepare(owner.reveal(), role="ledger")
        writers = Writers(home, {})
        stack.callback(writers.end)
        pair = Pair(hosts=hosts, gateway=GATEWAY, port=caddy, sides=sides, policy=policy, writers=writers)
        assert pair.up("blue").code == 0
        yield pair


@pytest.fixture(scope="package")
def trace(pair: Pair) -> Trace:
    """A promotion that nothing happens to."""
    pair.promotable()
    to = pair.other(pair.serves)
    pair.certify(to)
    going = pair.move(to)
    assert going.code == 0, going.said
    return Trace(touches=tuple(going.touches))
