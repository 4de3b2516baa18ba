"""The serving belt on the Postgres that belts run on, and the candidate on the newest one."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from gate.observations.rows import EntityRows
from tests.conftest import Ports
from tests.deep import examples
from tests.live.gate.content import server
from tests.live.gate.content.belt import Belt, compare
from tests.live.gate.content.test_every_type import ALIKE, TRAPS, Row, agree, pairs, with_every_type

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def candidate_cluster(ports: Ports) -> Iterator[str]:
    """Takes the place of the cluster that the other tests use."""
    with server.running(server.newest(), ports.one()) as dsn:
        yield dsn


@pytest.fixture
def belts(blue: Belt, green: Belt) -> tuple[Belt, Belt]:
    """Two belts with an entity that has every type there is."""
    return with_every_type(blue, green)


def version(belt: Belt) -> int:
    [[number]] = belt.execute("SHOW server_version_num")
    return int(str(number)) // 10_000


def test_two_versions(blue: Belt, green: Belt) -> None:
    """The servers are not of one version."""
    assert version(blue) < version(green)


@pytest.mark.long
@settings(
    max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tables=pairs())
def test_any_two_tables(belts: tuple[Belt, Belt], tables: tuple[dict[str, Row], dict[str, Row]]) -> None:
    """Every value has one hash on both."""
    agree(belts, tables)


async def test_values_that_look_alike(blue: Belt, green: Belt) -> None:
    """What differs on one version differs between two, and what is the same is the same."""
    both = [
        *((f"Trap{n}", kind, one, kind, other) for n, (kind, one, other) in enumerate(TRAPS)),
        *((f"Equal{n}", kind, one, kind, one) for n, (kind, one, _) in enumerate(TRAPS)),
        *((f"Alike{n}", *forms) for n, forms in enumerate(ALIKE)),
    ]
    for belt in (blue, green):
        belt.execute("CREATE TYPE status AS ENUM ('OPEN', 'CLOSED')")
        belt.seed(1)
        belt.execute("INSERT INTO envio_checkpoints VALUES (1, 1, 900, NULL, 0)")
    for name, kind, value, other_kind, other in both:
        for belt, declared, held in ((blue, kind, value), (green, other_kind, other)):
            belt.entity(name, f'"value" {declared}, "nothing" TEXT', history=True)
            belt.execute(f"INSERT INTO \"{name}\" SELECT 'a', %s::{declared}", (held,))
    found = await compare(blue, green)
    differing = set()
    for entity in found.entities:
        assert isinstance(entity, EntityRows), entity
        differing |= {entity.entity} if entity.totals.different else set()
    assert len(found.entities) == len(both)
    assert differing == {f"Trap{n}" for n in range(len(TRAPS))}
