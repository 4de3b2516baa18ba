"""Every disagreement is found, and nothing else is."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from belts.runtimes.audited import Running
from belts.runtimes.disk import GB, Disk
from belts.runtimes.lease import Holding, Unreadable
from gate.alias.sight import Sight
from gate.audit.findings import Kind, exit_code
from gate.audit.rules import audit
from gate.audit.snapshot import Answer, Booked, ChainSeen, Damaged, Directory, Outbox, Stated, Unseen
from gate.observations.watched import NOT_INDEXED
from gate.outcome import ExitCode, Outcome
from tests.identities import SEED
from tests.unit.gate.audit.snapshots import (
    BLUE,
    GREEN,
    NOW,
    SINCE,
    booked,
    held,
    seen,
    served,
    snapshot,
    standing,
)

OTHER = "0" * 64
DOWN = Unseen(why="it is down")
BACK = served().rolled_back(standing("blue", BLUE), since=SINCE, move=None)


def outbox(minutes: int, waiting: int = 1) -> Booked:
    since = NOW - timedelta(minutes=minutes)
    return booked(outbox=Outbox(waiting=waiting, attempts=3, since=since if waiting else None))


def test_everything_agrees() -> None:
    """Not a word, and the exit code of a pass."""
    assert audit(snapshot()) == ()
    assert exit_code(()) is ExitCode.PASSED


END = NOW + timedelta(days=3)
EVER = frozenset({("blue", BLUE), ("green", GREEN)})


def test_paths_of_a_planned_break() -> None:
    """Both belts served, and are who they were; what has ended is none."""
    live = served().broken(END, at=NOW)
    assert audit(snapshot(alias=live, ledger=booked(ever=EVER))) == ()
    ended = replace(live, byways=(standing("red", OTHER).byway(NOW),))
    assert audit(snapshot(alias=ended, ledger=booked(ever=EVER))) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ledger": booked(ever=frozenset({("green", GREEN)}))}, "which never served by the ledger"),
        ({"ledger": booked(ever=frozenset({("blue", OTHER), ("green", GREEN)}))}, "never served"),
        ({"belts": {"green": seen(GREEN)}}, "there is no blue on this host"),
        ({"belts": {"blue": seen(BLUE, same=False), "green": seen(GREEN)}}, "not the belt that it was"),
        ({"belts": {"blue": seen(OTHER), "green": seen(GREEN)}}, "not the belt that it was"),
    ],
)
def test_a_path_that_leads_to_no_proved_belt(changes: dict[str, Any], words: str) -> None:
    """It is told, with the command that closes it."""
    live = served().broken(END, at=NOW)
    found = audit(snapshot(**({"alias": live, "ledger": booked(ever=EVER)} | changes)))
    (one,) = [each for each in found if each.kind is Kind.BYWAY]
    assert words in one.seen
    assert "--close blue" in one.cure


def test_nobody_served_yet() -> None:
    """Before the first alias there is nothing to disagree about."""
    empty = snapshot(
        alias=None,
        door=Answer(belt=None, status=502),
        ledger=Booked(),
        state=Stated(held=False),
        leases={"blue": ()},
        belts={},
    )
    assert audit(empty) == ()


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"door": Answer(belt="blue", status=200)}, Kind.DOOR, "answers from blue, the alias leads to green"),
        ({"door": Answer(belt=None, status=200)}, Kind.DOOR, "a belt without a name"),
        ({"door": Answer(belt="green", status=502)}, Kind.DOOR, "status 502"),
        ({"directory": Directory(owner="another")}, Kind.DIRECTORY, "is another's"),
        (
            {"directory": Directory(owner="gateway", others=("edge",))},
            Kind.DIRECTORY,
            "edge reads this alias",
        ),
        ({"directory": Directory(owner="gateway", strange=("old",))}, Kind.DIRECTORY, "nobody made: old"),
        (
            {"directory": Directory(owner="gateway", refuted="green")},
            Kind.UNBOOKED,
            "green was seen to be wrong right after its promotion",
        ),
        ({"ledger": booked(belt="blue", identity=BLUE)}, Kind.LEDGER, "by the ledger blue"),
        ({"ledger": booked(identity=OTHER)}, Kind.LEDGER, "by the ledger green"),
        ({"ledger": Booked()}, Kind.LEDGER, "by move 2, and the ledger ends with none"),
        ({"ledger": booked(unended=3, last=3)}, Kind.UNENDED, "move 3"),
        ({"ledger": booked(unsealed=("move 2",))}, Kind.LEDGER, "has not written: move 2"),
        ({"ledger": booked(open_tables=True)}, Kind.LEDGER, "past their functions"),
        ({"ledger": booked(last=1)}, Kind.LEDGER, "came about by move 2, and the ledger ends with 1"),
        ({"ledger": outbox(11)}, Kind.OUTBOX, "1 announcement waits, the oldest for 660 s"),
        ({"state": Stated(belt="blue", identity=BLUE)}, Kind.STATE, "by Pulumi's state blue"),
        ({"state": Stated(belt="green", identity=OTHER)}, Kind.STATE, "by Pulumi's state green"),
        ({"state": Stated(held=False)}, Kind.STATE, "has no alias"),
        (
            {"state": Stated(belt="green", identity=GREEN, pending=("updating alias",))},
            Kind.STATE,
            "updating alias",
        ),
        ({"caddy": Running(as_rendered=False, stored_as_rendered=True)}, Kind.CADDY, "runs another config"),
        (
            {"caddy": Running(as_rendered=True, stored_as_rendered=False)},
            Kind.CADDY,
            "not what the host renders",
        ),
        ({"leases": {"green": ()}}, Kind.LEASE, "green serves, and nothing holds it"),
        ({"leases": {"green": (held(gateway="other"),)}}, Kind.LEASE, "green serves, and nothing holds it"),
        ({"leases": {"green": (held(),), "blue": ()}}, Kind.LEASE, "blue should soak"),
        ({"leases": {"green": (held(),), "red": (held(),)}}, Kind.LEASE, "red is held as if it served"),
        (
            {"leases": {"green": (held(),), "red": (Unreadable(file=Path("x.json")),)}},
            Kind.LEASE,
            "x.json",
        ),
        ({"belts": {"green": seen(OTHER)}}, Kind.IDENTITY, "green, which serves, is not the belt"),
        ({"belts": {"green": seen(GREEN, same=False)}}, Kind.IDENTITY, "green, which serves"),
        ({"belts": {"blue": seen(BLUE, same=False)}}, Kind.IDENTITY, "blue, which soaks"),
        ({"belts": {"blue": seen(BLUE, down=("indexer",))}}, Kind.DOWN, "indexer is down"),
        ({"belts": {"green": seen(GREEN, down=("engine",))}}, Kind.DOWN, "engine is down"),
        ({"belts": {"green": seen(GREEN, 99)}}, Kind.HEIGHT, "chain 1 at 99, was 100"),
        ({"belts": {"green": seen(GREEN, sight=Sight(seed=SEED, heights={}))}}, Kind.HEIGHT, "at nothing"),
        ({"belts": {"blue": seen(BLUE, 99)}}, Kind.HEIGHT, "blue, which soaks, is lower"),
        (
            {"belts": {"green": seen(GREEN, 300), "blue": seen(BLUE, 199)}},
            Kind.HEIGHT,
            "101 blocks on chain 1",
        ),
        ({"disk": Disk(free=GB, size=9 * GB)}, Kind.DISK, "the disk of the belts has 1.0 GB of 9.0 GB free"),
        ({"disk": Disk(free=90 * GB, size=99 * GB, days=3.0)}, Kind.DISK, "full in about 3 days"),
        ({"idle": ("blue is idle: nobody reads it",)}, Kind.IDLE, "blue is idle"),
        ({"alias": BACK, "door": Answer(belt="blue", status=200)}, Kind.UNBOOKED, "went back to blue"),
    ],
)
def test_one_disagreement(changes: dict[str, Any], kind: Kind, words: str) -> None:
    """It is of its kind, it says what was seen, what likely caused it, and what mends it."""
    found = [one for one in audit(snapshot(**changes)) if one.kind is kind]
    assert len(found) == 1
    assert words in found[0].seen
    assert found[0].outcome is Outcome.FAILED
    assert found[0].cause
    assert found[0].cure
    assert exit_code(tuple(found)) is ExitCode.REFUSED


@pytest.mark.parametrize(
    "changes",
    [
        {"ledger": outbox(9)},
        {"ledger": outbox(60, waiting=0)},
        {"belts": {"green": seen(GREEN, 200), "blue": seen(BLUE, 100)}},
        {"belts": {"red": seen(OTHER, 1, same=False, down=("indexer",))}},
        {"leases": {"green": (held(),), "blue": (held(Holding.SOAKS, hours=-1),)}, "belts": {}},
        {"leases": {}, "belts": {}},
        {"leases": {"green": (held(),), "blue": ()}, "belts": {"blue": seen(OTHER)}},
        {"directory": Directory()},
    ],
)
def test_what_is_no_disagreement(changes: dict[str, Any]) -> None:
    """A short wait, a little lag, a belt that neither serves nor soaks, one that runs elsewhere."""
    assert audit(snapshot(**changes)) == ()


def test_a_damaged_alias() -> None:
    """It is told once, and not as a dozen consequences."""
    [found] = audit(snapshot(alias=Damaged(words="a link to nowhere")))
    assert (found.kind, found.outcome) == (Kind.ALIAS, Outcome.FAILED)
    assert "a link to nowhere" in found.seen


def test_an_alias_that_was_removed() -> None:
    """The ledger and the state still know who served, and the lease is still held."""
    found = audit(snapshot(alias=None, door=Answer(belt=None, status=502)))
    assert {one.kind for one in found} == {Kind.LEDGER, Kind.STATE, Kind.LEASE}


@pytest.mark.parametrize(
    "place", ["door", "directory", "ledger", "state", "caddy", "chains", "asked", "unread"]
)
def test_a_place_that_cannot_be_looked_at(place: str) -> None:
    """It is neither agreement nor disagreement."""
    found = audit(snapshot(**{place: DOWN}))
    assert [(one.outcome, "it is down" in one.seen) for one in found] == [(Outcome.COULD_NOT_TELL, True)]
    assert exit_code(found) is ExitCode.COULD_NOT_TELL


@pytest.mark.parametrize("changes", [{"sight": DOWN, "same": None}, {"declared": DOWN}, {"declared": None}])
def test_a_belt_that_cannot_be_looked_at(changes: dict[str, Any]) -> None:
    """A belt whose database or whose stack is silent is not known to be the belt that it was."""
    found = audit(snapshot(belts={"green": replace(seen(GREEN), **changes)}))
    assert [one.outcome for one in found] == [Outcome.COULD_NOT_TELL]


def on(**changes: Any) -> dict[str, Any]:
    seen_ = {"chain": 1, "limit": 20, "committed": 120, "head": 121} | changes
    return {"chains": (ChainSeen(**seen_),)}


MINUTES = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            on(head=None, why={"head": "the chain's RPC cannot be reached"}),
            "where chain 1 is: the chain's RPC",
        ),
        (on(head=None, committed=120), "the status endpoint does not say"),
        (
            on(committed=None, why={"committed": "no answer"}),
            "how far green, which serves, is on chain 1: no",
        ),
        (
            on(committed=None, why={"committed": NOT_INDEXED}),
            "how far green, which serves, is on chain 1: the belt does not index",
        ),
        (on(head=160), "is 40 blocks behind the head of chain 1 (its `lagLimit` is 20)"),
        (on(head=160, lasted=39), "is 39 blocks behind"),
        (on(head=130, stands=4 * MINUTES), "is 10 blocks behind the head of chain 1, and has stood at 120"),
        (on(head=130, limit=None, stands=4 * MINUTES), "at 120 for 4 minutes"),
        (on(head=160, stands=4 * MINUTES), "is 20), and has stood at 120 for 4 minutes"),
        (on(head=120, halts=15 * MINUTES), "the head of chain 1 has been 120 for 15 minutes"),
    ],
)
def test_the_serving_belt_on_its_chains(changes: dict[str, Any], words: str) -> None:
    """A dead provider, a belt that falls behind or stands, a chain that stands: each is one finding."""
    (found,) = audit(snapshot(**changes))
    assert (found.kind, found.outcome) == (Kind.CHAIN, Outcome.FAILED)
    assert words in found.seen


@pytest.mark.parametrize(
    "changes",
    [
        {"chains": None},
        {"chains": ()},
        # Chain 2 is one of the next belt: the alias has not seen this one on it.
        on(chain=2, committed=None, head=None, why={"committed": NOT_INDEXED, "head": "no"}),
        on(head=119),
        on(head=140),
        on(head=900, limit=None),
        on(head=900, lasted=2),
        on(head=900, lasted=0, stands=60 * MINUTES),
        on(head=130, stands=2 * MINUTES),
        on(head=120, halts=14 * MINUTES),
    ],
)
def test_a_serving_belt_that_keeps_up(changes: dict[str, Any]) -> None:
    """Within its limit, late in one look alone, at the last block that it is to index, or between batches."""
    assert audit(snapshot(**changes)) == ()


def test_what_was_asked_and_does_not_run() -> None:
    """Of any belt here, and of what the stack of a watched one says, each in its own words."""
    apart = {"blue": seen(BLUE), "green": seen(GREEN, apart=("green: another heap",))}
    found = audit(snapshot(asked=("red: it did not come to its end",), belts=apart))
    assert [(one.kind, one.outcome, one.seen) for one in found] == [
        (Kind.ASKED, Outcome.FAILED, "red: it did not come to its end"),
        (Kind.ASKED, Outcome.FAILED, "green: another heap"),
    ]


def test_a_file_that_says_nothing() -> None:
    """Nobody can tell what it said; everything else was looked at, and agrees."""
    (found,) = audit(snapshot(unread=("red: its secrets cannot be read: no JSON",)))
    assert (found.kind, found.outcome) == (Kind.UNREAD, Outcome.COULD_NOT_TELL)
    assert found.seen == "red: its secrets cannot be read: no JSON"


def test_a_part_that_hangs() -> None:
    """It is told where nobody restarts it any more."""
    (found,) = audit(snapshot(hung=("blue: its engine has hung since 12:00:00 UTC: timed out",)))
    assert (found.kind, found.outcome) == (Kind.HUNG, Outcome.FAILED)
    assert found.seen == "blue: its engine has hung since 12:00:00 UTC: timed out"


def test_a_disagreement_outweighs_what_is_unknown() -> None:
    """The exit code says the worst."""
    found = audit(snapshot(caddy=DOWN, door=Answer(belt="blue", status=200)))
    assert exit_code(found) is ExitCode.REFUSED


def test_an_alias_elsewhere_that_somebody_led_away() -> None:
    """Told once, as what it is."""
    [found] = audit(
        snapshot(alias=Damaged(words="`get` tells of http://x", elsewhere=True), caddy=None, elsewhere=True)
    )
    assert (found.kind, found.outcome) == (Kind.ALIAS, Outcome.FAILED)
    assert "the alias leads where Belts has not set it" in found.seen


def test_an_alias_elsewhere_of_which_nobody_can_tell() -> None:
    """It is no disagreement, and no agreement either; what to do is what was said."""
    damaged = Damaged(words="it ended with 7", elsewhere=True, untold=True, now="run `get` by hand")
    [found] = audit(snapshot(alias=damaged, caddy=None, elsewhere=True))
    assert (found.kind, found.outcome, found.cure) == (
        Kind.ALIAS,
        Outcome.COULD_NOT_TELL,
        "run `get` by hand",
    )


def test_another_belt_answers_elsewhere() -> None:
    """No command of ours heals what is not ours."""
    [found] = audit(snapshot(door=Answer(belt=None, status=200), caddy=None, elsewhere=True))
    assert found.kind is Kind.DOOR
    assert "belts heal" not in found.cure
