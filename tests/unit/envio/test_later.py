"""Releases of the third generation: known as one, and refused by name where nothing is known of them."""

from pathlib import Path
from typing import Any

import pytest

from belts import envio
from belts.envio.release import CHAINS, LATEST, OF_3, release_of
from tests.unit.envio.projects import a_chain, a_config, a_project

SEEN = "3.8.0"


def later(directory: Path, version: str = SEEN, **config: Any) -> Path:
    """A project of such a release: its handlers lie where it finds them."""
    package = {"type": "module", "dependencies": {"envio": version}}
    files = {"src/handlers/points.ts": 'import { indexer } from "envio";\n'}
    return a_project(directory, config=a_config(**config), package=package, files=files)


@pytest.mark.parametrize("version", ["3.0.0", "3.0.2", "3.5.1", SEEN, "3.13.0"])
def test_one_of_them(tmp_path: Path, version: str) -> None:
    """It keeps its own version, its storage is theirs, and one process is started of it."""
    project = envio.read(later(tmp_path, version), "config.yaml")
    found = release_of(project.version)
    assert found is not None
    assert (found.version, found.storage, found.storage.chains) == (version, OF_3, CHAINS)
    assert (found.entry, found.arguments) == ("envio/bin.mjs", ("start",))
    assert (found.generates, found.gauges, found.preload) == (False, False, ())


@pytest.mark.parametrize("version", ["3.14.0", "4.0.0", "3.8.0-alpha.1", "3.0.0-alpha.22", "2.33.0"])
def test_another_one(tmp_path: Path, version: str) -> None:
    """Refused by name, with those that are known and how another is verified."""
    with pytest.raises(envio.ProjectInvalid) as caught:
        envio.read(later(tmp_path, version), "config.yaml")
    [mistake] = caught.value.mistakes
    assert mistake.got.startswith(f"{version}; to verify another one")
    assert "3.0 to 3.13" in mistake.expected
    assert LATEST.version in mistake.expected


@pytest.mark.parametrize(
    "told",
    [
        {"disable_default_cross_chain": True},
        {"storage": {"postgres": {"column_name_format": "snake_case"}}},
        {"storage": {"postgres": True, "clickhouse": False}},
        {"column_name_format": "snake_case"},
        {"bytes_type": "uint8array"},
        {"chains": [a_chain(skip=True), a_chain(10)]},
    ],
)
def test_keys_that_it_has_more(tmp_path: Path, told: dict[str, Any]) -> None:
    """Read, and mistakes in a config of an earlier release."""
    envio.read(later(tmp_path / "later", **told), "config.yaml")
    with pytest.raises(envio.ProjectInvalid, match="an unknown key"):
        envio.read(a_project(tmp_path / "earlier", config=a_config(**told)), "config.yaml")


@pytest.mark.parametrize("told", [True, {}, {"host": "x"}, "yes"])
def test_a_storage_that_nobody_proves(tmp_path: Path, told: object) -> None:
    """Refused by name, however it is written."""
    with pytest.raises(envio.ProjectInvalid) as caught:
        envio.read(later(tmp_path, storage={"postgres": True, "clickhouse": told}), "config.yaml")
    [mistake] = caught.value.mistakes
    assert mistake.path == "config.yaml: storage.clickhouse"
    assert "Postgres alone: nobody proves what is kept in ClickHouse" in mistake.expected


def test_a_block_that_is_not_known_yet(tmp_path: Path) -> None:
    """What a belt indexes is known when it is declared: a number is wanted."""
    with pytest.raises(envio.ProjectInvalid, match="expected a block number"):
        envio.read(later(tmp_path, chains=[a_chain(start_block="latest")]), "config.yaml")
