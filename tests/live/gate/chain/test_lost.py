"""Rows that the serving belt lost: passed one by one where the chain says so and the policy expects it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from gate.checks import content, counts
from gate.endpoints import Belt as Doors
from gate.finding import Finding
from gate.observations import Changed, Observations
from gate.observations.rows import EntityRows, Kind, Rows
from gate.outcome import Outcome
from gate.policy.model import Policy
from gate.policy.waivers import LostWaiver, Waivers
from gate.probes.content import content as look
from gate.probes.counts import of_rows
from gate.secret import Address, Secret
from tests.live.gate.chain.chains import Anvil, Twist, changing, index, promise, world
from tests.live.gate.content.belt import Belt

pytestmark = pytest.mark.live

FAR, REASON = date(2099, 1, 1), "its provider left out a block"


@pytest.fixture
def belts(blue: Belt, green: Belt, anvil: Anvil) -> tuple[Belt, Belt]:
    """Blue lost the log of block 30, its row and its event; green has all."""
    for belt in (blue, green):
        index(belt, anvil)
    blue.execute('DELETE FROM "Payment" WHERE block = 30')
    blue.execute("DELETE FROM raw_events WHERE block_number = 30")
    return blue, green


def waiver(anvil: Anvil, **changes: object) -> LostWaiver:
    standard = LostWaiver(entity="Payment", chain=anvil.chain, reason=REASON, expires=FAR)
    return replace(standard, **changes)  # type: ignore[arg-type]


async def judged(
    belts: tuple[Belt, Belt], anvil: Anvil, *waivers: LostWaiver, url: str = ""
) -> tuple[EntityRows, dict[str, Finding]]:
    """What is seen of the entity, and what the claims about rows make of it."""
    blue, green = belts
    async with world(green, [promise(anvil)], [url or anvil.url]) as given:
        serving = Doors(graphql=Address("http://127.0.0.1:9/v1/graphql"), database=Secret(blue.dsn))
        policy: Policy = replace(given.policy, waivers=Waivers(lost=waivers))
        both = replace(given, policy=policy, endpoints=replace(given.endpoints, serving=serving))
        rows = await look(both)
    assert isinstance(rows, Rows), rows
    seen = Observations(
        began=both.began,
        endpoints=both.endpoints,
        content=rows,
        counts=of_rows(rows),
        serving_changed=Changed(),
        candidate_changed=Changed(),
    )
    [entity] = rows.entities
    assert isinstance(entity, EntityRows), entity
    return entity, {
        "content": content.judge(seen, policy),
        "counts": counts.judge(seen, policy),
    }


def outcomes(findings: dict[str, Finding], part: str = "rows") -> set[Outcome]:
    return {
        point.outcome for finding in findings.values() for point in finding.points if point.part.name == part
    }


async def test_what_the_chain_says(belts: tuple[Belt, Belt], anvil: Anvil) -> None:
    """The row passes as a log that blue lacks, and is listed with the reason."""
    entity, findings = await judged(belts, anvil, waiver(anvil))
    assert (entity.totals.lost, entity.totals.unequal) == (1, 0)
    assert outcomes(findings) == {Outcome.PASSED}
    waived = [line for point in findings["content"].points for line in point.waived]
    assert waived == [
        f"rows of Payment that the serving belt lost on chain {anvil.chain} until {FAR}: {REASON}"
    ]


async def test_nothing_expected(belts: tuple[Belt, Belt], anvil: Anvil) -> None:
    """Without a waiver it is an extra row, and the report says what to write, which then passes."""
    entity, findings = await judged(belts, anvil)
    assert entity.totals.extra == 1
    assert outcomes(findings) == {Outcome.FAILED}
    [point] = [point for point in findings["content"].points if point.outcome is Outcome.FAILED]
    assert "expect that under `waivers.lost`" in point.advice
    assert point.paste is not None
    assert point.paste["waivers"]["lost"][0]["entity"] == "Payment"  # type: ignore[index]


@pytest.mark.parametrize(
    "changes", [{"chain": 1}, {"entity": "Other"}, {"expires": date(2020, 1, 1)}], ids=str
)
async def test_another_waiver(belts: tuple[Belt, Belt], anvil: Anvil, changes: dict[str, object]) -> None:
    """One for another chain, for another entity, or one that has ended."""
    entity, findings = await judged(belts, anvil, waiver(anvil, **changes))
    assert entity.totals.extra == 1
    assert outcomes(findings) == {Outcome.FAILED}


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO \"Payment\" VALUES ('{chain}_20_0', {chain}, 20, 7)",
        "INSERT INTO \"Payment\" VALUES ('{chain}_30_1', {chain}, 30, 7)",
        'UPDATE "Payment" SET amount = 8 WHERE block = 30',
        "UPDATE \"Payment\" SET id = '{chain}_30_9' WHERE block = 30",
    ],
)
async def test_rows_that_no_log_says(belts: tuple[Belt, Belt], anvil: Anvil, change: str) -> None:
    """A row that the candidate invented, changed or named otherwise is covered by no waiver."""
    belts[1].execute(change.replace("{chain}", str(anvil.chain)))
    entity, findings = await judged(belts, anvil, waiver(anvil))
    assert entity.totals.extra == 1
    assert Outcome.FAILED in outcomes(findings)


async def test_a_row_that_the_candidate_lost(belts: tuple[Belt, Belt], anvil: Anvil) -> None:
    """What blue lost does not make up for what the candidate lacks."""
    belts[1].execute('DELETE FROM "Payment" WHERE block = 3')
    entity, findings = await judged(belts, anvil, waiver(anvil))
    assert [row.kind for row in entity.differences] == [Kind.MISSING]
    assert outcomes(findings) == {Outcome.FAILED}


async def test_a_provider_without_the_log(
    belts: tuple[Belt, Belt], anvil: Anvil, behind: Callable[[Twist], str]
) -> None:
    """Where the chain does not show the log, the row stays extra."""
    url = behind(changing(lambda method, _, result: [] if method == "eth_getLogs" else result))
    entity, findings = await judged(belts, anvil, waiver(anvil), url=url)
    assert entity.totals.extra == 1
    assert outcomes(findings) == {Outcome.FAILED}
