"""Whose turn it is: the trusted always, clients one after the other, slow ones among their like."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.engine.clients.accounts import Account
from belts.engine.clients.turns import LENT_S, QUICK_S, WAITED_S, Busy, Turn, Turns
from belts.engine.errors import DatabaseError, EngineError

PATIENCE = 5.0


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def turns(
    connections: int = 10, *, patience: float = PATIENCE, deadline: float = PATIENCE, processors: int = 32
) -> Turns:
    clock = Clock()
    return Turns(connections, patience=patience, deadline=deadline, clock=clock, processors=processors)


def later(of: Turns, seconds: float) -> None:
    assert isinstance(of.clock, Clock)
    of.clock.now += seconds


class Holder:
    """Holds turns, each in a task of its own, until it is told to let go."""

    def __init__(self, of: Turns) -> None:
        self.of = of
        self.order: list[str] = []
        self.failed: dict[str, EngineError] = {}
        self._let: dict[str, asyncio.Event] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def hold(self, account: Account, name: str = "", *, poll: bool = False) -> None:
        name = name or account.name
        self._let[name] = asyncio.Event()
        self._tasks.append(asyncio.create_task(self._hold(account, name, poll=poll)))
        await asyncio.sleep(0)

    async def _hold(self, account: Account, name: str, *, poll: bool) -> None:
        try:
            async with self.of.turn(account, poll=poll):
                self.order.append(name)
                await self._let[name].wait()
        except EngineError as error:
            self.failed[name] = error

    async def let(self, name: str) -> None:
        self._let[name].set()
        for _ in range(5):
            await asyncio.sleep(0)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():  # noqa: ASYNC110 -- what is waited for is many things, none of them an event
                await asyncio.sleep(0.001)

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def holding(of: Turns) -> AsyncIterator[Holder]:
    holder = Holder(of)
    try:
        yield holder
    finally:
        await holder.end()
        assert not of.running
        assert of.waiting == 0


def client(name: str, quick: int = 1_000) -> Account:
    """One that is known to be quick; with 0, one that nobody knows."""
    return Account(name=name, quick=quick)


TRUSTED = Account(name="trusted", trusted=True)


async def test_one_client_wants_all() -> None:
    """It gets no more than the public ones; the admin, the gate and the next client are not kept waiting."""
    of, one = turns(), client("one")
    async with holding(of) as holder:
        for number in range(30):
            await holder.hold(one, f"one {number}")
        assert len(of.running) == 8
        await holder.hold(TRUSTED, "admin")
        await holder.hold(TRUSTED, "gate")
        assert holder.order[-2:] == ["admin", "gate"]
        await holder.hold(client("two"), "two")
        await holder.let("one 0")
        assert holder.order[-2:] == ["gate", "one 8"]
        await holder.let("one 1")
        assert holder.order[-1] == "two"


@pytest.mark.parametrize(("connections", "public"), [(1, 1), (2, 2), (4, 3), (8, 6), (10, 8), (1_000, 998)])
def test_how_many_are_kept(connections: int, public: int) -> None:
    """Two where there are enough, and never all."""
    assert Turns(connections, patience=1, deadline=1).public == public


async def test_clients_go_around() -> None:
    """Whoever asks for a hundred gets one, then the others one each, then one again."""
    of = turns(1)
    async with holding(of) as holder:
        await holder.hold(client("first"))
        many, few = client("many"), client("few")
        for number in range(3):
            await holder.hold(many, f"many {number}")
        await holder.hold(few, "few")
        for name in ("first", "many 0", "few", "many 1"):
            await holder.let(name)
        assert holder.order == ["first", "many 0", "few", "many 1", "many 2"]


async def test_what_slow_clients_keep_is_taken_when_others_have_waited() -> None:
    """All but a quarter, from those who have kept it longest, in words; while nobody waits, nothing is."""
    of = turns()
    async with holding(of) as holder:
        for number in range(8):
            await holder.hold(client(f"slow {number}"))
            later(of, 0.01)
        later(of, 2)
        await asyncio.sleep(0.05)
        assert not holder.failed
        await holder.hold(client("quick"))
        await asyncio.sleep(0.05)
        assert not holder.failed
        later(of, WAITED_S)
        await holder.until(lambda: "quick" in holder.order)
        assert list(holder.failed) == ["slow 0"]
        assert "others waited" in str(holder.failed["slow 0"])
        for number in range(10):
            await holder.hold(client(f"quick {number}"))
        later(of, WAITED_S)
        await holder.until(lambda: len(holder.failed) == 6)
        assert list(holder.failed) == [f"slow {number}" for number in range(6)]


async def test_a_first_question() -> None:
    """Who asks for one thing keeps its turn, however little slower it is than those who come later."""
    of = turns()
    async with holding(of) as holder:
        for number in range(8):
            await holder.hold(client(f"first {number}"))
        later(of, 0.6)
        await holder.hold(client("ninth"))
        later(of, 0.3)
        await asyncio.sleep(0.1)
        assert not holder.failed
        for number in range(8):
            await holder.let(f"first {number}")
        assert not holder.failed
        assert holder.order[-1] == "ninth"


async def test_a_client_that_is_alone() -> None:
    """However slow it is, all public turns are its own, and what it waits for itself cuts none of them."""
    of, one = turns(), client("dashboard")
    async with holding(of) as holder:
        for number in range(50):
            await holder.hold(one, str(number))
        for number in range(50):
            await asyncio.sleep(0.03 if number < 4 else 0)
            assert len(of.running) == min(8, 50 - number)
            later(of, 1)
            await holder.let(str(number))
        assert holder.order == [str(number) for number in range(50)]
        assert not holder.failed


async def test_what_is_lent() -> None:
    """What nobody else wants; whoever does gets it at once, and then nothing is lent for a while."""
    of, slow = turns(), client("slow")
    slow.charge(100, of.clock())
    async with holding(of) as holder:
        for number in range(20):
            await holder.hold(slow, str(number))
        assert len(of.running) == 8
        await holder.hold(client("quick"))
        await holder.until(lambda: "quick" in holder.order)
        assert len(holder.failed) == 1
        assert len(of.running) == 8
        await holder.let("quick")
        assert len(of.running) == 7
        later(of, LENT_S)
        await holder.hold(client("another"))
        await holder.let("another")
        assert len(of.running) == 7
        later(of, LENT_S)
        await holder.until(lambda: len(of.running) == 8)
        assert len(holder.failed) == 1


@pytest.mark.parametrize(
    ("processors", "slow", "lent"), [(1, 1, 1), (2, 1, 1), (4, 2, 2), (8, 2, 4), (64, 2, 6)]
)
async def test_what_is_left_of_the_processors(processors: int, slow: int, lent: int) -> None:
    """While others have turns, slow clients have half of them at most, and never what is spared."""
    of = turns(processors=processors)
    assert of.slow == slow
    async with of.turn(client("quick")):
        pass
    many = [client(f"slow {number}") for number in range(20)]
    async with holding(of) as holder:
        for each in many:
            each.charge(100, of.clock())
            await holder.hold(each)
        assert len(of.running) == lent


async def test_a_burst_of_somebody_unknown() -> None:
    """It has one turn, and one more with each that was quick; whoever comes meanwhile has one at once."""
    of, one = turns(), client("one", 0)
    async with of.turn(client("before")):
        pass
    async with holding(of) as holder:
        for number in range(20):
            await holder.hold(one, str(number))
        assert holder.order == ["0"]
        await holder.hold(client("two", 0), "two")
        assert holder.order == ["0", "two"]
        for number in range(3):
            await holder.let(str(number))
        assert holder.order == ["0", "two", "1", "2", "3", "4", "5", "6"]
        assert len(of.running) == 5


async def test_a_burst_of_many_unknown() -> None:
    """They leave turns to those who have been quick; one who kept its turn is unknown again."""
    of, known = turns(processors=2), client("known")
    async with of.turn(known):
        pass
    async with holding(of) as holder:
        for number in range(20):
            await holder.hold(client(str(number), 0))
        assert len(of.running) == of.unknown == 5
        await holder.hold(known, "known")
        assert holder.order[-1] == "known"
        await holder.let("known")
        later(of, 3)
        await holder.let("0")
        assert holder.order[-1] == "5"
        assert len(of.running) == 5
    slow = client("slow")
    async with of.turn(slow):
        later(of, 3)
    assert slow.quick == 0


async def test_many_unknown_who_wait() -> None:
    """However many they are, whoever is known goes around with them, and they with each other."""
    of, known = turns(), [client(f"known {number}") for number in range(3)]
    async with of.turn(known[0]):
        pass
    async with holding(of) as holder:
        for number in range(8):
            await holder.hold(known[number % 3], f"{number}")
        for number in range(30):
            await holder.hold(client(f"new {number}", 0))
        for number in range(8, 16):
            await holder.hold(known[number % 3], f"{number}")
        for number in range(8):
            await holder.let(str(number))
        assert holder.order[8:] == ["8", "new 0", "9", "new 1", "10", "new 2", "11", "new 3"]


async def test_a_burst_of_somebody_alone() -> None:
    """Nobody else has asked of late: all turns are its own from the first on, until somebody does."""
    of, one = turns(), client("one", 0)
    async with of.turn(client("before")):
        pass
    async with holding(of) as holder:
        async with of.turn(one):
            pass
        later(of, LENT_S)
        one.quick = 0
        for number in range(20):
            await holder.hold(one, str(number))
        assert len(of.running) == 8
        await holder.hold(client("two", 0), "two")
        await holder.let("0")
        assert holder.order[-1] == "two"


async def test_one_who_is_trusted_wants_all() -> None:
    """What is kept is its own at any time; beyond that it is one client among the others."""
    of = turns()
    async with holding(of) as holder:
        for number in range(30):
            await holder.hold(TRUSTED, f"backend {number}")
        assert len(of.running) == 10
        for number in range(10):
            await holder.hold(client(f"consumer {number}"))
        for number in range(2, 10):
            await holder.let(f"backend {number}")
        assert sum(name.startswith("consumer") for name in holder.order) >= 7
        await holder.let("backend 0")
        assert len(of.running) == 10
        assert sum(turn.account is TRUSTED for turn in of.running) >= of.kept


async def test_who_was_slow_shares_a_quarter() -> None:
    """However many slow clients there are, the rest is for others; it is forgotten in a minute or two."""
    of = turns()
    async with holding(of) as holder:
        for number in range(9):
            await holder.hold(client(f"crowd {number}"))
        for number in range(9):
            await holder.let(f"crowd {number}")
        slow = [client(f"slow {number}") for number in range(20)]
        for each in slow:
            each.charge(2.0, of.clock())
            await holder.hold(each)
        assert len(of.running) == 2
        await holder.hold(client("quick"))
        assert holder.order[-1] == "quick"
        await holder.let("slow 0")
        assert holder.order[-1] == "slow 2"
        later(of, 90)
        assert not slow[0].is_slow(of.clock())


async def test_polls() -> None:
    """They leave half of the turns to those who wait for an answer, and are not starved by them either."""
    of = turns()
    async with holding(of) as holder:
        for number in range(8):
            await holder.hold(client(f"poll {number}"), poll=True)
        assert len(of.running) == 4
        for number in range(8):
            await holder.hold(client(f"query {number}"))
        assert len(of.running) == 8
        for name in ("poll 0", "poll 1"):
            await holder.let(name)
        assert sorted(holder.order[-2:]) == ["poll 4", "query 4"]


async def test_an_operation_that_takes_too_long() -> None:
    """It is ended and told, and its turn is the next one's."""
    of = turns(1, deadline=0.02)
    async with holding(of) as holder:
        await holder.hold(TRUSTED, "long")
        await holder.until(lambda: "long" in holder.failed)
        assert (holder.failed["long"].code, str(holder.failed["long"])) == (
            "time-limit-exceeded",
            "the operation took longer than 0.02 s and was ended",
        )


async def test_what_fails_in_its_own_words_when_it_is_ended() -> None:
    """The client reads why it was ended, not what broke by that."""
    of = turns(1, deadline=0.02)

    async def ask() -> None:
        async with of.turn(client("one")):
            try:
                await asyncio.sleep(PATIENCE)
            except asyncio.CancelledError:
                raise DatabaseError("connection error", code="postgres-error") from None

    with pytest.raises(DatabaseError, match="took longer"):
        await ask()
    assert not of.running


async def test_a_client_that_leaves() -> None:
    """Waiting or at work, it leaves no trace, and the cancellation is nobody else's."""
    of = turns(1)
    async with holding(of) as holder:
        await holder.hold(client("one"))
        waiting = asyncio.create_task(of.turn(client("two")).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert of.waiting == 0
        await holder.let("one")
        assert not of.running


async def test_granted_and_gone_in_one_moment() -> None:
    """A turn that is granted to who has just been cancelled goes to the next."""
    of = turns(1)
    async with holding(of) as holder:
        await holder.hold(client("one"))
        leaving = asyncio.create_task(of.turn(client("two")).__aenter__())
        await asyncio.sleep(0)
        await holder.hold(client("three"))
        await asyncio.sleep(0)
        holder._let["one"].set()
        await asyncio.sleep(0)
        leaving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            turn = await leaving
            await turn.__aexit__(None, None, None)
        await holder.until(lambda: "three" in holder.order)


async def test_nothing_becomes_free() -> None:
    """Whoever waits too long is told, as ever."""
    of = turns(1, patience=0.01)
    async with holding(of) as holder:
        await holder.hold(client("one"))
        with pytest.raises(DatabaseError, match="no connection to the database became free in time"):
            async with of.turn(client("two")):
                pass


async def test_too_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is told at once; the admin is not."""
    monkeypatch.setattr("belts.engine.clients.turns.WAITING", 3)
    of = turns(1)
    async with holding(of) as holder:
        for name in "abcd":
            await holder.hold(client(name))
        with pytest.raises(Busy):
            async with of.turn(client("e")):
                pass
        await holder.hold(TRUSTED, "admin")
        await holder.let("a")
        assert holder.order[-1] == "admin"


async def test_who_plans_for_long() -> None:
    """While one plans nobody is served: it is slow at once, and slow clients rest after it."""
    of = turns()
    one = client("one")
    async with of.turn(one) as turn:
        later(of, 0.04)
        turn.charge(0.4)
    assert one.is_slow(of.clock())
    assert not of.fits(of.turn(one))
    assert of.fits(of.turn(client("two")))
    assert of.fits(of.turn(TRUSTED))
    later(of, 6)
    assert of.fits(of.turn(one))


async def test_who_plans_for_long_alone() -> None:
    """Nobody rests for others who are not there: the gate asks much of a candidate that nobody else reads."""
    of = turns()
    one = client("one")
    async with of.turn(one) as turn:
        later(of, 0.04)
        turn.charge(3.0)
    later(of, 3)
    assert one.is_slow(of.clock())
    async with of.turn(TRUSTED):
        assert of.fits(of.turn(one))
    async with of.turn(client("two")):
        assert not of.fits(of.turn(one))


@given(
    st.integers(1, 12),
    st.lists(
        st.tuples(st.sampled_from("abcT"), st.booleans(), st.sampled_from([0.0, 0.1, 3.0])), max_size=60
    ),
)
async def test_what_always_holds(connections: int, steps: list[tuple[str, bool, float]]) -> None:
    """Never more turns than connections or than the public share, and nobody waits who could begin."""
    of = turns(connections)
    accounts = {name: client(name) for name in "abc"} | {"T": Account(name="T", trusted=True)}
    begun: list[Turn] = []
    waiting: list[Turn] = []
    for name, poll, seconds in steps:
        later(of, seconds)
        turn = of.turn(accounts[name], poll=poll)
        if of.fits(turn):
            of.begin(turn)
        else:
            of.queue(turn)
            waiting.append(turn)
        if len(of.running) > connections // 2 and poll:
            begun = sorted(of.running, key=Turn.since)
            of.end(begun[0])
        assert len(of.running) <= connections
        assert sum(not each.account.trusted for each in of.running) <= of.public
        polls = [each for each in of.running if each.poll and not each.account.trusted and not each.lent]
        assert len(polls) <= of.polls + of.slow
    for _ in range(len(steps)):
        for turn in list(of.running):
            of.end(turn)
        later(of, 100)
        of._press()
    assert (of.waiting, of.running) == (0, set())
    if of._look is not None:
        of._look.cancel()


async def test_a_machine_that_has_too_much_to_do() -> None:
    """Everybody takes longer there: who takes as long as the others is not slow, who takes longer is."""
    of = turns()
    honest, hostile = client("honest"), client("hostile")
    for _ in range(400):
        async with of.turn(honest):
            later(of, QUICK_S * 3)
    later(of, 60)
    for _ in range(100):
        async with of.turn(honest):
            later(of, QUICK_S * 3)
    assert not honest.is_slow(of.clock())
    async with of.turn(hostile):
        later(of, QUICK_S * 60)
    assert hostile.is_slow(of.clock())
    for _ in range(800):
        async with of.turn(honest):
            later(of, QUICK_S / 50)
    assert of.quick == QUICK_S


@pytest.mark.parametrize("planned", [0.0, 0.1])
async def test_who_waits_for_its_planning(planned: float) -> None:
    """It is not slow by what others planned before it: by what was charged, or by all where nothing was."""
    of, one = turns(), client("one")
    async with of.turn(one) as turn:
        with turn.aside():
            later(of, 3)
            assert one.is_slow(of.clock())
            if planned:
                turn.charge(planned)
        assert one.is_slow(of.clock()) == (not planned)
    assert one.is_slow(of.clock()) == (not planned)
