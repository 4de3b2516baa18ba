"""What is wrong with a project is told at once: place, what was expected, what stands there."""

from pathlib import Path
from typing import Any

import pytest

from belts import envio
from tests.unit.envio.projects import ADDRESS, SCHEMA, SIGNATURE, a_chain, a_config, a_contract, a_project


def places(project: Path, config: str = "config.yaml") -> list[str]:
    with pytest.raises(envio.ProjectInvalid) as caught:
        envio.read(project, config)
    assert str(caught.value)
    return [mistake.path for mistake in caught.value.mistakes]


def on_chain(**contract: Any) -> dict[str, Any]:
    return a_config(chains=[a_chain(contracts=[{"name": "Points", "address": ADDRESS} | contract])])


@pytest.mark.parametrize(
    ("config", "place"),
    [
        pytest.param(a_config(name=None), "config.yaml: name", id="no name"),
        pytest.param(a_config(name=7), "config.yaml: name", id="a name that is a number"),
        pytest.param(a_config(networks=[]), "config.yaml: networks", id="a key of an older version"),
        pytest.param(a_config(ecosystem="fuel"), "config.yaml: ecosystem", id="another ecosystem"),
        pytest.param(a_config(chains=None), "config.yaml: chains", id="no chains"),
        pytest.param(a_config(chains=[]), "config.yaml: chains", id="an empty list of chains"),
        pytest.param(a_config(chains={"id": 1}), "config.yaml: chains", id="chains that are a map"),
        pytest.param(a_config(chains=["1"]), "config.yaml: chains[0]", id="a chain that is a text"),
        pytest.param(a_config(chains=[a_chain("1")]), "config.yaml: chains[0].id", id="an id that is a text"),
        pytest.param(a_config(chains=[a_chain(True)]), "config.yaml: chains[0].id", id="an id that is true"),
        pytest.param(a_config(chains=[a_chain(0)]), "config.yaml: chains[0].id", id="the id 0"),
        pytest.param(
            a_config(chains=[a_chain(), a_chain()]), "config.yaml: chains[1].id", id="a chain twice"
        ),
        pytest.param(
            a_config(chains=[a_chain(start_block=-1)]),
            "config.yaml: chains[0].start_block",
            id="before the first block",
        ),
        pytest.param(
            a_config(chains=[a_chain(start_block="${START}")]),
            "config.yaml: chains[0].start_block",
            id="a start block from the environment",
        ),
        pytest.param(
            a_config(chains=[a_chain(startBlock=1)]),
            "config.yaml: chains[0].startBlock",
            id="an unknown key of a chain",
        ),
        pytest.param(
            on_chain(name="Vault"), "config.yaml: chains[0].contracts[0].name", id="a contract nobody defined"
        ),
        pytest.param(
            on_chain(address="0x12"), "config.yaml: chains[0].contracts[0].address", id="a short address"
        ),
        pytest.param(
            on_chain(address=[ADDRESS, "${VAULT}"]),
            "config.yaml: chains[0].contracts[0].address[1]",
            id="an address from the environment",
        ),
        pytest.param(
            on_chain(address=ADDRESS.replace("F", "f", 1)),
            "config.yaml: chains[0].contracts[0].address",
            id="an address with a wrong checksum",
        ),
        pytest.param(
            a_config(chains=[a_chain(contracts=[{"name": "Points"}, {"name": "Points"}])]),
            "config.yaml: chains[0].contracts[1].name",
            id="a contract twice on a chain",
        ),
        pytest.param(
            a_config(contracts=[a_contract(), a_contract()]),
            "config.yaml: contracts[1].name",
            id="a contract twice",
        ),
        pytest.param(
            a_config(contracts=[a_contract(events=[])]), "config.yaml: contracts[0].events", id="no events"
        ),
        pytest.param(
            a_config(contracts=[a_contract(events=[{"event": "Transfer"}])]),
            "config.yaml: contracts[0].events[0].event",
            id="an event without signature or ABI",
        ),
        pytest.param(
            a_config(contracts=[a_contract(events=[{"event": SIGNATURE}, {"event": SIGNATURE}])]),
            "config.yaml: contracts[0].events",
            id="an event twice",
        ),
        pytest.param(
            a_config(contracts=[a_contract(handler="src/none.ts")]),
            "config.yaml: contracts[0].handler",
            id="a handler that is not there",
        ),
        pytest.param(
            a_config(contracts=[a_contract(abi_file_path="abi.json")]),
            "config.yaml: contracts[0].abi_file_path",
            id="an ABI that is not there",
        ),
        pytest.param(
            a_config(schema="other.graphql"), "config.yaml: schema", id="a schema that is not there"
        ),
        pytest.param(
            a_config(rollback_on_reorg="${REORG:-true}"),
            "config.yaml: rollback_on_reorg",
            id="a setting from the environment",
        ),
        pytest.param(
            a_config(chains=[a_chain(end_block="${END:-900}")]),
            "config.yaml: chains[0].end_block",
            id="a setting of a chain from the environment",
        ),
        pytest.param(
            a_config(field_selection={"block_fields": ["${FIELD}"]}),
            "config.yaml: field_selection.block_fields[0]",
            id="a field from the environment",
        ),
        pytest.param(
            a_config(handlers="${WHERE:-src}"), "config.yaml: handlers", id="handlers from the environment"
        ),
        pytest.param(a_config(handlers="../src"), "config.yaml: handlers", id="handlers outside"),
        pytest.param("chains: [", "config.yaml", id="no YAML"),
        pytest.param("name: a\nname: b\n", "config.yaml", id="a key twice"),
        pytest.param("- 1\n", "config.yaml", id="a list"),
        pytest.param("", "config.yaml", id="nothing"),
    ],
)
def test_config_with_one_mistake(tmp_path: Path, config: object, place: str) -> None:
    """A mistake in the config is told with the path of the key it stands at, and alone."""
    assert places(a_project(tmp_path / "project", config=config)) == [place]


@pytest.mark.parametrize(
    ("package", "place"),
    [
        pytest.param("{", "package.json", id="no JSON"),
        pytest.param({}, "package.json: dependencies", id="no dependencies"),
        pytest.param({"dependencies": {}}, "package.json: dependencies.envio", id="no envio"),
        pytest.param({"dependencies": {"envio": "^3.0.0"}}, "package.json: dependencies.envio", id="a range"),
        pytest.param({"dependencies": {"envio": 3}}, "package.json: dependencies.envio", id="a number"),
    ],
)
def test_version_that_is_not_pinned(tmp_path: Path, package: object, place: str) -> None:
    """A belt's state is tied to one version: a project that does not pin it is refused."""
    assert places(a_project(tmp_path, package=package)) == [place]


def test_schema_that_does_not_parse(tmp_path: Path) -> None:
    """The line of the schema is told."""
    assert places(a_project(tmp_path, files={"schema.graphql": "type A {\n  id: \n}\n"})) == [
        "schema.graphql:3"
    ]


def test_schema_outside_the_project(tmp_path: Path) -> None:
    """A file that is there, but not in the project, is refused: a belt's copy of the project lacks it."""
    project = a_project(tmp_path / "project", config=a_config(schema="../schema.graphql"))
    (tmp_path / "schema.graphql").write_text(SCHEMA)

    assert places(project) == ["config.yaml: schema"]


def test_no_handlers(tmp_path: Path) -> None:
    """A config that names no handler needs the directory that Envio loads."""
    contract = a_contract()
    del contract["handler"]

    assert places(a_project(tmp_path, config=a_config(contracts=[contract]))) == ["config.yaml"]


def test_config_that_is_not_there(tmp_path: Path) -> None:
    """A missing config is told, together with whatever else is wrong."""
    assert places(a_project(tmp_path, package="{"), "config.green.yaml") == [
        "config.green.yaml",
        "package.json",
    ]


def test_several_mistakes(tmp_path: Path) -> None:
    """All mistakes of all files are told at once, a line each."""
    points = {"name": "Points", "colour": "red"}
    chains = [a_chain("x", contracts=[points]), a_chain(10, start_block=None)]
    config = a_config(name="", chains=chains, schema="no.graphql")
    project = a_project(tmp_path, config=config, package={})

    with pytest.raises(envio.ProjectInvalid) as caught:
        envio.read(project, "config.yaml")

    known = "abi_file_path, address, events, handler, name, start_block"
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        "package.json: dependencies: expected a map of packages, got nothing",
        'config.yaml: chains[0].id: expected a chain id, at least 1, got "x"',
        f"config.yaml: chains[0].contracts[0].colour: expected one of the keys {known}, got an unknown key",
        "config.yaml: chains[1].start_block: expected a block number, at least 0, got nothing",
        'config.yaml: name: expected the name of the indexer, got ""',
        "config.yaml: schema: expected a file of the project, got no.graphql, which is not there",
    ]
