"""Who is given more to look at tells no less: what databases cannot tell is counted through GraphQL."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from gate.checks.counts import judge
from gate.claims import Access
from gate.observations import Counts, Unobserved
from gate.observations.counts import EntityCounts
from gate.observations.rows import EntityUnread, Group, Rows
from gate.outcome import Outcome
from gate.probes import counts
from tests.unit.gate.core.builders import compared_at, content, endpoints, policy, seen, unobserved

UNREAD = EntityUnread(entity="Account", why=unobserved("its rows changed while the gate looked"))


class Given:
    """As much of a world as is asked for: both belts with their databases."""

    endpoints = endpoints()


async def looked(
    monkeypatch: pytest.MonkeyPatch, rows: Rows | Unobserved, graphql: Counts | Unobserved
) -> tuple[Counts | Unobserved, list[Collection[str] | None]]:
    asked: list[Collection[str] | None] = []

    async def by_database(_: Any) -> Rows | Unobserved:
        return rows

    async def by_graphql(_: Any, only: Collection[str] | None = None) -> Counts | Unobserved:
        asked.append(only if only is None else sorted(only))
        return graphql

    monkeypatch.setattr("gate.probes.counts.content.rows", by_database)
    monkeypatch.setattr("gate.probes.counts.counting.look", by_graphql)
    return await counts.look(Given()), asked  # type: ignore[arg-type]


def through_graphql(serving: int = 5, candidate: int = 5) -> Counts:
    groups = (Group(chain=None, serving=serving, candidate=candidate),)
    entity = EntityCounts(entity="Account", basis="while its number stood still", reason="", groups=groups)
    return Counts(door=Access.GRAPHQL, entities=(entity,), heights=(compared_at(),))


@pytest.mark.parametrize(("candidate", "outcome"), [(5, Outcome.PASSED), (4, Outcome.FAILED)])
async def test_one_entity_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, candidate: int, outcome: Outcome
) -> None:
    """It alone is counted through GraphQL, and says why; its rows stay untold, its number does not."""
    rows = replace(content(), entities=(*content().entities, UNREAD))
    found, asked = await looked(monkeypatch, rows, through_graphql(candidate=candidate))
    assert isinstance(found, Counts)
    assert asked == [["Account"]]
    assert judge(seen(counts=found), policy()).outcome is outcome
    [account] = [one for one in found.entities if one.entity == "Account"]
    assert isinstance(account, EntityCounts)
    assert "through GraphQL: its rows changed while the gate looked" in account.reason


async def test_everything_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the databases tell all, nobody else is asked."""
    _, asked = await looked(monkeypatch, content(), through_graphql())
    assert asked == []


async def test_databases_that_do_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """All is counted as if none had been given; where that fails too, the databases' reason stands."""
    found, asked = await looked(monkeypatch, unobserved("no database"), through_graphql())
    assert isinstance(found, Counts)
    assert (found.door, asked) == (Access.GRAPHQL, [None])
    neither, _ = await looked(monkeypatch, unobserved("no database"), unobserved("no GraphQL"))
    assert neither == unobserved("no database")


async def test_neither_can_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody counted stays untold."""
    rows = replace(content(), entities=(UNREAD,))
    found, _ = await looked(monkeypatch, rows, unobserved("no GraphQL"))
    assert isinstance(found, Counts)
    assert found.entities == (UNREAD,)


async def test_rows_that_were_seen_to_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number of rows does not make up for rows that differ."""
    rows = replace(content(), entities=(replace(UNREAD, found=True),))
    _, asked = await looked(monkeypatch, rows, through_graphql())
    assert asked == []
