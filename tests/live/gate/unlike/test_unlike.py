"""The gate knows nothing of the example: two good belts of another project pass it, again and again."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from examples import forms
from gate.all_probes import PROBES
from gate.checks import CHECKS, content, covered, footprint, ground_truth, sound
from gate.endpoints import Endpoints
from gate.outcome import Outcome
from gate.policy import Policy, parse
from gate.redact import redactor_for
from gate.report import Format, document, render
from gate.run import Gate
from gate.secret import Address
from tests.live.gate.scene import Judged, doors
from tests.live.gate.unlike.market import CHAINS, MARKET, Market

pytestmark = [pytest.mark.live, pytest.mark.deep, pytest.mark.timeout(1500)]

NOWHERE = Address("http://127.0.0.1:9/v1/graphql")
ALONE = {"probes": tuple(probe for probe in PROBES if probe.field == "sound"), "checks": (sound.CHECK,)}
PLACED = "{chainId}-{blockNumber}-{logIndex}"
SOUND: dict[str, Any] = {
    "mappings": [
        {"entity": "Venue", "contract": "Market", "event": "PoolCreated", "rowId": "{chainId}-{pool}"},
        {
            "entity": "Swap",
            "contract": "Pool",
            "event": "Swap",
            "rowId": PLACED,
            "skips": "what is not worth it is left out",
        },
        {
            "entity": "User",
            "contract": "Pool",
            "event": "Swap",
            "rowId": "{user}",
            "skips": "what is not worth it is left out",
        },
    ],
    "references": [
        {"entity": "Swap", "column": "venue_id", "to": "Venue"},
        {"entity": "Swap", "column": "user_id", "to": "User"},
    ],
    "mayDangle": [
        {"entity": "Swap", "column": "referrer_id", "reason": "referrers need not swap themselves"}
    ],
}


UNPROVED = [
    {"entity": "Swap", "reason": "the handler leaves out what is not worth it"},
    {"entity": "User", "reason": "it adds up swaps of all chains"},
    {"entity": "Totals", "reason": "it adds up swaps of all chains"},
    {"entity": "Tier", "reason": "no event says it"},
    {"entity": "Complaint", "reason": "nobody has written one"},
    {"contract": "Pool", "events": ["Swap"], "reason": "the handler leaves out what is not worth it"},
]
"""What no chain can prove of the market, where nothing serves yet."""


def values(market: Market, **changes: Any) -> dict[str, Any]:
    """What consumers of the market were promised."""
    return {
        "version": 1,
        "mode": "parity",
        "deadline": "60s",
        "settle": "0s",
        "chains": {
            chain: {
                "rpc": [market.rpc[chain]],
                "indexedFrom": [market.rpc[chain]],
                "lagLimit": 60,
                "reorgDepth": 8,
                "finality": "depth",
                "receipts": "standard",
                "oneNode": True,
            }
            for chain in CHAINS
        },
        "groundTruth": [
            {
                "chain": chain,
                "contract": MARKET,
                "event": "PoolCreated(address indexed pool, uint256 number)",
                "entity": "Venue",
                "rowId": "{chainId}-{pool}",
                "columns": {"number": "number"},
                "values": {"blockNumber": "{blockNumber}"},
            }
            for chain in CHAINS
        ],
        "sound": SOUND,
        "runtime": {"version": forms.own(), "heapMb": 512},
    } | changes


def policy(market: Market, **changes: Any) -> Policy:
    every = [part for check in CHECKS for part in check.parts]
    return parse(
        yaml.safe_dump(values(market, **changes)),
        environment={},
        acceptable=[part.path for part in every if part.acceptable],
        core=[part.path for part in every if not part.acceptable],
    )


def beside(market: Market) -> Endpoints:
    return Endpoints(
        serving=doors(market.blue), candidate=doors(market.green), alias=Address(market.blue.graphql)
    )


def first(market: Market) -> Endpoints:
    return Endpoints(serving=None, candidate=doors(market.green), alias=NOWHERE)


async def judge(endpoints: Endpoints, says: Policy, **gate: Any) -> Judged:
    verdict = await Gate(**gate).run(endpoints, says, seed=1)
    report = document(verdict, endpoints, CHECKS, redactor_for(endpoints, says.addresses))
    return Judged(verdict=verdict, text=render(report, Format.TEXT))


@pytest.mark.parametrize("where", [beside, first], ids=lambda one: one.__name__)
async def test_nothing_contradicts_itself(where: Callable[[Market], Endpoints], market: Market) -> None:
    """Registered contracts, skipped events, rows of no event, a user of two chains, dates of the future."""
    judged = await judge(where(market), policy(market), **ALONE)
    finding = judged.of("sound")
    assert finding.outcome is Outcome.PASSED, judged.text
    said = "\n".join(line for point in finding.points for line in (point.observed, *point.waived))
    assert "have no row of Swap: what is not worth it is left out" in said, judged.text
    assert "lead to no row of User" in said, judged.text


async def test_what_is_not_declared(market: Market) -> None:
    """The same belts, of which the policy says nothing: it cannot be told, and nothing is refused."""
    says = policy(market, sound={})
    beside_blue, alone = await judge(beside(market), says, **ALONE), await judge(first(market), says, **ALONE)
    for judged in (beside_blue, alone):
        assert judged.of("sound").outcome is Outcome.COULD_NOT_TELL, judged.text
        assert "Swap.referrer_id lead to no row of User" in judged.text


COVERED = frozenset(
    {"content", "holdings", "footprint", "history", "truth", "candidate_schema", "candidate_chains"}
)


@pytest.mark.parametrize(("where", "named"), [(beside, []), (first, UNPROVED)], ids=["beside", "first"])
async def test_what_nobody_looked_at(
    where: Callable[[Market], Endpoints], named: list[dict[str, Any]], market: Market
) -> None:
    """Beside an equal belt all is compared; at the first alias what no chain proves is accepted by name."""
    probes = tuple(probe for probe in PROBES if probe.field in COVERED)
    both = (content.CHECK, ground_truth.CHECK)
    judged = await judge(where(market), policy(market, unproved=named), probes=probes, checks=both)
    parts = (covered.COVERAGE, footprint.FOOTPRINT)
    points = [point for point in judged.of("content").points if point.part in parts]
    assert {point.weight for point in points} == {Outcome.PASSED}, judged.text
    assert any(point.accepted for point in points) is bool(named), judged.text
    if named:
        less = policy(market, unproved=named[1:])
        judged = await judge(where(market), less, probes=probes, checks=both)
        assert "Swap (id, chainId, venue_id" in judged.text


async def test_many_times(market: Market) -> None:
    """While both chains and both belts move."""
    for _ in range(20):
        judged = await judge(beside(market), policy(market), **ALONE)
        assert judged.of("sound").outcome is Outcome.PASSED, judged.text
