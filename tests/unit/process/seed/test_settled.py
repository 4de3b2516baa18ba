"""`profile: auto` is one profile until a seeding of the belt has settled, and the other one for good."""

from dataclasses import replace
from pathlib import Path

import pytest

from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed import settled
from belts.spec.indexer import Profile
from tests.unit.belts.specs import belt


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(root=tmp_path, belt="blue")
    layout.of_part("indexer").mkdir(parents=True)
    return layout


def test_it_settles_once(layout: Layout) -> None:
    """And a seed anew has not settled yet."""
    auto = replace(belt().indexer, profile=Profile.AUTO)
    assert settled.profile_of(layout, auto) is Profile.BACKFILL
    settled.note(layout, auto.seed)
    assert settled.profile_of(layout, auto) is Profile.STEADY
    assert settled.profile_of(layout, replace(auto, seed=2)) is Profile.BACKFILL


@pytest.mark.parametrize("profile", [Profile.BACKFILL, Profile.STEADY])
def test_what_the_operator_says_counts(layout: Layout, profile: Profile) -> None:
    """Whatever was seen."""
    settled.note(layout, 1)
    assert settled.profile_of(layout, replace(belt().indexer, profile=profile)) is profile


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"at": 5, "seed": 1}', '{"at": "2026-01-01", "seed": 1}']
)
def test_a_note_that_says_nothing(layout: Layout, text: str) -> None:
    """The belt is looked at again."""
    (layout.of_part("indexer") / settled.FILE).write_text(text)
    assert settled.since(layout, 1) is None
