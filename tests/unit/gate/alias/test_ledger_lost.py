"""A way back while the ledger is broken, in whatever way: it is gone and booked later; nothing else moves."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest

from belts.refusal import Refusal
from belts.spec import identity as identities
from gate.alias.confirm.confirmation import Again
from gate.alias.leases import Leases
from gate.alias.move.arrival import Arrival, GatewayConnections, NotArrivedError
from gate.alias.move.writer import Limits, Writer
from gate.alias.order.order import Candidate, Order, parse
from gate.alias.order.wanted import Wanted
from gate.alias.sight import Sight
from gate.alias.state import How, Served, Standing, first
from gate.alias.unmoved import Unmoved
from gate.certify import judge as judging
from gate.ledger import (
    Entry,
    Kind,
    Ledger,
    LedgerBusy,
    LedgerError,
    LedgerRefused,
    LedgerUnfit,
    LedgerUnreachable,
    Move,
    Result,
)
from gate.ledger.session import words
from gate.outcome import ExitCode
from tests.identities import identity
from tests.unit.gate.alias import test_order
from tests.unit.gate.core.elsewhere import Cluster, Elsewhere, Memory

BLUE, GREEN, RED = identity("blue"), identity("green"), identity("red")
AT = datetime(2027, 1, 2, 11, tzinfo=UTC)
SINCE = "2027-01-02T11:00:00.000+00:00"
UNREACHABLE = LedgerUnreachable("nobody answers")
UNFIT = LedgerUnfit("the ledger is newer", expected="no migration above 11", seen="12", now="run that one")
FAULTS = [UNREACHABLE, UNFIT]


def standing(belt: str) -> Standing:
    known = {"blue": BLUE, "green": GREEN, "red": RED}[belt]
    return Standing(belt=belt, identity=known.digest, dial=f"127.0.0.1:{len(belt)}", heights={1: 100})


def live() -> Served:
    """Green serves, and blue did before."""
    return first(standing("blue"), since=SINCE, move=1, certificate="c1").promoted(
        standing("green"), left={1: 100}, since=SINCE, move=2, certificate="c2"
    )


def entry(seq: int, kind: Kind, belt: str) -> Entry:
    to = standing(belt)
    certificate = UUID(int=seq) if kind is Kind.PROMOTION else None
    return Entry(
        seq=seq,
        kind=kind,
        certificate=certificate,
        mode="parity" if certificate else None,
        belt=to.belt,
        identity=to.identity,
        from_belt=None,
        heights=to.heights,
        stack="gateway",
        who="ada",
        at=AT,
        moved_at=None,
        result=Result.SERVED,
        detail="",
    )


class Store(Memory):
    """An alias that goes where it is told."""

    def swap(self, served: Served) -> None:
        self.served = served


@dataclass
class Kept:
    """A ledger that keeps moves, and fails where it is told to."""

    faults: Mapping[str, LedgerError] = field(default_factory=dict)
    moves: list[Entry] = field(default_factory=list)
    begun: list[Move] = field(default_factory=list)
    ended: list[tuple[int, Result, str]] = field(default_factory=list)
    also: tuple[str, ...] = ()
    left: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for seq, belt in enumerate(("blue", "green", *self.also), 1):
            self.moves.append(entry(seq, Kind.PROMOTION, belt))

    def only(self, call: str, *, calls: int) -> None:
        """This call is answered so often and no more."""
        self.left[call] = calls

    def _asked(self, call: str) -> None:
        if call in self.faults:
            raise self.faults[call]
        if call in self.left:
            self.left[call] -= 1
            if self.left[call] < 0:
                raise UNREACHABLE

    def alone(self) -> AbstractContextManager[None]:
        self._asked("alone")
        return nullcontext()

    def serving(self) -> Entry | None:
        self._asked("serving")
        return next(move for move in reversed(self.moves) if move.result is Result.SERVED)

    def last(self) -> Entry | None:
        self._asked("last")
        return self.moves[-1]

    def bar(self, _identity: str) -> None:
        self._asked("bar")

    def used(self, _certificate: UUID) -> None:
        self._asked("used")

    def begin(self, move: Move) -> int:
        self._asked("begin")
        self.begun.append(move)
        seq = len(self.moves) + 1
        self.moves.append(replace(entry(seq, move.kind, move.belt), result=None, moved_at=move.moved_at))
        return seq

    def end(self, seq: int, result: Result, detail: str, _look: object = None) -> None:
        self._asked("end")
        self.ended.append((seq, result, detail))
        self.moves[seq - 1] = replace(self.moves[seq - 1], result=result)


class Gateway:
    """A gateway that follows at once."""

    foreign = None
    url = "http://127.0.0.1:1/v1/graphql"

    async def stands(self) -> None:
        """It does."""

    async def leads_to(self, belt: str, _within: timedelta, _seals: object = None) -> Arrival:
        return Arrival(asked=1, elsewhere=0)


def wanted(belt: str) -> Wanted:
    declared = {"blue": BLUE, "green": GREEN, "red": RED}[belt]

    async def probe() -> Sight:
        return Sight(seed=declared.seed, heights={1: 110})

    return Wanted(belt=belt, dial=standing(belt).dial, declared=declared, probe=probe)


def writer(store: Store, ledger: Kept | None, *, lost: Refusal | None = None) -> Writer:
    place = Elsewhere(cluster=Cluster(belts={"blue": "http://b", "green": "http://g", "red": "http://r"}))
    return Writer(
        store=store,
        ledger=cast("Ledger", ledger) if ledger is not None else None,
        lost=lost,
        policy=None,
        connections=cast("GatewayConnections", Gateway()),
        leases=Leases(gateway="gateway", place=place, soak=timedelta(hours=1)),
        others={belt: wanted(belt) for belt in ("blue", "green", "red")},
        again=cast("Again", None),
        lift=None,
        limits=Limits(catch_up=timedelta(seconds=1), arrive=timedelta(seconds=1)),
    )


@pytest.mark.parametrize("fault", FAULTS, ids=["silent", "unfit"])
@pytest.mark.parametrize("call", ["alone", "serving", "last", "begin"])
async def test_a_way_back(call: str, fault: LedgerError) -> None:
    """It is gone whichever call fails, without a number; the ledger is told once it does its work again."""
    store, ledger = Store(gateway="gateway", served=live()), Kept(faults={call: fault})
    moved = await writer(store, ledger).move(wanted("blue"))
    assert moved.kind == "rolled back"
    assert store.served is not None
    assert (store.served.serves.belt, store.served.how) == ("blue", How.ROLLED_BACK)
    assert store.served.move is None
    assert ledger.begun == []

    mended = Kept()
    await writer(store, mended).move(wanted("blue"))
    (late,) = mended.begun
    assert (late.kind, late.belt, late.from_belt) == (Kind.ROLLBACK, "blue", "green")
    assert late.moved_at == datetime.fromisoformat(store.served.since)
    assert mended.ended == [(3, Result.SERVED, "made while the ledger did not answer")]


@pytest.mark.parametrize("cut", [None, "begin", "end"])
async def test_two_ways_back_in_one_outage(cut: str | None) -> None:
    """Both are booked in their order, also where the ledger is lost again after the first of them."""
    store = Store(
        gateway="gateway",
        served=live().promoted(standing("red"), left={1: 100}, since=SINCE, move=3, certificate="c3"),
    )
    await writer(store, None).move(wanted("green"))
    await writer(store, None).move(wanted("blue"))
    ledger = Kept(also=("red",))
    if cut is not None:
        ledger.only(cut, calls=1)
        with suppress(Refusal):
            await writer(store, ledger).move(wanted("blue"))
        ledger.left = {}
    assert (await writer(store, ledger).move(wanted("blue"))).kind == "verified"
    served = [move for move in ledger.moves[3:] if move.result is Result.SERVED]
    assert [(move.kind, move.belt) for move in served] == [(Kind.ROLLBACK, "green"), (Kind.ROLLBACK, "blue")]
    assert [move.from_belt for move in ledger.begun][-1] == "green"
    before = len(ledger.begun)
    await writer(store, ledger).move(wanted("blue"))
    assert len(ledger.begun) == before


@pytest.mark.parametrize("lost", [None, UNFIT])
async def test_a_ledger_that_was_never_opened(lost: LedgerError | None) -> None:
    """A way back goes without it, and anything else says what is wrong with it, where that is known."""
    store = Store(gateway="gateway", served=live())
    await writer(store, None, lost=lost).move(wanted("blue"))
    assert store.served is not None
    assert store.served.serves.belt == "blue"
    with pytest.raises(Refusal, match="the ledger is newer" if lost else "the ledger does not answer"):
        await writer(store, None, lost=lost).move(wanted("green"))
    assert store.served.serves.belt == "blue"


@pytest.mark.parametrize("fault", FAULTS, ids=["silent", "unfit"])
async def test_a_move_that_was_cut_off(fault: LedgerError) -> None:
    """Its end cannot be booked: the way back from it does not wait for that, and both are booked later."""
    store, ledger = Store(gateway="gateway", served=live()), Kept(faults={"end": fault})
    ledger.moves[-1] = replace(ledger.moves[-1], result=None)
    await writer(store, ledger).move(wanted("blue"))
    assert store.served is not None
    assert (store.served.serves.belt, store.served.move, store.served.over) == ("blue", None, 2)
    ledger.faults = {}
    await writer(store, ledger).move(wanted("blue"))
    assert [(seq, result) for seq, result, _ in ledger.ended] == [(2, Result.SERVED), (3, Result.SERVED)]


@pytest.mark.parametrize("fault", FAULTS, ids=["silent", "unfit"])
async def test_its_end(fault: LedgerError) -> None:
    """Where the ledger is lost after the move, who serves is said first, and what is wrong with it."""
    store, ledger = Store(gateway="gateway", served=live()), Kept(faults={"end": fault})
    with pytest.raises(Unmoved, match="blue serves now") as told:
        await writer(store, ledger).move(wanted("blue"))
    assert fault.what in told.value.seen
    assert store.served is not None
    assert store.served.move == 3


class Full(Store):
    """An alias on a disk that takes nothing more."""

    def swap(self, served: Served) -> None:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("fault", FAULTS, ids=["silent", "unfit"])
async def test_a_disk_that_neither_can_write_to(fault: LedgerError) -> None:
    """The alias is told first: it stays where it is; whoever comes next finds the move, and undoes it."""
    store, ledger = Full(gateway="gateway", served=live()), Kept(faults={"end": fault})
    with pytest.raises(Unmoved, match="the alias stays where it is") as told:
        await writer(store, ledger).move(wanted("blue"))
    assert told.value.seen == "No space left on device"
    assert store.served == live()


class Once(Store):
    """An alias on a disk that has room for one swap."""

    swapped = False

    def swap(self, served: Served) -> None:
        if self.swapped:
            raise OSError(28, "No space left on device")
        self.swapped, self.served = True, served


async def test_a_way_back_that_cannot_be_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The belt does not answer, and the disk has no room: both are told, and who serves."""
    store = Once(gateway="gateway", served=live())

    async def nobody(*_: object) -> Arrival:
        raise NotArrivedError(expected="answers of blue", seen="no answer at all")

    monkeypatch.setattr(Gateway, "leads_to", nobody)
    with pytest.raises(Unmoved, match="the alias leads to blue, and could not be put back") as told:
        await writer(store, Kept()).move(wanted("blue"))
    assert told.value.seen == "no answer at all; No space left on device"


RULE = LedgerRefused("the ledger refuses", expected="what its rules let in", seen="no way back", now="look")
BUSY = LedgerBusy("the alias stays", expected="nobody", seen="somebody else is moving it", now="wait")


@pytest.mark.parametrize(("call", "rule"), [("begin", RULE), ("alone", BUSY)])
async def test_a_rule_of_the_ledger(call: str, rule: LedgerError) -> None:
    """What it says of a row is no fault of its: the alias stays, as where somebody else moves it."""
    store = Store(gateway="gateway", served=live())
    with pytest.raises(LedgerRefused, match=rule.what):
        await writer(store, Kept(faults={call: rule})).move(wanted("blue"))
    assert store.served == live()


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (psycopg.OperationalError("no"), LedgerUnreachable),
        (psycopg.InterfaceError("closed"), LedgerUnreachable),
        (psycopg.errors.ReadOnlySqlTransaction("read-only"), LedgerUnfit),
        (psycopg.errors.InsufficientPrivilege("denied"), LedgerUnfit),
        (psycopg.errors.UndefinedFunction("begin_move"), LedgerUnfit),
        (psycopg.errors.UndefinedTable("moves"), LedgerUnfit),
        (psycopg.errors.RaiseException("the clock went back"), LedgerUnfit),
        (psycopg.errors.CheckViolation("not the belt before"), LedgerRefused),
        (psycopg.errors.ForeignKeyViolation("no certificate"), LedgerRefused),
        (psycopg.errors.UniqueViolation("used"), LedgerRefused),
        (psycopg.errors.RestrictViolation("only grows"), LedgerRefused),
    ],
)
def test_what_postgres_says(raised: Exception, kind: type[LedgerError]) -> None:
    """What its rules turn away is told from a ledger that does not do its work."""
    with pytest.raises(LedgerError) as told, words():
        raise raised
    assert type(told.value) is kind
    assert str(raised) in told.value.seen


def order(store: Store, to: str) -> Order:
    """What the hook asks: blue or green is to serve, by a ledger of the operator's own."""
    upstream = {
        "belt": to,
        "dial": standing(to).dial,
        "identity": identities.written({"blue": BLUE, "green": GREEN}[to]),
        "graphql": "http://127.0.0.1:1/v1/graphql",
        "database": "postgresql://127.0.0.1:1/belts",
        "sources": None,
    }
    text = test_order.order(upstream=upstream, ledger="postgresql://u:hush@127.0.0.1:1/ledger")
    place = Elsewhere(cluster=Cluster(belts={"blue": "http://b", "green": "http://g"}))
    return parse(text, lambda *_: place, lambda *_: store)


@pytest.fixture
def in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    async def seen(candidate: Candidate) -> Sight:
        return Sight(seed=candidate.identity.seed, heights={1: 110})

    monkeypatch.setattr(Candidate, "seen", seen)


OPENED = [
    UNREACHABLE,
    UNFIT,
    LedgerRefused("the ledger refuses", expected="rules", seen="a clock", now="wait"),
]


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    "fault", [*OPENED, Refusal("secrets", expected="some", seen="no JSON", now="mend it")]
)
async def test_what_the_hook_says(
    monkeypatch: pytest.MonkeyPatch, in_sight: None, fault: Refusal, preview: bool
) -> None:
    """A way back is let through, whatever is wrong as the ledger is opened; nothing else is."""

    def broken(*_: object, **__: object) -> Any:
        raise fault

    store = Store(gateway="gateway", served=live())
    for name in ("opened", "reading"):
        monkeypatch.setattr(judging, name, broken)
    back = await judging.judge(order(store, "blue"), preview=preview)
    assert (back.code, "a rollback to blue" in back.text) == (ExitCode.PASSED, True)
    stays = await judging.judge(order(store, "green"), preview=preview)
    assert stays.code is ExitCode.COULD_NOT_TELL
    assert ("the ledger does not answer" if fault is UNREACHABLE else fault.what) in stays.text


@pytest.mark.parametrize("fault", FAULTS, ids=["silent", "unfit"])
@pytest.mark.parametrize("call", ["serving", "last"])
async def test_what_the_hook_reads(
    monkeypatch: pytest.MonkeyPatch, in_sight: None, call: str, fault: LedgerError
) -> None:
    """The same where the ledger opens and cannot be read."""
    monkeypatch.setattr(judging, "Ledger", Kept)
    for name in ("opened", "reading"):
        monkeypatch.setattr(judging, name, lambda *_, **__: nullcontext(Kept(faults={call: fault})))
    back = await judging.judge(order(Store(gateway="gateway", served=live()), "blue"), preview=False)
    assert back.code is ExitCode.PASSED
