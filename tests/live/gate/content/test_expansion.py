"""A candidate with more contracts: nothing of the serving belt is lost, and what is more has a reason."""

from dataclasses import replace
from typing import Any

import pytest

from gate.observations.rows import Kind
from gate.policy.across import AcrossChains
from gate.policy.entities import EntityPolicy, MayDiffer
from gate.policy.groundtruth import EventSignature, GroundTruth
from gate.policy.model import Mode, Policy
from tests.live.gate.content.belt import Belt, compare, only, policy

pytestmark = pytest.mark.live

NEW = "0x00000000000000000000000000000000000000AA"


def promised(*contracts: str, entities: tuple[EntityPolicy, ...] = (), **fields: Any) -> Policy:
    """An expansion whose ground truth names contracts."""
    event = EventSignature(
        text="Transfer()", name="Transfer", types=(), indexed=(), arguments=(), topic0="0x"
    )
    standard: dict[str, Any] = {"chain": 1, "event": event, "entity": "Transfer"}
    truths = tuple(GroundTruth(contract=contract, **(standard | fields)) for contract in contracts)
    return policy(mode=Mode.EXPANSION, ground_truth=truths, entities=entities)


def may_differ(*chains: int) -> tuple[EntityPolicy, ...]:
    """The vault adds to the value of a transfer."""
    columns = MayDiffer(columns=("value",), chains=chains, reason="the vault adds")
    return (EntityPolicy(name="Transfer", may_differ=(columns,)),)


@pytest.fixture
def belts(blue: Belt, green: Belt) -> tuple[Belt, Belt]:
    """Both belts have one transfer of the old contract."""
    for belt in (blue, green):
        belt.seed(1)
        belt.entity("Transfer", '"chain_id" INTEGER, "block" INTEGER, "value" NUMERIC', history=True)
        belt.execute("INSERT INTO envio_checkpoints VALUES (1, 1, 900, NULL, 0)")
        belt.fill("Transfer", ("old", 1, 5, 1))
        belt.event(block=5, contract="Token", address="0xbb")
    return blue, green


@pytest.mark.parametrize("name", ["Token", "Vault"])
async def test_rows_of_a_contract_that_the_policy_names(belts: tuple[Belt, Belt], name: str) -> None:
    """Rows at a block at which only the new contract's event accounts for them are traced to it."""
    belts[1].fill("Transfer", ("1_7_0", 1, 7, 1), ("1_8_0", 1, 8, 1))
    for block in (7, 8):
        belts[1].event(block=block, contract=name, address=NEW)
    entity = only(await compare(*belts, promised(NEW.lower())))
    assert (entity.totals.traced, entity.totals.unequal) == (2, 0)
    assert entity.traced_to == (
        f"{NEW.lower()} on chain 1" if name == "Token" else "the contracts called Vault on chain 1",
    )


async def test_the_children_of_a_factory(belts: tuple[Belt, Belt]) -> None:
    """Many contracts declared under one new name need only one of them in the policy."""
    belts[1].fill("Transfer", ("1_7_0", 1, 7, 1), ("1_8_0", 1, 8, 1))
    belts[1].event(block=7, contract="Pair", address=NEW)
    belts[1].event(block=8, contract="Pair", address="0xcc")
    assert only(await compare(*belts, promised(NEW))).totals.traced == 2


async def test_rows_of_a_contract_that_nobody_names(belts: tuple[Belt, Belt]) -> None:
    """A candidate cannot vouch for contracts of its own."""
    belts[1].fill("Transfer", ("1_7_0", 1, 7, 1))
    belts[1].event(block=7, contract="Vault", address=NEW)
    assert only(await compare(*belts, promised("0xdd"))).totals.extra == 1


async def test_a_contract_that_the_serving_belt_knows(belts: tuple[Belt, Belt]) -> None:
    """Events of a contract that the serving belt indexes too account for no extra row."""
    belts[0].event(block=4, contract="Vault", address=NEW)
    belts[1].event(block=4, contract="Vault", address=NEW)
    belts[1].fill("Transfer", ("1_7_0", 1, 7, 1))
    belts[1].event(block=7, contract="Vault", address=NEW)
    assert only(await compare(*belts, promised(NEW))).totals.extra == 1


async def test_more_rows_than_events(belts: tuple[Belt, Belt]) -> None:
    """One event accounts for one row: a second one at the same block has no reason."""
    belts[1].fill("Transfer", ("1_7_0", 1, 7, 1), ("1_7_1", 1, 7, 1))
    belts[1].event(block=7, contract="Vault", address=NEW)
    entity = only(await compare(*belts, promised(NEW)))
    assert (entity.totals.traced, entity.totals.extra) == (1, 1)


async def test_a_row_of_the_serving_belt_that_is_gone(belts: tuple[Belt, Belt]) -> None:
    """New rows do not make up for a lost one."""
    belts[1].execute('DELETE FROM "Transfer"')
    belts[1].fill("Transfer", ("1_5_0", 1, 5, 1))
    belts[1].event(block=5, contract="Vault", address=NEW)
    entity = only(await compare(*belts, promised(NEW)))
    assert [(row.kind, row.key) for row in entity.differences] == [(Kind.MISSING, "old")]


@pytest.mark.parametrize(("chains", "covered"), [((1,), 1), ((10, 1), 1), ((10,), 0), ((), 0)])
async def test_columns_that_may_differ(
    belts: tuple[Belt, Belt], chains: tuple[int, ...], covered: int
) -> None:
    """They may on the chains that the policy names; without a name, only where a new contract writes."""
    belts[1].execute('UPDATE "Transfer" SET value = 2')
    totals = only(await compare(*belts, promised(NEW, entities=may_differ(*chains)))).totals
    assert (totals.covered, totals.unequal) == (covered, 1 - covered)


async def test_a_row_that_the_new_contract_changes(belts: tuple[Belt, Belt]) -> None:
    """A row may differ whose key `rowId` forms from an event of a new contract, and no other row."""
    for belt in belts:
        belt.fill("Transfer", ("1-0xee", 1, 5, 1), ("1-0xff", 1, 6, 1))
    belts[1].execute("UPDATE \"Transfer\" SET value = 2 WHERE id <> 'old'")
    belts[1].event(block=7, contract="Vault", address=NEW, params='{"owner": "0xee"}')
    says = promised(NEW, entities=may_differ(), row_id="{chainId}-{owner}")
    entity = only(await compare(*belts, says))
    assert [(row.key, row.values[0].column) for row in entity.covered] == [("1-0xee", "value")]
    assert [row.key for row in entity.differences] == ["1-0xff"]


@pytest.mark.parametrize("chains", [(1,), ()])
async def test_an_extra_row_of_an_entity_that_may_differ(
    belts: tuple[Belt, Belt], chains: tuple[int, ...]
) -> None:
    """That columns may differ accounts for no row."""
    belts[1].fill("Transfer", ("1_7_0", 1, 7, 1))
    assert only(await compare(*belts, promised(NEW, entities=may_differ(*chains)))).totals.extra == 1


async def test_an_account_that_the_new_contract_opens(belts: tuple[Belt, Belt]) -> None:
    """A row that is no log is traced by the arguments of the events that write it."""
    belts[1].fill("Transfer", ("1-0xee", 1, 7, 1), ("1-0xff", 1, 7, 1))
    belts[1].event(block=7, contract="Vault", address=NEW, params='{"owner": "0xee"}')
    entity = only(await compare(*belts, promised(NEW, row_id="{chainId}-{owner}")))
    assert (entity.totals.traced, [row.key for row in entity.differences]) == (1, ["1-0xff"])


@pytest.mark.parametrize(
    ("truth", "event"),
    [
        ({}, {"log_index": 1}),
        ({}, {"block": 8}),
        ({}, {"name": "Approval"}),
        ({"entity": "Other"}, {}),
        ({"chain": 10}, {}),
        ({}, {"chain": 10}),
        ({"row_id": "{chainId}_{blockNumber}_{unknown}"}, {}),
    ],
)
async def test_an_event_that_does_not_write_the_row(
    belts: tuple[Belt, Belt], truth: dict[str, Any], event: dict[str, Any]
) -> None:
    """An event accounts for the row of its own log, in the entity that the policy says, and for no other."""
    belts[1].fill("Transfer", ("1_7_0", 1, 7, 1))
    emitted: dict[str, Any] = {"block": 7, "contract": "Vault", "address": NEW}
    belts[1].event(**(emitted | event))
    assert only(await compare(*belts, promised(NEW, **truth))).totals.extra == 1


async def test_a_serving_belt_without_raw_events(belts: tuple[Belt, Belt]) -> None:
    """Its contracts are not all new: one is of whose logs it has not one row."""
    belts[0].execute("DELETE FROM raw_events")
    belts[1].fill("Transfer", ("1_7_0", 1, 7, 1))
    belts[1].event(block=7, contract="Vault", address=NEW)
    entity = only(await compare(*belts, promised(NEW)))
    assert (entity.totals.traced, entity.totals.unequal) == (1, 0)


async def test_a_known_contract_without_raw_events(belts: tuple[Belt, Belt]) -> None:
    """A contract of which the serving belt has a row is not new, whatever else the candidate has of it."""
    belts[0].execute("DELETE FROM raw_events")
    for belt in belts:
        belt.fill("Transfer", ("1_6_0", 1, 6, 1))
    belts[1].fill("Transfer", ("1_7_0", 1, 7, 1))
    for block in (6, 7):
        belts[1].event(block=block, contract="Vault", address=NEW)
    entity = only(await compare(*belts, promised(NEW)))
    assert [row.key for row in entity.differences] == ["1_7_0"]
    assert "the serving belt keeps no raw events" in entity.untraced


async def test_an_account_is_nobodys_own(belts: tuple[Belt, Belt]) -> None:
    """Without raw events, a row that is no log does not tell whether a contract is new."""
    belts[0].execute("DELETE FROM raw_events")
    belts[1].fill("Transfer", ("1-0xee", 1, 7, 1))
    belts[1].event(block=7, contract="Vault", address=NEW, params='{"owner": "0xee"}')
    assert only(await compare(*belts, promised(NEW, row_id="{chainId}-{owner}"))).totals.extra == 1


async def test_parity_knows_no_such_reason(belts: tuple[Belt, Belt]) -> None:
    """In parity an extra row is an extra row."""
    belts[1].fill("Transfer", ("1_7_0", 1, 7, 1))
    belts[1].event(block=7, contract="Vault", address=NEW)
    assert only(await compare(*belts, policy())).totals.extra == 1


async def test_a_key_that_begins_with_its_chain(blue: Belt, green: Belt) -> None:
    """Where every key begins with a chain, rows of a chain that is new are no concern of the serving belt."""
    for belt, chains in ((blue, (1, 10)), (green, (1, 10, 137))):
        belt.seed(*chains)
        belt.entity("Account", '"amount" NUMERIC', history=True)
        belt.execute("INSERT INTO envio_checkpoints VALUES (1, 1, 900, NULL, 0), (2, 10, 900, NULL, 0)")
        belt.fill("Account", *((f"{chain}-0xaa", 1) for chain in chains))
        belt.write("Account", (3, 1, 950), "1-0xaa", 2)
    entity = only(await compare(blue, green, policy(1, 10, 137, mode=Mode.EXPANSION)))
    assert (entity.serving, entity.candidate, entity.totals.unequal) == (2, 2, 0)


async def test_a_key_of_no_chain(blue: Belt, green: Belt) -> None:
    """One key that begins with something else, and no row is left out."""
    for belt, chains in ((blue, (1, 10)), (green, (1, 10, 137))):
        belt.seed(*chains)
        belt.entity("Account", '"amount" NUMERIC', history=True)
        belt.execute("INSERT INTO envio_checkpoints VALUES (1, 1, 900, NULL, 0), (2, 10, 900, NULL, 0)")
        belt.fill("Account", ("all", 1), *((f"{chain}-0xaa", 1) for chain in chains))
        belt.write("Account", (3, 1, 950), "1-0xaa", 2)
    entity = only(await compare(blue, green, policy(1, 10, 137, mode=Mode.EXPANSION)))
    assert [(row.kind, row.key) for row in entity.differences] == [(Kind.EXTRA, "137-0xaa")]


async def test_an_order_excuses_no_contract(blue: Belt, green: Belt) -> None:
    """A column that new contracts and the order of the chains may change is covered only where one writes."""
    for belt, last in ((blue, 1), (green, 10)):
        belt.seed(1, 10)
        belt.entity("User", '"last" INTEGER')
        belt.event(block=5, contract="Token", address="0xbb")
        belt.fill("User", ("0xee", last), ("0xff", last))
    green.event(block=7, contract="Vault", address=NEW, params='{"owner": "0xee"}')
    user = EntityPolicy(
        name="User",
        may_differ=(MayDiffer(columns=("last",), reason="the vault writes it"),),
        across=AcrossChains(once=("name",)),
    )
    says = promised(NEW, entity="User", entities=(user,), row_id="{owner}")
    entity = only(await compare(blue, green, replace(says, chains=policy(1, 10).chains), seconds=4.0))
    assert [row.key for row in entity.covered] == ["0xee"]
    assert [row.key for row in entity.undecided] == ["0xff"]
