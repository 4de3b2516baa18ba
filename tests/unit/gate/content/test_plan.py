"""By what an entity is compared: as the policy says, else as its tables show."""

from typing import Any

import pytest

from gate.observations.rows import Basis
from gate.observations.unobserved import Cause
from gate.policy.entities import Compare, EntityPolicy
from gate.probes.database.catalog import Catalog, Column, Table
from gate.probes.database.plan import Known, plan
from gate.probes.unseen import UnseenError

FRESH, REWRITTEN = Known(history=True, rewritten=""), Known(history=True, rewritten="a")
NO_HISTORY = Known(history=False, rewritten="")
SHOWN = "at block, chain chainId, block blockNumber, time timestamp"


def table(**columns: str) -> Table:
    found = tuple(Column(name=name, type=kind, nullable=False) for name, kind in columns.items())
    return Table(
        name="Thing",
        columns=(Column(name="id", type="text", nullable=False), *found),
        key=("id",),
        estimate=9,
    )


def says(**fields: Any) -> EntityPolicy:
    return EntityPolicy(name="Thing", **fields)


@pytest.mark.parametrize(
    ("columns", "known", "chains", "basis"),
    [
        ({"chainId": "int4", "blockNumber": "int4"}, FRESH, 2, Basis.AT_BLOCK),
        ({"chain_id": "text", "block": "numeric"}, FRESH, 2, Basis.AT_BLOCK),
        ({"blockNumber": "int4"}, FRESH, 1, Basis.AT_BLOCK),
        ({"blockNumber": "int4"}, FRESH, 2, Basis.BY_STATE),
        ({"blockNumber": "int4"}, Known(history=True, rewritten="", keyed=True), 2, Basis.AT_BLOCK),
        ({"blockNumber": "text", "chainId": "int4"}, FRESH, 1, Basis.BY_STATE),
        ({"chainId": "int4", "blockNumber": "int4"}, REWRITTEN, 2, Basis.BY_STATE),
        ({"chainId": "int4", "blockNumber": "int4", "timestamp": "int4"}, FRESH, 2, Basis.AT_BLOCK),
        ({"timestamp": "timestamptz"}, FRESH, 2, Basis.BY_TIMESTAMP),
        ({"block_timestamp": "numeric"}, FRESH, 2, Basis.BY_TIMESTAMP),
        ({"timestamp": "timestamptz"}, REWRITTEN, 2, Basis.BY_STATE),
        ({"amount": "numeric"}, FRESH, 1, Basis.BY_STATE),
        ({"amount": "numeric"}, NO_HISTORY, 1, Basis.EQUAL_PROGRESS),
    ],
)
def test_what_is_detected(columns: dict[str, str], known: Known, chains: int, basis: Basis) -> None:
    """A block wins over a time, and neither counts where rows are rewritten."""
    assert plan(table(**columns), says(), known, chains=chains).basis is basis


@pytest.mark.parametrize(
    ("policy", "known", "basis"),
    [
        (says(compare=Compare.BY_STATE), FRESH, Basis.BY_STATE),
        (says(compare=Compare.BY_STATE), NO_HISTORY, Basis.EQUAL_PROGRESS),
        (says(compare=Compare.BY_TIMESTAMP), FRESH, Basis.BY_TIMESTAMP),
        (says(block="made", compare=Compare.AT_BLOCK), FRESH, Basis.AT_BLOCK),
    ],
)
def test_what_the_policy_says(policy: EntityPolicy, known: Known, basis: Basis) -> None:
    """It wins over everything that could be detected."""
    columns = {"chainId": "int4", "blockNumber": "int4", "timestamp": "int4", "made": "int4"}
    assert plan(table(**columns), policy, known, chains=2).basis is basis


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (says(), "detected: chain chainId, block blockNumber, time timestamp"),
        (says(block="blockNumber"), "detected: chain chainId, block blockNumber, time timestamp"),
        (
            says(compare=Compare.BY_STATE),
            f"compare byState by the policy; the tables show {SHOWN}",
        ),
        (
            says(block="made"),
            f"block made by the policy; the tables show {SHOWN}",
        ),
    ],
)
def test_what_the_policy_says_instead(policy: EntityPolicy, words: str) -> None:
    """Where the policy says something else than the tables, the report has both."""
    columns = {"chainId": "int4", "blockNumber": "int4", "timestamp": "int4", "made": "int4"}
    assert plan(table(**columns), policy, FRESH, chains=2).reason == words


@pytest.mark.parametrize(
    ("columns", "policy", "known", "cause"),
    [
        ({}, says(block="made"), FRESH, Cause.BAD_ANSWER),
        ({}, says(compare=Compare.AT_BLOCK), FRESH, Cause.UNDECIDABLE),
        ({"block": "int4"}, says(compare=Compare.AT_BLOCK), FRESH, Cause.UNDECIDABLE),
        ({}, says(compare=Compare.BY_TIMESTAMP), FRESH, Cause.UNDECIDABLE),
        ({"time": "int4"}, says(compare=Compare.BY_TIMESTAMP), REWRITTEN, Cause.UNDECIDABLE),
    ],
)
def test_what_cannot_be(columns: dict[str, str], policy: EntityPolicy, known: Known, cause: Cause) -> None:
    """A policy that asks for what an entity does not have is not quietly bent."""
    with pytest.raises(UnseenError) as raised:
        plan(table(**columns), policy, known, chains=2)
    assert raised.value.unobserved.cause is cause


def test_the_entities_of_a_belt() -> None:
    """What Envio makes for itself is none, and its history is found by name, cut or not."""
    long = "E" * 60
    names = (
        "Thing",
        "raw_events",
        "envio_chains",
        "envio_history_Thing",
        long,
        f"envio_history_{long}"[:62] + "7",
    )
    catalog = Catalog(tables=tuple(Table(name=name, columns=(), key=("id",), estimate=0) for name in names))
    assert [entity.name for entity in catalog.entities] == ["Thing", long]
    histories = [catalog.history(name) for name in ("Thing", long, "Other")]
    assert [history.name if history else None for history in histories] == [names[3], names[5], None]
