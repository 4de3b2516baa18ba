"""What a project that is right says of itself."""

from pathlib import Path

import pytest

from belts import envio
from belts.envio.release import LATEST
from tests.unit.envio.projects import (
    ADDRESS,
    OTHER_ADDRESS,
    SIGNATURE,
    a_chain,
    a_config,
    a_contract,
    a_project,
)

EXAMPLE = Path(__file__).parents[3] / "examples" / "indexer"


def test_one_contract_on_two_chains(tmp_path: Path) -> None:
    """The footprint has a contract once for each chain it is on, from that chain's start block."""
    chains = [a_chain(10, start_block=7), a_chain(1)]

    project = envio.read(a_project(tmp_path, config=a_config(chains=chains)), "config.yaml")

    assert project.chains == (1, 10)
    assert [(each.chain, each.name, each.start_block) for each in project.contracts] == [
        (1, "Points", 5),
        (10, "Points", 7),
    ]
    assert project.contracts[0].addresses == (ADDRESS,)
    assert project.contracts[0].events == ("Transfer",)


def test_contract_with_a_start_block_of_its_own(tmp_path: Path) -> None:
    """A contract's own start block is the one that counts."""
    chain = a_chain(contracts=[{"name": "Points", "address": ADDRESS, "start_block": 99}])

    project = envio.read(a_project(tmp_path, config=a_config(chains=[chain])), "config.yaml")

    assert project.contracts[0].start_block == 99


def test_contract_with_events_only_on_its_chain(tmp_path: Path) -> None:
    """A contract may be defined where it is used, with events and handler of its own."""
    own = a_contract(
        name="Vault", handler="src/vault.ts", address=OTHER_ADDRESS, events=[{"event": "Paid(int256 x)"}]
    )
    config = a_config(chains=[a_chain(contracts=[own])])

    project = envio.read(a_project(tmp_path, config=config, files={"src/vault.ts": ""}), "config.yaml")

    assert [(each.name, each.events) for each in project.contracts] == [("Vault", ("Paid",))]
    assert project.events["Vault"][0].signature == "Paid(int256 x)"


def test_contract_without_address(tmp_path: Path) -> None:
    """A contract that other contracts' events register has no address, and is in the footprint."""
    config = a_config(chains=[a_chain(contracts=[{"name": "Points"}])])

    project = envio.read(a_project(tmp_path, config=config), "config.yaml")

    assert project.contracts[0].addresses == ()


@pytest.mark.parametrize("written", [ADDRESS, ADDRESS.lower(), int(ADDRESS, 16), [ADDRESS, ADDRESS.lower()]])
def test_address_however_it_is_written(tmp_path: Path, written: object) -> None:
    """Case, a missing pair of quotes and repetition make no other footprint."""
    config = a_config(chains=[a_chain(contracts=[{"name": "Points", "address": written}])])

    project = envio.read(a_project(tmp_path, config=config), "config.yaml")

    assert project.contracts[0].addresses == (ADDRESS,)


def test_event_that_the_abi_defines(tmp_path: Path) -> None:
    """An event may be named only, when a file has its ABI; a name of its own wins over the event's."""
    events = [{"event": "Transfer"}, {"event": SIGNATURE, "name": "Moved"}]
    contract = a_contract(abi_file_path="abis/points.json", events=events)
    files = {"abis/points.json": "[]"}

    project = envio.read(
        a_project(tmp_path, config=a_config(contracts=[contract]), files=files), "config.yaml"
    )

    assert [(each.name, each.signature) for each in project.events["Points"]] == [
        ("Transfer", None),
        ("Moved", SIGNATURE),
    ]
    assert "abis/points.json" in project.files


def test_handlers_that_envio_finds_by_itself(tmp_path: Path) -> None:
    """No contract has to name its handler when the directory that Envio loads is there."""
    contract = a_contract()
    del contract["handler"]
    files = {"src/handlers/points.ts": ""}

    project = envio.read(
        a_project(tmp_path, config=a_config(contracts=[contract]), files=files), "config.yaml"
    )

    assert "src/handlers/points.ts" in project.files


def test_variables_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An RPC that comes from the environment is not looked up: reading needs no secret, and keeps none."""
    monkeypatch.setenv("RPC_1", "https://key@secret.example")

    project = envio.read(a_project(tmp_path), "config.yaml")

    assert "secret" not in repr(project)


def test_the_example(tmp_path: Path) -> None:
    """Green indexes all that blue does, and two chains and a contract more."""
    blue, green = (envio.read(EXAMPLE, f"config.{colour}.yaml") for colour in ("blue", "green"))

    assert blue.chains == (1, 10, 8453, 80094)
    assert green.chains == (1, 10, 8453, 42161, 80094, 7777777)
    assert set(blue.contracts) < set(green.contracts)
    added = {
        (each.chain, each.name)
        for each in set(green.contracts) - set(blue.contracts)
        if each.chain in blue.chains
    }
    assert added == {(10, "Badges")}
    assert blue.version == green.version == LATEST.version
    assert blue.schema_digest != green.schema_digest
