"""A candidate with more contracts: nothing of the serving belt is lost, and what is more has a reason."""

import pytest

from gate.observations.rows import Kind
from gate.policy.entities import EntityPolicy, MayDiffer
from gate.policy.groundtruth import EventSignature, GroundTruth
from gate.policy.model import Mode, Policy
from tests.live.gate.content.belt import Belt, compare, only, policy

pytestmark = pytest.mark.live

NEW = "0x00000000000000000000000000000000000000AA"


def promised(*contracts: str, entities: tuple[EntityPolicy, ...] = ()) -> Policy:
    """An expansion whose ground truth names contracts."""
    event = EventSignature(text="E()", name="E", types=(), indexed=(), arguments=(), topic0="0x")
    truths = tuple(
        GroundTruth(chain=1, contract=contract, event=event, entity="Transfer") for contract in contracts
    )
    return policy(mode=Mode.EXPANSION, ground_truth=truths, entities=entities)


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
    belts[1].fill("Transfer", ("new", 1, 7, 1), ("newer", 1, 8, 1))
    for block in (7, 8):
        belts[1].event(block=block, contract=name, address=NEW)
    entity = only(await compare(*belts, promised(NEW.lower())))
    assert (entity.totals.traced, entity.totals.unequal) == (2, 0)
    assert entity.traced_to == (
        f"{NEW.lower()} on chain 1" if name == "Token" else "the contracts called Vault on chain 1",
    )


async def test_the_children_of_a_factory(belts: tuple[Belt, Belt]) -> None:
    """Many contracts declared under one new name need only one of them in the policy."""
    belts[1].fill("Transfer", ("new", 1, 7, 1), ("newer", 1, 8, 1))
    belts[1].event(block=7, contract="Pair", address=NEW)
    belts[1].event(block=8, contract="Pair", address="0xcc")
    assert only(await compare(*belts, promised(NEW))).totals.traced == 2


async def test_rows_of_a_contract_that_nobody_names(belts: tuple[Belt, Belt]) -> None:
    """A candidate cannot vouch for contracts of its own."""
    belts[1].fill("Transfer", ("new", 1, 7, 1))
    belts[1].event(block=7, contract="Vault", address=NEW)
    assert only(await compare(*belts, promised("0xdd"))).totals.extra == 1


async def test_a_contract_that_the_serving_belt_knows(belts: tuple[Belt, Belt]) -> None:
    """Events of a contract that the serving belt indexes too account for no extra row."""
    belts[0].event(block=4, contract="Vault", address=NEW)
    belts[1].event(block=4, contract="Vault", address=NEW)
    belts[1].fill("Transfer", ("new", 1, 7, 1))
    belts[1].event(block=7, contract="Vault", address=NEW)
    assert only(await compare(*belts, promised(NEW))).totals.extra == 1


async def test_more_rows_than_events(belts: tuple[Belt, Belt]) -> None:
    """One event accounts for one row: a second one at the same block has no reason."""
    belts[1].fill("Transfer", ("new", 1, 7, 1), ("newer", 1, 7, 1))
    belts[1].event(block=7, contract="Vault", address=NEW)
    entity = only(await compare(*belts, promised(NEW)))
    assert (entity.totals.traced, entity.totals.extra) == (1, 1)


async def test_a_row_of_the_serving_belt_that_is_gone(belts: tuple[Belt, Belt]) -> None:
    """New rows do not make up for a lost one."""
    belts[1].execute('DELETE FROM "Transfer"')
    belts[1].fill("Transfer", ("new", 1, 5, 1))
    belts[1].event(block=5, contract="Vault", address=NEW)
    entity = only(await compare(*belts, promised(NEW)))
    assert [(row.kind, row.key) for row in entity.differences] == [(Kind.MISSING, "old")]


async def test_an_aggregate_that_the_new_contract_changes(belts: tuple[Belt, Belt]) -> None:
    """Columns that the policy lets differ are listed as covered; any other column of the row is not."""
    belts[1].execute('UPDATE "Transfer" SET value = 2')
    names = EntityPolicy(
        name="Transfer", may_differ=(MayDiffer(columns=("value",), reason="the vault adds"),)
    )
    entity = only(await compare(*belts, promised(NEW, entities=(names,))))
    assert (entity.totals.covered, entity.totals.unequal) == (1, 0)
    assert entity.covered[0].values[0].column == "value"


async def test_parity_knows_no_such_reason(belts: tuple[Belt, Belt]) -> None:
    """In parity an extra row is an extra row."""
    belts[1].fill("Transfer", ("new", 1, 7, 1))
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


async def test_rows_of_an_entity_that_grows(belts: tuple[Belt, Belt]) -> None:
    """Where the policy says that the new contract changes an entity, rows more are listed as covered."""
    belts[1].fill("Transfer", ("new", 1, 7, 1))
    names = EntityPolicy(
        name="Transfer", may_differ=(MayDiffer(columns=("value",), reason="the vault adds"),)
    )
    entity = only(await compare(*belts, promised(NEW, entities=(names,))))
    assert (entity.totals.covered, entity.totals.unequal) == (1, 0)
    assert entity.covered[0].kind is Kind.EXTRA
