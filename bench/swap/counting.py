"""Computes what consumers noticed of the moves from their records. Pure."""

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One move, by the clock that all processes of a machine share."""

    to: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began


@dataclass(kw_only=True, slots=True)
class Answers:
    """Every request of one load: when it was sent and answered, and by which of `names`."""

    names: tuple[str, ...]
    sent: "array[float]" = field(default_factory=lambda: array("d"))
    got: "array[float]" = field(default_factory=lambda: array("d"))
    by: bytearray = field(default_factory=bytearray)
    failures: Counter[str] = field(default_factory=Counter)
    mislabelled: int = 0
    """Answers whose `X-Belt` is missing, or names another belt than the one that gave them."""
    again: int = 0
    """Requests that an HTTP/2 server explicitly did not accept, and that were sent again."""

    def note(self, sent: float, got: float, belt: str) -> None:
        """Records one answer."""
        self.sent.append(sent)
        self.got.append(got)
        self.by.append(self.names.index(belt))


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What a load of requests noticed of the moves made during it."""

    answered: int
    failed: int
    why: tuple[tuple[str, int], ...]
    stale: int
    """Asked after a move had returned, but answered by the former belt."""
    late: int
    """Answered by the former belt after a move had returned, whenever they were asked."""
    mislabelled: int
    again: int
    seconds: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answered / self.seconds if self.seconds else 0.0


def count(answers: Answers, moves: Sequence[Move], *, first: str) -> Counted:
    """Compares every answer with the belts that could have given it at that time."""
    ends = [move.ended for move in moves]
    stale = late = 0
    for sent, got, by in zip(answers.sent, answers.got, answers.by, strict=True):
        belt = answers.names[by]
        if belt not in could_answer(moves, ends, first, sent, got):
            stale += 1
        if belt not in could_answer(moves, ends, first, got, got):
            late += 1
    return Counted(
        answered=len(answers.by),
        failed=answers.failures.total(),
        why=tuple(answers.failures.most_common()),
        stale=stale,
        late=late,
        mislabelled=answers.mislabelled,
        again=answers.again,
        seconds=answers.got[-1] - answers.sent[0] if answers.by else 0.0,
    )


def could_answer(
    moves: Sequence[Move], ends: Sequence[float], first: str, since: float, until: float
) -> set[str]:
    """The belt of the last move before `since`, and all that were moved to before `until`."""
    over = bisect_right(ends, since)
    found = {moves[over - 1].to if over else first}
    for move in moves[over:]:
        if move.began > until:
            break
        found.add(move.to)
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One record of a subscription: `on` a belt, `closed` with a code, or `failed` to reconnect."""

    at: float
    who: int
    what: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """What happened to the open subscriptions while the alias moved."""

    subscriptions: int
    sent_away: int
    """Closed with 1001, which tells a client to reconnect."""
    cut: int
    """Closed in any other way: the client cannot know what it missed meanwhile."""
    failed: int
    """Failed attempts to reconnect."""
    stayed: int
    """Subscriptions that a move left on the former belt, counted once per move."""
    lost: int
    """Subscriptions on no belt at the end."""
    slowest: tuple[float, ...]
    """For each move that all have followed, the seconds from its return to the last reconnection."""


def follow(events: Iterable[Event], moves: Sequence[Move], *, subscriptions: int, end: float) -> Followed:
    """Evaluates the position of every subscription before the next move, or at the end."""
    told = sorted(events, key=lambda event: event.at)
    codes = Counter(event.detail for event in told if event.what == "closed")
    nexts = [*(move.began for move in moves[1:]), end]
    stayed, slowest = 0, []
    for move, until in zip(moves, nexts, strict=True):
        standing = _standing(told, until)
        left = sum(1 for belt, _ in standing.values() if belt not in {move.to, None})
        stayed += left
        came = [since for belt, since in standing.values() if belt == move.to]
        if len(came) == subscriptions and max(came) > move.began:
            slowest.append(max(0.0, max(came) - move.ended))
    finally_on = _standing(told, end)
    return Followed(
        subscriptions=subscriptions,
        sent_away=codes["1001"],
        cut=codes.total() - codes["1001"],
        failed=sum(1 for event in told if event.what == "failed"),
        stayed=stayed,
        lost=subscriptions - sum(1 for belt, _ in finally_on.values() if belt is not None),
        slowest=tuple(slowest),
    )


def _standing(told: Sequence[Event], until: float) -> dict[int, tuple[str | None, float]]:
    """The belt of each subscription at a time, and since when."""
    found: dict[int, tuple[str | None, float]] = {}
    for event in told:
        if event.at > until:
            break
        found[event.who] = (event.detail if event.what == "on" else None, event.at)
    return found
