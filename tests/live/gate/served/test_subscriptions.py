"""What subscribers get is not what the database holds, or no longer what it was: each way that we know of.

Queries are answered honestly all the while. Each fault is named with what the report has to say of it.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

from gate.endpoints import Belt as Doors
from gate.finding import Point
from gate.outcome import Outcome
from gate.policy import Policy
from gate.secret import Address
from tests.conftest import Ports
from tests.deep import one_of_each
from tests.live.gate.relay import relay
from tests.live.gate.served.belt import METADATA, SERVED, SUBSCRIPTIONS, Belt, judged, of, policy, said
from tests.live.gate.served.test_faults import public, told
from tests.live.gate.served.test_served import writing
from tests.live.gate.sockets import Change, Told, socket_relay

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED
ANSWERS = frozenset({"next", "data"})
MOVED_ON = "UPDATE envio_chains SET progress_block = progress_block + 1"
"""Chains move on, and no row does: nothing has to be looked at again."""


def rows(change: Callable[[list[Any]], list[Any]], *, about: str) -> Change:
    """Changes the rows that are told of what is subscribed to."""

    def changed(query: str, message: Told) -> Told:
        if message["type"] in ANSWERS and f": {about}" in query:
            data = message["payload"]["data"]
            message["payload"]["data"] = {
                key: change(value) if isinstance(value, list) else value for key, value in data.items()
            }
        return message

    return changed


def each(change: Callable[[Any], Any], *, about: str) -> Change:
    """Changes what is told, whatever it is."""

    def changed(query: str, message: Told) -> Told | None:
        return change(message) if message["type"] in ANSWERS and f": {about}" in query else message

    return changed


def doubled(found: list[Any]) -> list[Any]:
    for row in found:
        if "value" in row:
            row["value"] = f"{row['value']}0"
    return found


def kept() -> Change:
    """Tells each subscription what was told the first time that somebody subscribed to it."""
    first: dict[str, Any] = {}

    def changed(query: str, message: Told) -> Told:
        if message["type"] in ANSWERS:
            message["payload"] = first.setdefault(query, message["payload"])
        return message

    return changed


def once() -> Change:
    """Tells the progress once, and never what became of it."""
    seen: set[Any] = set()

    def changed(query: str, message: Told) -> Told | None:
        if message["type"] not in ANSWERS or "chain_metadata" not in query:
            return message
        again = message["id"] in seen
        seen.add(message["id"])
        return None if again else message

    return changed


def later(change: Callable[[Told], Told | None], *, about: str) -> Change:
    """Changes what is told of a subscription after its first answer."""
    seen: set[Any] = set()

    def changed(query: str, message: Told) -> Told | None:
        if message["type"] not in ANSWERS or f": {about}" not in query:
            return message
        again = (query, message["id"]) in seen
        seen.add((query, message["id"]))
        return change(message) if again else message

    return changed


def other_values(message: Told) -> Told:
    doubled(message["payload"]["data"]["rows"])
    return message


def refused(message: Told) -> Told:
    return {"id": message["id"], "type": "error", "payload": [{"message": "no subscriptions here"}]}


def ended(message: Told) -> Told:
    return {"id": message["id"], "type": "complete"}


def counted(message: Told) -> Told:
    message["payload"]["data"]["q"]["aggregate"]["count"] += 1
    return message


def nulled(message: Told) -> Told:
    message["payload"]["data"] = {"q": None}
    return message


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault: what is told instead, and words that tell it."""

    name: str
    said: str
    make: Callable[[], Change]
    outcome: Outcome = FAILED


FAULTS = (
    Fault(
        name="a row that live queries leave out",
        said="Transfer for public, subscribed to: 1 not given",
        make=lambda: rows(
            lambda found: [row for row in found if row.get("id") != "1-1-0"], about="Transfer("
        ),
    ),
    Fault(
        name="a filter on streams alone",
        said="Transfer_stream 1-100-0: is not given",
        make=lambda: rows(
            lambda found: [row for row in found if row.get("id") != "1-100-0"], about="Transfer_stream("
        ),
    ),
    Fault(
        name="values of another table in live queries",
        said="value is",
        make=lambda: rows(doubled, about="Transfer("),
    ),
    Fault(
        name="values of another table in streams",
        said="value is",
        make=lambda: rows(doubled, about="Transfer_stream("),
    ),
    Fault(
        name="values of another table from a stream's second batch on",
        said="Transfer_stream for public, subscribed to: 49 given otherwise",
        make=lambda: later(other_values, about="Transfer_stream("),
    ),
    Fault(
        name="a stream that gives one batch and never another",
        said="Transfer_stream for public: http://127.0.0.1",
        make=lambda: later(lambda _: None, about="Transfer_stream("),
        outcome=UNTOLD,
    ),
    Fault(
        name="rows of a stream in another order",
        said="its rows in the order of their key, each once: it tells otherwise",
        make=lambda: rows(lambda found: found[::-1], about="Position_stream("),
    ),
    Fault(
        name="a row that is told and not held",
        said="given and not held",
        make=lambda: rows(
            lambda found: [*found, {**found[-1], "id": found[-1]["id"] + "~"}] if found else found,
            about="Account(",
        ),
    ),
    Fault(
        name="a count that is followed",
        said="how many rows there are: it tells otherwise",
        make=lambda: each(counted, about="Transfer_aggregate"),
    ),
    Fault(
        name="one row that is followed",
        said="it tells otherwise",
        make=lambda: each(nulled, about="Transfer_by_pk"),
    ),
    Fault(
        name="live queries refused, as they are not today",
        said="no subscriptions here; the serving belt answers",
        make=lambda: each(refused, about="Transfer("),
    ),
    Fault(
        name="streams refused",
        said="Transfer_stream for public: http://127.0.0.1",
        make=lambda: each(refused, about="Transfer_stream("),
        outcome=UNTOLD,
    ),
    Fault(
        name="a stream that says nothing",
        said="did not answer a subscription within",
        make=lambda: each(lambda _: None, about="Transfer_stream("),
        outcome=UNTOLD,
    ),
    Fault(
        name="subscriptions that end at once",
        said="ends a subscription without an answer; the serving belt answers",
        make=lambda: each(ended, about="Account("),
    ),
    Fault(
        name="rows beside errors",
        said="one shard is missing; the serving belt answers",
        make=lambda: each(
            lambda message: {
                **message,
                "payload": {**message["payload"], "errors": [{"message": "one shard is missing"}]},
            },
            about="Position(",
        ),
    ),
)
DEEP = frozenset(
    {
        "values of another table in streams",
        "a row that is told and not held",
        "one row that is followed",
        "streams refused",
        "a stream that gives one batch and never another",
        "a stream that says nothing",
        "rows beside errors",
        "values of another table from a stream's second batch on",
        "rows of a stream in another order",
        "a count that is followed",
        "subscriptions that end at once",
    }
)
"""Repeats of a class."""


def parameters() -> Iterator[ParameterSet]:
    for fault in FAULTS:
        marks = [pytest.mark.deep] if fault.name in DEEP else []
        yield pytest.param(fault, marks=marks, id=fault.name.replace(" ", "-"))


@contextmanager
def behind(belt: Belt, ports: Ports, change: Change) -> Iterator[Address]:
    """The belt's GraphQL, honest to those who ask and not to those who subscribe."""
    with ExitStack() as stack:
        sockets = stack.enter_context(socket_relay(ports.one(), belt.engine.socket, change))
        graphql = f"{belt.engine.url}/v1/graphql"
        yield Address(stack.enter_context(relay(ports.one(), graphql, sockets=sockets)))


async def followed(
    candidate: Doors, says: Policy | None = None, *, serving: Doors | None = None, seed: int = 1
) -> tuple[Point, ...]:
    """What is said of what subscribers get, and of nothing else."""
    points = await judged(candidate, says, serving=serving, seed=seed, about=(SUBSCRIPTIONS,))
    return of(points, SUBSCRIPTIONS)


@pytest.mark.parametrize("fault", list(parameters()))
async def test_fault(
    fault: Fault, belt: Belt, twin: Belt, ports: Ports, request: pytest.FixtureRequest
) -> None:
    """It is not passed, in words that name it, and queries are not blamed; in every run one shows that."""
    both = fault is FAULTS[0] or request.node.get_closest_marker("deep") is not None
    about = (SERVED, SUBSCRIPTIONS) if both else (SUBSCRIPTIONS,)
    with behind(belt, ports, fault.make()) as graphql:
        points = await judged(replace(belt.doors, graphql=graphql), serving=twin.doors, about=about)
    found = of(points, SUBSCRIPTIONS)
    assert fault.said in said(found, fault.outcome), said(found, FAILED) + said(found, UNTOLD)
    queries = of(points, SERVED)
    assert not both or not said(queries, FAILED) + said(queries, UNTOLD)


async def test_no_fault(belt: Belt, twin: Belt, plain: Belt, ports: Ports) -> None:
    """What all of the faults are about passes without them, with numbers as texts and as numbers."""
    with behind(belt, ports, lambda _, message: message) as graphql:
        found = await followed(replace(belt.doors, graphql=graphql), serving=twin.doors)
    for told_of in (found, await followed(plain.doors)):
        assert not said(told_of, FAILED) + said(told_of, UNTOLD)
        words = said(told_of, PASSED)
        assert "Transfer_stream for public: " in words
        assert "rows as held, and 2 answers" in words
        assert "chain_metadata: told" in words


@pytest.mark.parametrize("change", one_of_each([once, kept], name=lambda change: change.__name__))
async def test_what_is_no_longer_so(belt: Belt, ports: Ports, change: Callable[[], Change]) -> None:
    """What was told once and never again is found out as soon as chains have moved on."""
    with behind(belt, ports, change()) as graphql:
        doors = replace(belt.doors, graphql=graphql)
        with writing(belt, MOVED_ON):
            found = await followed(doors, policy(deadline="300s"))
    assert "latest_processed_block is told as" in said(found, FAILED)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(3))
async def test_a_belt_that_moves(belt: Belt, seed: int) -> None:
    """Nothing is held against subscriptions whose rows change while they are answered."""
    with writing(belt):
        found = await followed(belt.doors, seed=seed)
    assert not said(found, FAILED)
    assert "as held" in said(found, PASSED), said(found, UNTOLD)


async def test_without_websockets(belt: Belt, twin: Belt, ports: Ports) -> None:
    """What consumers have today is lost; what they have not is said; where nobody serves, nobody can tell."""
    graphql = f"{belt.engine.url}/v1/graphql"
    with relay(ports.one(), graphql, sockets="") as shut, relay(ports.one(), graphql, sockets="") as shut_too:
        doors = replace(belt.doors, graphql=Address(shut))
        lost = await followed(doors, serving=twin.doors)
        alike = await followed(doors, serving=replace(twin.doors, graphql=Address(shut_too)))
        first = await followed(doors)
    assert "the serving belt answers" in said(lost, FAILED)
    assert "the serving belt refuses it as well" in said(alike, PASSED)
    assert not said(alike, FAILED)
    assert "answers a WebSocket with status" in said(first, UNTOLD)


async def test_a_role_of_the_operators(belt: Belt) -> None:
    """Each role that the policy names subscribes as itself."""
    transfer = public(belt, "Transfer")
    rights = {"columns": ["id", "chainId", "value"], "filter": {}, "limit": 1000}
    more = {"role": "partner", "permission": rights}
    with told(belt, {**transfer, "select_permissions": [*transfer["select_permissions"], more]}):
        found = await followed(belt.doors, policy(served={"roles": ["partner"]}))
    assert not said(found, FAILED) + said(found, UNTOLD)
    assert "Transfer for partner: " in said(found, PASSED)


@pytest.mark.parametrize("kind", ["subscription", "permission"])
async def test_a_role_that_loses_what_it_has_today(belt: Belt, twin: Belt, kind: str) -> None:
    """The public's schemas say nothing of it: what the serving belt offers that role is asked."""
    transfer = public(belt, "Transfer")
    rights = {"columns": ["id", "chainId", "value"], "filter": {}, "limit": 1000}
    allowed = {"role": "partner", "permission": rights}
    muted = {"role": "partner", "permission": {**rights, "subscription_root_fields": []}}
    before = {**transfer, "select_permissions": [*transfer["select_permissions"], allowed]}
    rest = [muted] if kind == "subscription" else []
    after = {**transfer, "select_permissions": [*transfer["select_permissions"], *rest]}
    says = policy(served={"roles": ["partner"]})
    with told(twin, before), told(belt, after):
        about = (SERVED, SUBSCRIPTIONS, METADATA)
        points = await judged(belt.doors, says, serving=twin.doors, about=about)
    if kind == "subscription":
        lost = said(of(points, SUBSCRIPTIONS), FAILED)
        assert "Transfer for partner is not offered to subscribers; the serving belt offers it" in lost
        assert "Transfer_stream for partner is not offered" in lost
    else:
        assert "Transfer is in the database, and partner does not get it" in said(of(points, SERVED), FAILED)
    assert "Metadata of Transfer for partner" in said(of(points, METADATA), FAILED)


async def test_a_stream_alone(belt: Belt) -> None:
    """What can be subscribed to in one way only is followed in that one."""
    with told(belt, public(belt, "Transfer", subscription_root_fields=["select_stream"])):
        found = await followed(belt.doors)
    assert not said(found, FAILED) + said(found, UNTOLD)
    assert "Transfer for public is not offered to subscribers" in said(found, PASSED)
    assert "Transfer_stream for public: " in said(found, PASSED)


async def test_a_limit_that_cuts(belt: Belt) -> None:
    """Rows beyond a limit of the role are followed from where it cuts."""
    with told(belt, public(belt, "Transfer", limit=7)):
        found = await followed(belt.doors)
    assert not said(found, FAILED) + said(found, UNTOLD)
