"""Ranges of blocks, what they add up to, and how they are kept."""

import random
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.proof.said import MOST_LOGS, Said, as_data, contradicted, disjoint, of_data
from gate.proof.spans import Span, edges, gaps, together
from gate.proof.store import LOOKED_AT_EVERY, WASTE, Folder
from gate.proof.sums import NONE, Sums, sums_of
from gate.seal import Seal, seal_of

SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda pair: Span(pair[0], pair[0] + pair[1])),
    max_size=8,
)


@given(SPANS, st.integers(0, 30), st.integers(0, 60))
def test_gaps_are_what_is_not_known(known: list[Span], first: int, blocks: int) -> None:
    """Block by block."""
    whole = Span(first, first + blocks)
    covered = {block for span in known for block in range(span.first, span.last + 1)}
    found = [block for gap in gaps(known, whole) for block in range(gap.first, gap.last + 1)]
    assert found == [block for block in range(whole.first, whole.last + 1) if block not in covered]


@given(st.lists(st.text(), max_size=20), st.integers(0, 20), st.randoms())
def test_sums_do_not_depend_on_order_or_ranges(texts: list[str], cut: int, dice: random.Random) -> None:
    """Two ranges' sums are those of both together."""
    mixed = dice.sample(texts, len(texts))
    assert sums_of(texts) == sums_of(mixed[:cut]).plus(sums_of(mixed[cut:]))


@given(st.lists(st.text(), max_size=8), st.lists(st.text(), max_size=8))
def test_sums_are_equal_only_for_the_same_texts(one: list[str], other: list[str]) -> None:
    """Doubles count."""
    assert (sums_of(one) == sums_of(other)) == (sorted(one) == sorted(other))


def test_edges_are_those_that_all_have() -> None:
    """An event that begins later does not hinder the others below its beginning."""
    one = [Span(0, 9), Span(10, 19), Span(20, 29)]
    later = [Span(15, 19), Span(20, 24), Span(25, 29)]
    assert edges([one], Span(0, 29)) == [0, 10, 20]
    assert edges([one, later], Span(0, 29)) == [0, 10, 20]
    assert edges([], Span(5, 9)) == [5]


def said(first: int, last: int, **changes: object) -> Said:
    """A record."""
    fields: dict[str, object] = {
        "span": Span(first, last),
        "hash": f"0x{last:064x}",
        "logs": sums_of([f"{first}"]),
        "rows": Sums(1, -5, 2**70),
        "provider": "a.example",
        "children": ((first, "0xaa"),),
    }
    return Said(**(fields | changes))  # type: ignore[arg-type]


def test_records_are_kept_as_they_are() -> None:
    """Sums of any size."""
    assert of_data(as_data(said(1, 2))) == said(1, 2)


def test_neighbours_become_one() -> None:
    """Small ones by one provider, and no others."""
    both = said(0, 9).plus(said(10, 19))
    assert (both.span, both.hash, both.logs.texts) == (Span(0, 19), said(10, 19).hash, 2)
    assert said(0, 9).takes(said(10, 19))
    assert not said(0, 9).takes(said(11, 19))
    assert not said(0, 9).takes(said(10, 19, provider="b.example"))
    assert not said(0, 9, logs=Sums(MOST_LOGS, 0, 0)).takes(said(10, 19))


def test_of_records_that_overlap_one_counts() -> None:
    """Those together that cover more."""
    assert disjoint([said(0, 9), said(0, 19), said(15, 30), said(20, 24)]) == [said(0, 9), said(15, 30)]
    assert disjoint([said(0, 231), said(0, 188), said(189, 377), said(232, 331)]) == [
        said(0, 188),
        said(189, 377),
    ]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)).map(sorted), max_size=7))
def test_no_choice_covers_more(ranges: list[list[int]]) -> None:
    """Of all choices without an overlap, in whatever order the records come."""
    records = [said(first, last) for first, last in ranges]
    covered = [
        sum(one.span.blocks for one in some)
        for many in range(len(records) + 1)
        for some in combinations(records, many)
        if not any(a.span.meets(b.span) for a, b in combinations(some, 2))
    ]
    found = disjoint(records)
    assert sum(one.span.blocks for one in found) == max(covered)
    assert not any(a.span.meets(b.span) for a, b in combinations(found, 2))
    assert [one.span for one in found] == sorted(one.span for one in found)


@given(st.sets(st.integers(1, 59)), st.sets(st.integers(1, 59)), st.integers(1, 60), st.integers(1, 60))
def test_two_that_cut_a_chain_at_other_blocks(
    one: set[int], other: set[int], reached: int, also: int
) -> None:
    """Whoever came further decides: what both have kept is not open again."""
    records = [
        said(first, last - 1)
        for cuts, end in ((one, reached), (other, also))
        for first, last in pairwise(sorted({0, end} | {cut for cut in cuts if cut < end}))
    ]
    assert list(gaps((kept.span for kept in disjoint(records)), Span(0, max(reached, also) - 1))) == []


def test_one_end_of_two_hashes() -> None:
    """Nobody knows which of them is the chain's."""
    strange = said(10, 19, hash="0xee")
    assert contradicted([said(0, 9), said(5, 19), strange]) == [said(5, 19), strange]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(directory=tmp_path, seal=Seal(b"a key"))


def test_what_is_kept_comes_back(folder: Folder) -> None:
    """In order, and under its own name only."""
    folder.add(1, "k", said(10, 19))
    folder.add(1, "k", said(0, 9))
    assert folder.read(1, "k").said == (said(0, 9), said(10, 19))
    assert folder.read(1, "other").said == folder.read(2, "k").said == ()


def spoil(folder: Folder, how: str) -> None:
    """Does to the one file what somebody might."""
    [file] = folder.directory.glob("1/k.jsonl")
    text = file.read_bytes()
    first, second = text.splitlines()
    changed = {
        "cut in a line": text[:-20],
        "edited": first + b"\n" + second.replace(b'"last":19', b'"last":99') + b"\n",
        "without a mark": first + b"\n" + second.replace(b'"mark"', b'"none"') + b"\n",
        "no JSON": first + b"\n{{{\n",
        "JSON of another kind": first + b"\n[1]\n",
        "bytes": first + b"\n\xff\xfe\n",
    }
    file.write_bytes(changed[how])


def test_what_one_provider_says_displaces_no_other(folder: Folder) -> None:
    """Another one's wider range, or one without roots, leaves what was proved before where it is."""
    one, wider = said(0, 9, rooted=True), said(0, 99, rooted=True, provider="b.example")
    unrooted = said(0, 49)
    for record in (one, wider, unrooted):
        folder.add(1, "k", record)
    assert set(folder.read(1, "k").said) == {one, wider, unrooted}


@pytest.mark.parametrize(
    "how", ["cut in a line", "edited", "without a mark", "no JSON", "JSON of another kind", "bytes"]
)
def test_what_was_changed_is_ignored(folder: Folder, how: str) -> None:
    """With a line that says so; what is added after half a line is whole."""
    folder.add(1, "k", said(0, 9))
    folder.add(1, "k", said(10, 19))
    spoil(folder, how)
    kept = folder.read(1, "k")
    assert kept.said == (said(0, 9),)
    assert "1 of 2 lines" in kept.ignored
    folder.add(1, "k", said(20, 29))
    assert folder.read(1, "k").said == (said(0, 9), said(20, 29))


def test_what_belongs_elsewhere_is_ignored(folder: Folder) -> None:
    """A file under another event's, another chain's or another key's name is nobody's."""
    folder.add(1, "k", said(0, 9))
    [file] = folder.directory.glob("1/k.jsonl")
    for place in ("1/other.jsonl", "2/k.jsonl"):
        (folder.directory / place).parent.mkdir(exist_ok=True)
        (folder.directory / place).write_bytes(file.read_bytes())
    assert folder.read(1, "other").said == folder.read(2, "k").said == ()
    assert Folder(directory=folder.directory, seal=Seal(b"another")).read(1, "k").said == ()


def test_a_file_does_not_grow_for_ever(folder: Folder) -> None:
    """What later records cover goes."""
    for last in range(3 * WASTE):
        folder.add(1, "k", said(0, last))
    [file] = folder.directory.glob("1/k.jsonl")
    assert len(file.read_bytes().splitlines()) <= WASTE + LOOKED_AT_EVERY
    assert disjoint(folder.read(1, "k").said) == [said(0, 3 * WASTE - 1)]


def test_what_is_dropped_is_gone(folder: Folder) -> None:
    """And nothing else."""
    folder.add(1, "k", said(0, 9))
    folder.add(1, "k", said(10, 19))
    folder.drop(1, "k", [said(0, 9)])
    assert folder.read(1, "k").said == (said(10, 19),)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """It keeps nothing, and breaks nothing."""
    (tmp_path / "file").write_text("")
    folder = Folder(directory=tmp_path / "file", seal=Seal(b"a key"))
    folder.add(1, "k", said(0, 9))
    folder.create(1, "0xaa", "a.example", 5)
    assert folder.read(1, "k").said == ()
    assert folder.created(1, "0xaa", "a.example") is None


def test_creations(folder: Folder) -> None:
    """A block that bears the seal, of that very contract, by who said it."""
    folder.create(1, "0xaa", "a.example", 5)
    assert folder.created(1, "0xaa", "a.example") == 5
    for other in ((1, "0xbb", "a.example"), (2, "0xaa", "a.example"), (1, "0xaa", "b.example")):
        assert folder.created(*other) is None
    [file] = folder.directory.glob("1/0xaa.*.created")
    file.write_text(file.read_text().replace("5 ", "6 ", 1))
    assert folder.created(1, "0xaa", "a.example") is None


def test_the_key(tmp_path: Path) -> None:
    """One a user, made once, unless the environment gives one."""
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    mark = seal_of(environment).mark("a", "b")
    assert seal_of(environment).made(mark, "a", "b")
    assert not seal_of(environment).made(mark, "ab", "")
    assert not seal_of({**environment, "BELTS_EVIDENCE_KEY": "x"}).made(mark, "a", "b")
    [file] = tmp_path.glob("belts/*")
    assert file.stat().st_mode & 0o777 == 0o600
    assert NONE.plus(Sums(1, 2, 3)) == Sums(1, 2, 3)


@given(st.sets(st.integers(0, 60)))
def test_blocks_together(blocks: set[int]) -> None:
    """The ranges hold these blocks and no other, and none of them could be joined with the next."""
    found = together(blocks)
    assert [block for span in found for block in range(span.first, span.last + 1)] == sorted(blocks)
    assert all(span.last + 1 < after.first for span, after in pairwise(found))
