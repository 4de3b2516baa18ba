"""`order_by`, `limit`, `offset` and `distinct_on`."""

from collections.abc import Callable, Iterator, Sequence

from gate.probes.database.catalog import Kind
from gate.probes.served.constructs.case import BASE, Case, order_of
from gate.probes.served.constructs.leaves import InAnyOrder
from gate.probes.served.constructs.sample import Entry, Place, Sample, leaf
from gate.probes.served.constructs.subject import Subject

# By default Postgres places NULL as if it were the greatest value.
DIRECTIONS = {
    "desc": (True, True),
    "asc_nulls_first": (False, True),
    "desc_nulls_last": (True, False),
    "asc": (False, False),
    "desc_nulls_first": (True, True),
    "asc_nulls_last": (False, False),
}
"""Each direction: whether it is descending, and whether NULL comes first."""
ONE_TEXT = frozenset({Kind.INTEGER, Kind.LONG, Kind.TEXT, Kind.BOOLEAN})
"""Types whose values are equal only if their texts are."""
DISTINCT = 3

Order = Sequence[tuple[Place, str]]


def ordered(sample: Sample, order: Order, *, turned: bool = False) -> list[Entry]:
    """The rows in an order, ties broken by their key; with `turned` by the descending key."""
    found = [*reversed(sample.entries)] if turned else [*sample.entries]
    for place, direction in reversed(order):
        down, nulls_first = DIRECTIONS[direction]
        ranked = [entry for entry in found if entry.rank(place) is not None]
        nothing = [entry for entry in found if entry.rank(place) is None]
        ranked.sort(key=_rank(place), reverse=False)
        if down:
            ranked = _down(ranked, place)
        found = [*nothing, *ranked] if nulls_first else [*ranked, *nothing]
    return found


def _rank(place: Place) -> Callable[[Entry], int]:
    return lambda entry: entry.rank(place) or 0


def _down(ranked: Sequence[Entry], place: Place) -> list[Entry]:
    """Descending, with ties kept in order."""
    return sorted(ranked, key=lambda entry: -(entry.rank(place) or 0))


def text_of(subject: Subject, order: Order, *, turned: bool = False) -> str:
    """The same order in GraphQL."""
    said = [place.said(direction) for place, direction in order]
    return ", ".join([*said, order_of(subject.key, "desc" if turned else "asc")])


def cases(subject: Subject) -> Iterator[Case]:
    """Each column in some direction, all directions; then pages, and distinct rows."""
    sample = subject.sample
    places = [place for place in sample.places if place.name in sample.ranked]
    directions = [*DIRECTIONS]
    # A column with NULL shows where NULL is placed, so all directions are tested with it.
    empty = next((place for place in places if sample.empty(place)), None)
    pairs = [(place, directions[step % len(directions)]) for step, place in enumerate(places)]
    pairs += [(empty, direction) for direction in directions] if empty is not None else []
    for place, direction in dict.fromkeys(pairs):
        if direction in subject.offer.orders(*place.path):
            yield _by(subject, [(place, direction)], turned=direction.startswith("desc"))
    if {"asc", "desc"} <= subject.offer.orders(subject.shape.main.field):
        yield _by(subject, [], turned=True)
    for several in _two(subject, places):
        yield _by(subject, several)
    yield from _cut(subject)
    yield from _distinct(subject)


def _by(subject: Subject, order: Order, *, turned: bool = False) -> Case:
    directions = ", ".join(direction for _, direction in order) or "desc"
    through = any(place.way is not None for place, _ in order)
    construct = f"order_by {directions}" + (" through a relationship" if through else "")
    return subject.listed(
        construct,
        lambda sample: ordered(sample, order, turned=turned),
        order=text_of(subject, order, turned=turned),
    )


def _two(subject: Subject, places: Sequence[Place]) -> Iterator[Order]:
    """Orders by two columns, the first of which has repeated values."""
    own = [place for place in places if place.way is None and _offered(subject, place)]
    twice = [place for place in own if _repeats(subject.sample, place)]
    for first in subject.mixed(twice)[:1]:
        rest = [place for place in own if place is not first and place.scalar not in subject.key]
        for second in subject.mixed(rest)[:1]:
            yield [(first, "desc"), (second, "asc")]


def _offered(subject: Subject, place: Place) -> bool:
    return {"asc", "desc"} <= subject.offer.orders(*place.path)


def _repeats(sample: Sample, place: Place) -> bool:
    ranks = [entry.rank(place) for entry in sample.entries]
    return len(set(ranks)) < len(ranks)


def _cut(subject: Subject) -> Iterator[Case]:
    """Pages, both full ones and those beyond the end."""
    rows = len(subject.sample.entries)
    few = max(1, rows // 3)
    if subject.offer.takes("limit"):
        yield subject.listed("limit", lambda sample: sample.entries[:few], arguments=f", limit: {few}")
        yield subject.listed("limit 0", lambda _: (), arguments=", limit: 0")
    if subject.offer.takes("offset"):
        yield subject.listed("offset", lambda sample: sample.entries[few:], arguments=f", offset: {few}")
        # All of these rows may be included, but not more than their number.
        yield subject.listed("offset beyond the end", lambda _: (), arguments=f", offset: {rows + 1000}")
    if subject.offer.takes("limit", "offset"):
        yield subject.listed(
            "limit and offset",
            lambda sample: [*reversed(sample.entries)][few : 2 * few],
            order=order_of(subject.key, "desc"),
            arguments=f", limit: {few}, offset: {few}",
            plainly=lambda sample: [*reversed(sample.entries)],
        )


def _distinct(subject: Subject) -> Iterator[Case]:
    offered = subject.offer.distinct()
    own = [
        place
        for place in subject.own
        if place.name in offered and place.name in subject.sample.ranked and _offered(subject, place)
    ]
    # The more rows share a value, the more of them are dropped.
    own = sorted(subject.mixed(own), key=lambda place: len({e.rank(place) for e in subject.sample.entries}))
    for place, direction in zip(own[:DISTINCT], ("asc", "desc", "asc_nulls_first"), strict=False):
        if direction in subject.offer.orders(*place.path):
            yield _first_of_each(subject, [(place, direction)])
    if len(own) > 1:
        yield _first_of_each(subject, [(own[0], "desc"), (own[1], "asc")])
    if own and subject.offer.takes("limit", "offset"):
        yield _first_of_each(subject, [(own[0], "asc")], page=(1, 1))
    for place in [one for one in own if one.scalar.column.kind in ONE_TEXT][:1]:
        yield _values(subject, place)


def first_of_each(sample: Sample, order: Order, *, turned: bool) -> list[Entry]:
    """The first of the rows that are equal in an order."""
    found: dict[tuple[int | None, ...], Entry] = {}
    for entry in ordered(sample, order, turned=turned):
        found.setdefault(tuple(entry.rank(place) for place, _ in order), entry)
    return list(found.values())


def _first_of_each(subject: Subject, order: Order, *, page: tuple[int, int] | None = None) -> Case:
    limit, offset = page or (None, 0)
    until = None if limit is None else offset + limit
    names = ", ".join(place.scalar.field for place, _ in order)
    cut = "" if limit is None else f", limit: {limit}, offset: {offset}"
    return subject.listed(
        "distinct_on" if page is None else "distinct_on with limit and offset",
        lambda sample: first_of_each(sample, order, turned=True)[offset:until],
        order=text_of(subject, order, turned=True),
        arguments=f", distinct_on: [{names}]{cut}",
        plainly=lambda sample: ordered(sample, order, turned=True)[offset:until],
    )


def _values(subject: Subject, place: Place) -> Case:
    """The distinct values of a column, as a menu requests them: in no order, so from no particular rows."""
    name, field = subject.shape.name, place.scalar.field

    def answer(sample: Sample) -> InAnyOrder:
        rows = first_of_each(sample, [(place, "asc")], turned=False)
        return InAnyOrder(tuple({field: leaf(place.scalar, entry.row[field])} for entry in rows))

    def every(sample: Sample) -> InAnyOrder:
        return InAnyOrder(tuple({field: leaf(place.scalar, entry.row[field])} for entry in sample.entries))

    return Case(
        construct="distinct_on without order_by",
        field=f"{name}(where: {BASE}, distinct_on: [{field}]) {{ {field} }}",
        answer=answer,
        plainly=every,
    )
