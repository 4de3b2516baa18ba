"""Which rows are missing only because a history says no more what they were."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from gate.observations.state import Bucket, GroupState
from gate.probes.database.fingerprint import Sums
from gate.probes.database.hashing import number_for
from gate.probes.database.own_state import BUCKETS
from gate.probes.database.pruned import Group, lost_past

WIDTH = 2**63
Rows = Mapping[int, int]
"""Rows by the hashes of their keys, with those of all that they hold."""

keys = st.integers(0, 10_000).map(lambda number: number_for(f"key {number}"))
rows = st.dictionaries(keys, st.integers(-WIDTH, WIDTH - 1), max_size=40)


def bucketed(found: Rows) -> dict[int, Sums]:
    sums: dict[int, Sums] = {}
    for key, row in found.items():
        had = sums.get(key % BUCKETS, Sums(0, 0, 0, 0))
        sums[key % BUCKETS] = Sums(had.rows + 1, had.strict + key, had.whole + row, 0)
    return sums


def then(found: Rows) -> GroupState:
    return GroupState(
        chain="1",
        rows=len(found),
        fingerprint=str(sum(found.values())),
        buckets=tuple(
            Bucket(number=number, keys=str(sums.strict), rows=str(sums.whole))
            for number, sums in bucketed(found).items()
        ),
    )


def now(found: Rows) -> Group:
    return Group(chain="1", rows=len(found), whole=sum(found.values()), buckets=bucketed(found))


def begun(keys: Sequence[int]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for key in keys:
        found[key % BUCKETS] = (*found.get(key % BUCKETS, ()), key)
    return found


@given(rows, rows, st.data())
def test_exactly_those_that_were_there(certified: Rows, fresh: Rows, data: st.DataObject) -> None:
    """Some rows have lost their past, and new ones begin as they do: the keys tell them apart."""
    lost = data.draw(st.sets(st.sampled_from(sorted(certified)), max_size=5)) if certified else set()
    left = {key: row for key, row in certified.items() if key not in lost}
    begin = sorted({*lost, *list(fresh)[:5]} - left.keys())
    found = lost_past(then(certified), now(left), begun(begin))
    assert (found.rows if found else 0) == len(lost)
    if found:
        assert found.buckets == {key % BUCKETS for key in lost}


@given(rows, rows, st.data())
def test_a_row_that_is_gone_is_none_of_them(certified: Rows, fresh: Rows, data: st.DataObject) -> None:
    """However many new rows there are in its stead."""
    if not certified:
        return
    gone = data.draw(st.sampled_from(sorted(certified)))
    lost = data.draw(st.sets(st.sampled_from(sorted(certified)), max_size=3)) - {gone}
    left = {key: row for key, row in certified.items() if key not in lost and key != gone}
    begin = sorted({*lost, *list(fresh)[:5]} - left.keys() - {gone})
    assert lost_past(then(certified), now(left), begun(begin)) is None


@given(rows, st.data())
def test_a_row_that_is_too_many_is_seen(certified: Rows, data: st.DataObject) -> None:
    """Also in a bucket of which nothing was remembered."""
    more = data.draw(keys.filter(lambda key: key not in certified))
    lost = data.draw(st.sets(st.sampled_from(sorted(certified)), max_size=3)) if certified else set()
    left = {key: row for key, row in certified.items() if key not in lost} | {more: 7}
    assert lost_past(then(certified), now(left), begun(sorted(lost))) is None


def test_too_many_begin() -> None:
    """Trying all of them would take for ever: then nothing is explained."""
    many = [number * BUCKETS for number in range(1, 31)]
    assert lost_past(then(dict.fromkeys(many, 1)), now(dict.fromkeys(many[1:], 1)), begun(many)) is None
