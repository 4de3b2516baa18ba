"""What the alias says survives its file, and a move that is undone leaves what was there before."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gate.alias.state import KEPT, How, Served, Standing, decode, encode, in_blocks

texts = st.text(min_size=1, max_size=5)
heights = st.dictionaries(st.integers(1, 10**7), st.integers(0, 2**53), max_size=3)
standings = st.builds(Standing, belt=texts, identity=texts, dial=texts, heights=heights)
served = st.builds(
    Served,
    serves=standings,
    since=texts,
    how=st.just(How.PROMOTED),
    behind=st.lists(standings, max_size=KEPT - 1).map(tuple),
    left=st.none() | standings,
    move=st.none() | st.integers(1, 1000),
    certificate=st.none() | texts,
)


@given(served)
def test_what_is_written_is_what_is_read(said: Served) -> None:
    """A file of the alias holds all of it."""
    assert decode(json.loads(json.dumps(encode(said)))) == said


@given(served, standings)
def test_an_undone_promotion(before: Served, to: Standing) -> None:
    """Who served and who was behind are back."""
    after = before.promoted(to, left=before.serves.heights, since="now", move=2, certificate="c")
    undone = after.undone(since=before.since)
    assert undone is not None
    assert (undone.serves, undone.behind) == (before.serves, before.behind)


@given(served, standings)
def test_an_undone_rollback(before: Served, other: Standing) -> None:
    """The belt that was rolled back from serves again, and the belt before it is behind it again."""
    standing = replace(before, behind=(*before.behind, other))
    undone = standing.rolled_back(other, since="now", move=3).undone(since=before.since)
    assert undone is not None
    assert (undone.serves, undone.behind) == (standing.serves, standing.behind)


@given(served, standings)
def test_what_was_rolled_back_from_is_never_behind(before: Served, to: Standing) -> None:
    """After there and back, nothing leads there again."""
    there = before.promoted(to, left=before.serves.heights, since="now", move=2, certificate="c")
    back = there.rolled_back(there.behind[-1], since="later", move=3)
    assert back.behind == before.behind


def test_how_far_consumers_step_back() -> None:
    """Chain by chain, and nothing where they do not."""
    assert in_blocks({42161: 1397, 10: 1}) == "1 block on chain 10, 1,397 blocks on chain 42161"
    assert in_blocks({}) == ""
