"""What two looks in a row have seen counts; one look alone does not."""

from datetime import UTC, datetime, timedelta

from gate.signals.status.stretch import Open, Row

NOW = datetime(2027, 1, 2, tzinfo=UTC)
LIMITS = {1: 20}


def row(lag: int) -> Row:
    return Row(height=100, head=100 + lag, lag=lag)


def looks(*lags: int | None) -> tuple[Open, list[bool]]:
    """The looks at one chain, each so far behind, or at nothing; and which of them say that it fell."""
    current = Open(begin=NOW, seeded=1)
    fell = [
        current.look(NOW + timedelta(seconds=10 * number), {} if lag is None else {1: row(lag)}, LIMITS)
        for number, lag in enumerate(lags)
    ]
    return current, fell


def worst(*lags: int | None) -> tuple[int, int]:
    stretch = looks(*lags)[0].closed()
    assert stretch is not None
    [chain] = stretch.chains
    return chain.lag, chain.unseen


def test_behind_for_a_moment() -> None:
    """A batch that is on its way is no break; a lag that lasts is."""
    assert worst(1, 90, 2) == (2, 0)
    assert worst(1, 90, 80, 2) == (80, 0)
    assert looks(1, 90, 2)[1] == [False, False, False]
    assert looks(1, 90, 80, 2)[1] == [False, False, True, False]


def test_not_seen() -> None:
    """One answer that is missing is no break; two in a row are."""
    assert worst(1, None, 2) == (1, 1)
    assert worst(1, None, None, 2) == (1, 2)
    assert looks(1, None, None, 2)[1] == [False, False, True, False]
    assert looks(None, None)[0].closed() is None


def test_one_chain_of_two() -> None:
    """Each chain is told for itself, and one alone is enough to fall."""
    current = Open(begin=NOW, seeded=1)
    current.look(NOW, {1: row(0), 2: row(0)}, LIMITS)
    current.look(NOW, {2: row(5_000)}, LIMITS)
    assert not current.look(NOW, {2: row(5_000)}, LIMITS), "a chain without a limit says nothing of falling"
    stretch = current.closed()
    assert stretch is not None
    assert [(each.chain, each.lag, each.unseen) for each in stretch.chains] == [(1, 0, 2), (2, 5_000, 0)]


def test_the_next_stretch() -> None:
    """It begins where the last one ended, and a lag over its border lasts."""
    current, _ = looks(1, 90)
    following = current.next()
    assert following.begin == current.end
    assert following.look(NOW + timedelta(seconds=30), {1: row(85)}, LIMITS)
    stretch = following.closed()
    assert stretch is not None
    assert stretch.chains[0].lag == 85
