"""What was seen of the known releases is what `release.py` says of them."""

from pathlib import Path

import pytest

from belts import envio
from belts.envio.release import LATER, LATEST, RELEASES, EnvioRelease, Resumes
from belts.envio.verify import recorded_facts
from belts.envio.verify.likeness import like
from belts.envio.verify.release_facts import NAMES, Facts
from belts.envio.verify.sample_project import CONFIG, ENTITIES, Sample, changes
from examples import forms

GENERATING = {version: each for version, each in RELEASES.items() if each.generates}
FACTS = {each.version: each for each in recorded_facts.facts()}


def test_each_release_that_the_registry_serves_was_seen() -> None:
    assert FACTS.keys() == GENERATING.keys()


@pytest.mark.parametrize("version", GENERATING)
def test_it_is_as_it_is_said_to_be(version: str) -> None:
    """Tables, histories, enums, keys and how it resumes: none of it is said twice and differently."""
    release, facts = RELEASES[version], FACTS[version]
    assert not facts.unlooked
    assert facts.seen.keys() == set(NAMES)
    _keys(release, facts)
    tables = facts.seen["seed.tables"]
    assert isinstance(tables, dict)
    history = release.storage.history
    kept = (*ENTITIES, release.storage.registry.table)
    assert tables.keys() == release.storage.internal | {*ENTITIES, *(history.of(name) for name in kept)}
    for name in ENTITIES:
        assert {history.checkpoint, history.change} <= tables[history.of(name)].keys()
    enums = facts.seen["seed.enums"]
    assert isinstance(enums, list)
    assert {*enums} == {each.lower() for each in release.storage.enums | {"kind"}}
    goes_on = [
        str(facts.seen[name]).startswith("it goes on")
        for name in NAMES
        if name.startswith("change.") and name not in {"change.content", "change.field_added"}
    ]
    assert all(goes_on) is (release.resumes is Resumes.SILENTLY)


def _keys(release: EnvioRelease, facts: Facts) -> None:
    keys = facts.seen["package.keys"]
    assert isinstance(keys, dict)
    assert keys["chains"] == release.config.chains
    for name in ("config", "contract", "event", "chain", "chain_contract"):
        assert set(keys[name]) == getattr(release.config, name), name


@pytest.mark.parametrize("version", RELEASES)
def test_the_sample_is_a_project_of_each_release(version: str, tmp_path: Path) -> None:
    """With each change of it: no key is one that the release refuses."""
    packages = forms.write(RELEASES[version], tmp_path / "packages")
    sample = Sample(chains=(1, 10))
    for kind, each in {"first": sample, **changes(sample, 8453)}.items():
        each.write(RELEASES[version], packages, tmp_path / kind)
        found = envio.read(tmp_path / kind, CONFIG)
        assert found.version == version
        assert found.chains == ((1, 10, 8453) if kind == "chain_added" else (1, 10))


@pytest.mark.parametrize(
    ("version", "nearest"),
    [
        *((version, version) for version in RELEASES),
        (LATEST.version.rpartition(".")[0] + ".99", LATEST.version),
        ("2.99.0", "2.32.12"),
        ("2.0.0", "2.32.12"),
        ("3.99.0", LATER.version),
    ],
)
def test_as_what_another_one_is_tried(version: str, nearest: str) -> None:
    """As the last before it of its generation, under its own version."""
    found = like(version)
    assert found is not None
    known = RELEASES.get(nearest, LATER)
    assert (found.version, found.storage, found.entry) == (version, known.storage, known.entry)


@pytest.mark.parametrize("version", ["4.0.0", "1.0.0", "latest", "", "3"])
def test_one_of_no_generation_that_is_known(version: str) -> None:
    assert like(version) is None
