"""Contracts that others register, events of any contract, and rows of several events in one entity."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from gate.observations.history import Unlike
from gate.outcome import Outcome
from gate.policy.groundtruth import GroundTruth, Registration
from gate.policy.signature import event_signature
from tests.live.gate.chain.chains import EVENT, Anvil, promise
from tests.live.gate.content.belt import Belt
from tests.live.gate.proof.proving import entity, only, prove, told

OPENED = event_signature("Opened(address till)")
REGISTRY = """CREATE TABLE dynamic_contract_registry (id text PRIMARY KEY, chain_id int NOT NULL,
registering_event_block_number int NOT NULL, registering_event_log_index int NOT NULL,
registering_event_src_address text NOT NULL, contract_address text NOT NULL)"""
COLUMNS = '"chain_id" INTEGER NOT NULL, "block" INTEGER NOT NULL, "till" TEXT NOT NULL, "kind" TEXT NOT NULL'


def put(anvil: Anvil, topic: str) -> str:
    """Puts a contract on the chain that logs its first argument under a topic."""
    runtime = bytes.fromhex(f"6000 35 6000 52 7f{topic[2:]} 6020 6000 a1 00")
    code = bytes.fromhex(f"60{len(runtime):02x}600c60003960{len(runtime):02x}6000f3") + runtime
    address: str = anvil.send({"from": anvil.sender, "data": "0x" + code.hex()})["contractAddress"]
    return address.lower()


def call(anvil: Anvil, contract: str, argument: int) -> tuple[int, int]:
    """A block with one log of the contract; where it is."""
    data = f"0x{argument:064x}"
    receipt = anvil.send({"from": anvil.sender, "to": contract, "data": data})
    return int(receipt["blockNumber"], 16), int(receipt["logs"][0]["logIndex"], 16)


class Street:
    """A factory, a till that pays before and after it is registered, and one that never is."""

    def __init__(self, anvil: Anvil) -> None:
        self.anvil = anvil
        self.factory = put(anvil, OPENED.topic0)
        self.till, self.wild = put(anvil, EVENT.topic0), put(anvil, EVENT.topic0)
        self.before = call(anvil, self.till, 1)
        self.opened = call(anvil, self.factory, int(self.till, 16))
        self.after = [call(anvil, self.till, amount) for amount in (2, 3)]
        self.strange = call(anvil, self.wild, 4)
        anvil.mine(2)

    def truth(self, **fields: Any) -> GroundTruth:
        """The payments of registered tills."""
        by = Registration(contract=self.factory, event=OPENED, argument="till")
        values = (("till", "{address}"),)
        standard: dict[str, Any] = {"contract": "", "registered_by": by, "values": values, "columns": ()}
        return replace(promise(self.anvil), **(standard | fields))

    def fill(
        self, belt: Belt, places: Iterable[tuple[int, int]], *, till: str = "", kind: str = "paid"
    ) -> None:
        """Rows of payments."""
        for block, index in places:
            key = f"{self.anvil.chain}_{block}_{index}"
            # Checksummed or not, it is the same address.
            belt.fill(
                "Payment", (key, self.anvil.chain, block, (till or self.till).upper().replace("X", "x"), kind)
            )


@pytest.fixture(scope="session")
def street(anvil: Anvil) -> Street:
    return Street(anvil)


@pytest.fixture
def belt(green: Belt, street: Street) -> Belt:
    """A belt that has indexed what it should."""
    green.seed(street.anvil.chain, progress=street.anvil.height)
    green.entity("Payment", COLUMNS)
    green.execute(REGISTRY)
    street.fill(green, street.after)
    register(green, street, street.till)
    return green


def register(belt: Belt, street: Street, address: str) -> None:
    belt.execute(
        "INSERT INTO dynamic_contract_registry VALUES (%s, %s, %s, %s, %s, %s)",
        (address, street.anvil.chain, *street.opened, street.factory, address),
    )


async def test_registered_contracts(belt: Belt, street: Street) -> None:
    """Their logs count from the block in which they were registered, and nobody else's do."""
    history = await prove(belt, street.truth(), street.anvil.url)
    outcome, found = told(history)
    assert outcome is Outcome.PASSED, found
    assert only(history).logs == 2


async def test_a_registered_contract_without_rows(belt: Belt, street: Street) -> None:
    """The belt did not take it up: each of its logs is missing, and it is missing in the registry."""
    belt.execute('DELETE FROM "Payment"')
    belt.execute("DELETE FROM dynamic_contract_registry")
    history = await prove(belt, street.truth(), street.anvil.url)
    outcome, found = told(history)
    assert outcome is Outcome.FAILED, found
    assert [one.kind for one in entity(history).differences] == [Unlike.MISSING, Unlike.MISSING]
    assert f"registers is not indexed: {street.till}" in only(history).strange[0]


async def test_a_contract_that_nobody_registered(belt: Belt, street: Street) -> None:
    """It is in the belt's registry, and no log of the chain says so."""
    register(belt, street, street.wild)
    outcome, found = told(await prove(belt, street.truth(), street.anvil.url))
    assert outcome is Outcome.COULD_NOT_TELL
    assert f"is not registered by Opened(address) of {street.factory}: {street.wild}" in found[0].observed


async def test_rows_from_before_the_registration(belt: Belt, street: Street) -> None:
    """They are of a log that the policy says nothing of."""
    street.fill(belt, [street.before])
    outcome, found = told(await prove(belt, street.truth(), street.anvil.url))
    assert outcome is Outcome.COULD_NOT_TELL
    assert "an event or a contract that the policy does not name" in "".join(one.observed for one in found)


async def test_any_contract(belt: Belt, street: Street) -> None:
    """An event of every contract that emits it, by its topic alone."""
    truth = street.truth(registered_by=None, start=street.before[0])
    street.fill(belt, [street.before])
    street.fill(belt, [street.strange], till=street.wild)
    assert told(await prove(belt, truth, street.anvil.url))[0] is Outcome.PASSED
    belt.execute('DELETE FROM "Payment" WHERE block = %s', (street.strange[0],))
    assert told(await prove(belt, truth, street.anvil.url))[0] is Outcome.FAILED


async def test_two_contracts_in_one_entity(belt: Belt, street: Street) -> None:
    """Their logs together are its rows."""
    one = street.truth(registered_by=None, contract=street.till, start=street.opened[0])
    other = street.truth(registered_by=None, contract=street.wild)
    street.fill(belt, [street.strange], till=street.wild)
    assert told(await prove(belt, [one, other], street.anvil.url))[0] is Outcome.PASSED
    outcome, _ = told(await prove(belt, [one], street.anvil.url))
    assert outcome is Outcome.COULD_NOT_TELL  # a row of a contract that is not named


async def test_rows_of_one_event_among_others(belt: Belt, street: Street) -> None:
    """`where` tells them apart; without it a row from before the contract was there is nobody's."""
    street.fill(belt, [(1, 0)], kind="granted")
    outcome, found = told(await prove(belt, street.truth(), street.anvil.url))
    assert outcome is Outcome.COULD_NOT_TELL
    assert "1 row of Payment on chain" in found[0].observed
    assert "lies below block" in found[0].observed
    history = await prove(belt, street.truth(where=(("kind", "paid"),)), street.anvil.url)
    assert told(history)[0] is Outcome.PASSED


async def test_rows_that_do_not_say_their_block(green: Belt, street: Street) -> None:
    """All of them are compared at once, up to the candidate's own block."""
    green.seed(street.anvil.chain, progress=street.anvil.height)
    green.entity("Sum", '"amount" NUMERIC NOT NULL')
    green.fill("Sum", (f"{street.till}-2", 2), (f"{street.till}-3", 3))
    truth = replace(
        street.truth(registered_by=None, contract=street.till, start=street.opened[0]),
        entity="Sum",
        row_id="{address}-{amount}",
        values=(),
        columns=(("amount", "amount"),),
    )
    history = await prove(green, truth, street.anvil.url)
    assert told(history)[0] is Outcome.PASSED, told(history)
    green.execute('UPDATE "Sum" SET amount = 9 WHERE amount = 3')
    history = await prove(green, truth, street.anvil.url)
    assert told(history)[0] is Outcome.FAILED
    [one] = entity(history).differences
    assert (one.kind, one.column, one.told, one.held) == (Unlike.CHANGED, "amount", "3", "9")


async def test_an_entity_that_the_candidate_lacks(belt: Belt, street: Street) -> None:
    """It is named; so are a column that it lacks, and a key that nobody can form."""
    for changes, words in (
        ({"entity": "Nothing"}, "has no entity Nothing"),
        ({"values": (("nobody", "{address}"),)}, "has no column nobody"),
        ({"row_id": "{who}"}, "has no argument who"),
    ):
        outcome, found = told(await prove(belt, street.truth(**changes), street.anvil.url))
        assert outcome is Outcome.COULD_NOT_TELL
        assert words in "".join(one.observed for one in found)
