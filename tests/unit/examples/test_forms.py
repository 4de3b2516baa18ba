"""The example indexer has a form for each release, and indexes the same in all of them."""

from pathlib import Path

import pytest

from belts import envio
from belts.envio.release import RELEASES
from belts.refusal import Refusal
from examples import forms
from tests.unit.examples.test_indexer import CONFIGS

GENERATING = [version for version, release in RELEASES.items() if release.generates]


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("version", GENERATING)
def test_each_form(tmp_path: Path, version: str, config: str) -> None:
    """It reads well as a project of its release, with the same footprint and schema as the example itself."""
    project = envio.read(forms.write(RELEASES[version], tmp_path / "project"), config)
    own = envio.read(forms.INDEXER, config)
    assert project.version == version
    assert (project.contracts, project.schema_digest) == (own.contracts, own.schema_digest)


def test_each_chain_goes_on_by_itself(tmp_path: Path) -> None:
    """A release that takes all chains in one order, left alone, would let a quick one wait."""
    for version in GENERATING:
        config = forms.write(RELEASES[version], tmp_path / version) / CONFIGS[0]
        in_order = RELEASES[version].config.chains == "networks"
        assert ("\nunordered_multichain_mode: true\n" in config.read_text()) is in_order


def test_what_was_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing, or the example's own release, is the example as it lies there; another is made once."""
    monkeypatch.setattr(forms, "MADE", tmp_path / "made")
    for name in ("", forms.own()):
        monkeypatch.setenv(forms.VARIABLE, name)
        assert forms.project() == forms.INDEXER
    other = next(version for version in GENERATING if version != forms.own())
    monkeypatch.setenv(forms.VARIABLE, other)
    forms._made.cache_clear()
    assert forms.project() == tmp_path / "made" / other
    assert forms.version() == envio.read(forms.project(), CONFIGS[0]).version == other
    forms._made.cache_clear()


def test_a_release_that_has_no_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by name, with those that have one."""
    monkeypatch.setenv(forms.VARIABLE, "9.9.9")
    with pytest.raises(Refusal, match=r"(?s)ENVIO to be one of .*9\.9\.9"):
        forms.project()
