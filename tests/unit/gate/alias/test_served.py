"""What the alias says survives its file, and a move that is undone leaves what was there before."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gate.alias.state import KEPT, How, Served, Standing, decode, encode, first, in_blocks

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


def where(belt: str) -> Standing:
    return Standing(belt=belt, identity=f"{belt}'s", dial="127.0.0.1:1", heights={1: 100})


@given(st.data())
def test_rollbacks_that_a_ledger_was_not_told_of(data: st.DataObject) -> None:
    """Whatever was moved while it was away, and wherever telling it was cut off: in the end it has it all."""
    alias = first(where("blue"), since="0", move=1, certificate="c")
    true, ledger = ["blue"], ["blue"]
    for step in range(1, data.draw(st.integers(1, 12)) + 1):
        up = data.draw(st.booleans())
        if up:
            for back in alias.untold(where(ledger[-1]).identity, move=len(ledger)):
                if data.draw(st.integers(0, 9)) == 0:
                    up = False  # it is lost again
                    break
                assert back.left.belt == ledger[-1]
                ledger.append(back.to.belt)
        back_to = alias.behind[-1] if alias.behind else None
        if back_to is not None and data.draw(st.booleans()):
            alias = alias.rolled_back(back_to, since=str(step), move=len(ledger) + 1 if up else None)
        elif up:
            others = {"blue", "green", "red"} - {alias.serves.belt, back_to.belt if back_to else ""}
            to = where(data.draw(st.sampled_from(sorted(others))))
            alias = alias.promoted(to, left={}, since=str(step), move=len(ledger) + 1, certificate="c")
        else:
            continue
        true.append(alias.serves.belt)
        if up:
            ledger.append(alias.serves.belt)
        alias = decode(json.loads(json.dumps(encode(alias))))
    ledger += [back.to.belt for back in alias.untold(where(ledger[-1]).identity, move=len(ledger))]
    assert ledger == true


def test_a_file_that_remembers_one_rollback_alone() -> None:
    """As a version before wrote it: that one is still told."""
    there = first(where("blue"), since="0", move=1, certificate="c").promoted(
        where("green"), left={}, since="1", move=2, certificate="d"
    )
    back = there.rolled_back(there.behind[-1], since="2", move=None)
    told = encode(back)
    del told["unbooked"]
    assert decode(told) == back
    assert [each.to.belt for each in back.untold("green's", move=2)] == ["blue"]
