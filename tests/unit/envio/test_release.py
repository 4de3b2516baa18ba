"""What is known of Envio's releases stands in one room; one that is not known is refused by name."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from belts import envio
from belts.envio.release import (
    ADDRESSES,
    ALPHA_17,
    CHAIN_METADATA,
    META,
    OF_2,
    OF_3,
    OF_ALPHA,
    RELEASES,
    STORAGES,
    Storage,
    is_internal,
    storage_of,
)
from tests.unit.envio.projects import a_project

ROOT = Path(__file__).parents[3]
NAMES = re.compile(
    r"envio_[a-z_]+|chain_metadata|dynamic_contract_registry|persisted_state|\b_meta\b"
    r"|ENVIO_[A-Z_]+|TUI_OFF"
)
"""What only a release decides. `raw_events` is also a key of configs, of which advice speaks."""
VERSIONS = re.compile(r"\d\.\d+\.\d+-alpha\.\d+|" + "|".join(map(re.escape, RELEASES)))
ROOMS = ("belts", "gate", "stacks", "tools")
ALL_ROOMS = (*ROOMS, "demo", "examples", "bench", "__main__.py")
SAYS = re.compile(r'"""(?s:.*?)"""|#[^\n]*|//[^\n]*')


@pytest.mark.parametrize("storage", STORAGES)
def test_a_storage_is_told_by_what_a_database_holds(storage: Storage) -> None:
    """By its tables, views and columns, whatever entities stand beside them."""
    assert storage_of({*storage.names, "Transfer", "id"}) is storage


def test_what_a_belt_has_not_made_yet() -> None:
    """A belt without history or registry is read as the release that belts run."""
    assert storage_of({"envio_chains"}) is OF_ALPHA
    assert storage_of({"envio_chains", "checkpoint_id"}) is OF_2
    assert storage_of({"envio_chains", "envio_addresses"}) is OF_3


@pytest.mark.parametrize("planted", ["checkpoint_id", "envio_addresses", "envio_info"])
def test_a_name_that_is_planted(planted: str) -> None:
    """One name of another release does not make a belt one of it."""
    assert storage_of({*OF_ALPHA.names, planted}) is OF_ALPHA


@pytest.mark.parametrize("storage", STORAGES)
def test_what_is_no_entity(storage: Storage) -> None:
    """All that a release keeps for itself, its histories included."""
    assert all(map(is_internal, storage.internal))
    assert is_internal(storage.history.of("Transfer"))
    assert not is_internal("Transfer")


def test_views_show_the_same() -> None:
    """Both views show the same columns, each under a name of its own."""
    assert sorted(META.shows.values()) == sorted(CHAIN_METADATA.shows.values())
    assert META.field("progress_block") == "progressBlock"
    assert CHAIN_METADATA.field("progress_block") == "latest_processed_block"


def test_every_release_says_which_it_is() -> None:
    assert all(version == release.version for version, release in RELEASES.items())


def test_a_release_that_is_not_known(tmp_path: Path) -> None:
    """The project is refused at its pin: what is known is named, and how another one is verified."""
    project = a_project(tmp_path, package={"dependencies": {"envio": "3.14.0"}})
    with pytest.raises(envio.ProjectInvalid) as caught:
        envio.read(project, "config.yaml")
    [mistake] = caught.value.mistakes
    assert mistake.path == "package.json: dependencies.envio"
    assert ALPHA_17.version in mistake.expected
    assert mistake.got.startswith("3.14.0; to verify another one")


def test_another_table_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that differs in one table is one more entry, told from the others by that table."""
    later = replace(OF_ALPHA, registry=ADDRESSES)
    monkeypatch.setattr("belts.envio.release.STORAGES", (*STORAGES, later))
    assert storage_of(later.names) is later


def test_no_other_room_names_what_a_release_decides() -> None:
    """Tables, views, columns and variables of Envio stand in `belts/envio` alone."""
    assert list(_named(NAMES, ROOMS)) == []


def test_no_other_room_names_a_release() -> None:
    """Nobody else asks which release it is, the demo and the examples included: packages' files say it."""
    assert list(_named(VERSIONS, ALL_ROOMS)) == []


def _named(names: re.Pattern[str], rooms: tuple[str, ...]) -> Iterator[str]:
    for place in rooms:
        for path in sorted((ROOT / place).rglob("*") if (ROOT / place).is_dir() else [ROOT / place]):
            if path.suffix not in {".py", ".cjs", ".sql"} or path.is_relative_to(ROOT / "belts" / "envio"):
                continue
            for number, line in enumerate(_code(path.read_text()), 1):
                if found := names.search(line):
                    yield f"{path.relative_to(ROOT)}:{number}: {found[0]}"


def _code(text: str) -> list[str]:
    """The lines without comments and docstrings: what is said about a release there decides nothing."""
    return SAYS.sub(lambda match: "\n" * match[0].count("\n"), text).split("\n")
