"""The demo's stack configs: templates that are right by themselves, moved to the checkout's own ports."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from demo import configs, gate, ports
from demo.place import STACKS, Place
from stacks import settings

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A checkout with the templates in it."""
    shutil.copytree(CHECKOUT / "examples" / "stacks", tmp_path / "examples" / "stacks")
    return Place(checkout=tmp_path)


@pytest.mark.parametrize("stack", STACKS)
def test_template(stack: str, place: Place) -> None:
    """Every template is a config without a mistake, once the demo has written the policies."""
    shutil.copytree(CHECKOUT / "examples" / "indexer", place.checkout / "examples" / "indexer")
    gate.write_policy(place.promise, {})
    config = yaml.safe_load((CHECKOUT / "examples" / "stacks" / f"{stack}.yaml").read_text())["config"]
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}

    assert settings.read(texts, namespace="belts", stack=stack, directory=place.checkout)


def test_ports_of_all_templates() -> None:
    """No two parts of the demo share a port, and all are in the block that is moved."""
    text = "".join((CHECKOUT / "examples" / "stacks" / f"{stack}.yaml").read_text() for stack in STACKS)
    found = [
        int(line.split("port:")[1].strip(" }").split(",")[0]) for line in text.splitlines() if "port:" in line
    ]

    assert len(found) == len(set(found)) == 14
    assert all(ports.TEMPLATE <= port < ports.TEMPLATE + ports.SIZE for port in found)


def test_config_on_other_ports(place: Place) -> None:
    """Every port and every URL moves with the block; other numbers stay."""
    configs.write(place, "blue", first_port=30_000, events=1)
    config = yaml.safe_load(place.config("blue").read_text())["config"]

    assert config["belts:postgres"]["port"] == 30_011
    assert config["belts:indexer"]["env"]["BELTS_RPC_80094"] == "http://127.0.0.1:30005"


def test_size_of_the_demo(place: Place) -> None:
    """The number of events is one setting."""
    configs.write(place, "chains", first_port=30_000, events=4_321)

    assert yaml.safe_load(place.config("chains").read_text())["config"]["belts:traffic"]["events"] == 4_321


def test_config_written_again(place: Place) -> None:
    """What Pulumi has written into the file itself stays."""
    configs.write(place, "gateway", first_port=30_000, events=1)
    with place.config("gateway").open("a") as file:
        file.write("encryptionsalt: v1:abc\n")
    configs.write(place, "gateway", first_port=30_000, events=1)

    assert yaml.safe_load(place.config("gateway").read_text())["encryptionsalt"] == "v1:abc"


def test_config_of_the_operator(place: Place) -> None:
    """A config that the demo did not make is left as it is."""
    place.config("blue").write_text("config: {mine: 1}\n")
    with pytest.raises(configs.NotOurs, match=r"Pulumi\.blue\.yaml"):
        configs.write(place, "blue", first_port=30_000, events=1)

    assert place.config("blue").read_text() == "config: {mine: 1}\n"


def test_block_of_ports(tmp_path: Path) -> None:
    """A block is chosen once: the same checkout gets it again, and another checkout another one."""
    mine = ports.block(tmp_path / "a" / "ports", seed="/a")

    assert ports.block(tmp_path / "a" / "ports", seed="elsewhere") == mine
    assert ports.block(tmp_path / "b" / "ports", seed="/b") != mine
    assert ports.FIRST <= mine <= ports.LAST - ports.SIZE
