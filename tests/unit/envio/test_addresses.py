"""Addresses are read in any spelling that is right, and told in one: EIP-55's."""

from pathlib import Path

import pytest
from eth_utils.address import to_checksum_address

from belts import envio
from tests.unit.envio.projects import a_chain, a_config, a_project

FROM_EIP_55 = (
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)


@pytest.mark.parametrize("address", FROM_EIP_55)
def test_address_of_the_standard(tmp_path: Path, address: str) -> None:
    """In small letters it becomes what the standard says; so written, it stays."""
    assert [_read(tmp_path / "small", address.lower()), _read(tmp_path / "right", address)] == [address] * 2


def test_many_addresses(tmp_path: Path) -> None:
    """The same as by the library that everybody trusts for it."""
    written = [f"0x{number * 0x9E3779B97F4A7C15F39CC0605CEDC834 % 2**160:040x}" for number in range(1, 200)]
    contract = {"name": "Points", "address": written}
    project = a_project(tmp_path, config=a_config(chains=[a_chain(contracts=[contract])]))

    found = envio.read(project, "config.yaml").contracts[0].addresses

    assert found == tuple(sorted(map(to_checksum_address, written)))


def _read(place: Path, address: str) -> str:
    chain = a_chain(contracts=[{"name": "Points", "address": address}])
    project = envio.read(a_project(place, config=a_config(chains=[chain])), "config.yaml")
    return project.contracts[0].addresses[0]
