"""What the ledger refuses, whoever writes to it: each invariant is in the database, not in the writer."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import ANY
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from gate import ledger as ledgers
from gate.ledger import (
    Author,
    Kind,
    Ledger,
    LedgerRefused,
    LedgerUnfit,
    LedgerUnmade,
    LedgerUnreachable,
    Move,
    Result,
    Verdict,
)
from gate.ledger.migrations import Migration, migrations
from tests.deep import examples
from tests.live.gate.ledgers import KEY, made, opened, outbox
from tests.live.gate.verdicts import POLICY, passed, promotion, report

pytestmark = pytest.mark.live

BLUE, GREEN, RED = "b" * 64, "9" * 64, "a" * 64
NAMES = {BLUE: "blue", GREEN: "green", RED: "red"}
HERE = Author(gateway="gateway", stack="gateway", who="ada")


def verdict(candidate: str, serving: str | None = None, **changes: Any) -> Verdict:
    certificate = passed(
        NAMES[candidate],
        candidate,
        serving=None if serving is None else NAMES[serving],
        serving_identity=serving,
        heights={1: 100, 10: 90},
    )
    return replace(certificate, **changes)


def rollback(source: str, target: str) -> Move:
    return Move(
        kind=Kind.ROLLBACK,
        certificate=None,
        belt=NAMES[target],
        identity=target,
        from_belt=NAMES[source],
        from_identity=source,
        heights={1: 100},
    )


def promote(ledger: Ledger, candidate: str, serving: str | None = None) -> int:
    certificate = verdict(candidate, serving)
    ledger.record_verdict(certificate)
    seq = ledger.begin(promotion(certificate))
    ledger.end(seq, Result.SERVED, "the gateway answers from it")
    return seq


def roll_back(ledger: Ledger, source: str, target: str) -> None:
    ledger.end(ledger.begin(rollback(source, target)), Result.SERVED, "back")


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    with opened(database, HERE) as opened_ledger:
        yield opened_ledger


def test_a_promotion_with_its_certificate(ledger: Ledger) -> None:
    """A passed certificate moves the alias once, and the ledger says who serves since then."""
    promote(ledger, BLUE)
    serving = ledger.serving()
    assert serving is not None
    assert (serving.belt, serving.kind, serving.heights, serving.who) == (
        "blue",
        Kind.PROMOTION,
        {1: 100, 10: 90},
        "ada",
    )


@pytest.mark.parametrize(
    ("flaw", "words"),
    [
        ({"outcome": "failed"}, "no certificate: it is failed"),
        ({"outcome": "could not tell"}, "no certificate: it is could not tell"),
        ({"partial": True}, "no certificate: it is partial"),
        ({"valid_for": timedelta(microseconds=1)}, "expired"),
    ],
)
def test_a_verdict_that_is_no_certificate(ledger: Ledger, flaw: dict[str, Any], words: str) -> None:
    """Only a full, passed, unexpired verdict moves the alias."""
    flawed = verdict(BLUE, **flaw)
    ledger.record_verdict(flawed)
    with pytest.raises(LedgerRefused, match=words):
        ledger.begin(promotion(flawed))
    assert ledger.moves() == ()


def test_a_certificate_that_was_never_issued(ledger: Ledger) -> None:
    """A promotion names a certificate that the ledger holds."""
    with pytest.raises(LedgerRefused, match="there is no certificate"):
        ledger.begin(promotion(verdict(BLUE)))


def test_a_promotion_without_a_certificate(ledger: Ledger) -> None:
    """A promotion without a certificate is no row."""
    with pytest.raises(LedgerRefused):
        ledger.begin(promotion(verdict(BLUE), certificate=None))


def test_a_certificate_of_another_candidate(ledger: Ledger) -> None:
    """A certificate is for one identity: a reseeded belt of the same name is another candidate."""
    certificate = verdict(BLUE)
    ledger.record_verdict(certificate)
    with pytest.raises(LedgerRefused, match="is for blue"):
        ledger.begin(promotion(certificate, identity=GREEN))


def test_a_certificate_of_another_gateway(database: str) -> None:
    """A certificate for one gateway moves no other."""
    certificate = verdict(BLUE)
    with opened(database, HERE) as ledger:
        ledger.record_verdict(certificate)
    with (
        opened(database, replace(HERE, gateway="other")) as ledger,
        pytest.raises(LedgerRefused, match="for blue at gateway, not for blue at other"),
    ):
        ledger.begin(promotion(certificate))


def test_a_certificate_is_replayed(ledger: Ledger) -> None:
    """A certificate is used once."""
    certificate = verdict(BLUE)
    ledger.record_verdict(certificate)
    ledger.end(ledger.begin(promotion(certificate)), Result.UNDONE, "the gateway did not answer")
    with pytest.raises(LedgerRefused, match=r"older than the last move|unique"):
        ledger.begin(promotion(certificate))


@pytest.mark.parametrize("later", [{"outcome": "failed"}, {"outcome": "could not tell"}, {"partial": True}])
def test_a_certificate_that_a_later_verdict_has_overtaken(ledger: Ledger, later: dict[str, Any]) -> None:
    """What the gate said last counts: an unused certificate is void once the gate has said anything else."""
    certificate = verdict(BLUE)
    ledger.record_verdict(certificate)
    ledger.record_verdict(verdict(GREEN, outcome="failed"))
    assert ledger.certificate("blue", BLUE, POLICY) is not None
    ledger.record_verdict(verdict(BLUE, **later))
    assert ledger.certificate("blue", BLUE, POLICY) is None
    with pytest.raises(LedgerRefused, match="is overtaken: the gate has since said"):
        ledger.begin(promotion(certificate))
    again = verdict(BLUE)
    ledger.record_verdict(again)
    ledger.begin(promotion(again))


def test_a_certificate_judged_against_a_belt_that_no_longer_serves(ledger: Ledger) -> None:
    """Between the verdict and the move somebody else moved the alias: the certificate is void."""
    promote(ledger, BLUE)
    stale = verdict(RED, BLUE)
    ledger.record_verdict(stale)
    assert ledger.certificate("red", RED, POLICY) is not None
    promote(ledger, GREEN, BLUE)
    assert ledger.certificate("red", RED, POLICY) is None
    with pytest.raises(LedgerRefused, match="the ledger says 9999"):
        ledger.begin(promotion(stale))
    with pytest.raises(LedgerRefused, match="was judged against bbbb"):
        ledger.begin(promotion(stale, from_belt="green", from_identity=GREEN))


def test_a_move_while_another_has_not_ended(ledger: Ledger) -> None:
    """The next move waits until it is known how the last one ended."""
    first, second = verdict(BLUE), verdict(BLUE)
    ledger.record_verdict(first)
    ledger.begin(promotion(first))
    ledger.record_verdict(second)
    with pytest.raises(LedgerRefused, match="move 1 of gateway to blue has not ended"):
        ledger.begin(promotion(second))


def test_a_rollback_goes_to_the_belt_before(ledger: Ledger) -> None:
    """Blue, green, and back to blue."""
    promote(ledger, BLUE)
    promote(ledger, GREEN, BLUE)
    roll_back(ledger, GREEN, BLUE)
    serving = ledger.serving()
    assert serving is not None
    assert serving.belt == "blue"


def test_a_rollback_to_the_belt_that_was_rolled_back_from(ledger: Ledger) -> None:
    """After blue, green, blue, going to green again is a promotion."""
    promote(ledger, BLUE)
    promote(ledger, GREEN, BLUE)
    roll_back(ledger, GREEN, BLUE)
    with pytest.raises(LedgerRefused, match="not the belt that served before"):
        ledger.begin(rollback(BLUE, GREEN))
    promote(ledger, GREEN, BLUE)


def test_a_rollback_over_two_belts(ledger: Ledger) -> None:
    """A rollback skips nobody: two promotions are taken back one by one."""
    promote(ledger, BLUE)
    promote(ledger, GREEN, BLUE)
    promote(ledger, RED, GREEN)
    with pytest.raises(LedgerRefused, match="not the belt that served before"):
        ledger.begin(rollback(RED, BLUE))
    roll_back(ledger, RED, GREEN)
    roll_back(ledger, GREEN, BLUE)


def test_a_rollback_to_a_reseeded_belt(ledger: Ledger) -> None:
    """The name is the same, the identity is not: there is nothing to roll back to."""
    promote(ledger, BLUE)
    promote(ledger, GREEN, BLUE)
    with pytest.raises(LedgerRefused, match="not the belt that served before"):
        ledger.begin(replace(rollback(GREEN, BLUE), identity="0" * 64))


def test_a_rollback_from_the_first_belt(ledger: Ledger) -> None:
    """Before the first belt there is none."""
    promote(ledger, BLUE)
    with pytest.raises(LedgerRefused, match="not the belt that served before"):
        ledger.begin(rollback(BLUE, GREEN))


def test_an_undone_promotion_is_no_rollback_target(ledger: Ledger) -> None:
    """A belt that never served cannot be returned to."""
    promote(ledger, BLUE)
    failed = verdict(GREEN, BLUE)
    ledger.record_verdict(failed)
    ledger.end(ledger.begin(promotion(failed)), Result.UNDONE, "502")
    promote(ledger, RED, BLUE)
    with pytest.raises(LedgerRefused, match="not the belt that served before"):
        ledger.begin(rollback(RED, GREEN))


@pytest.mark.parametrize(
    "table", ["verdicts", "moves", "results", "announcements", "deliveries", "migrations"]
)
@pytest.mark.parametrize("change", ["delete from {}", "truncate {} cascade", "update {} set at = at"])
def test_a_row_is_changed_by_hand(ledger: Ledger, database: str, table: str, change: str) -> None:
    """Nothing that the ledger holds can be changed or removed, by SQL either."""
    promote(ledger, BLUE)
    with outbox(database, HERE.gateway) as letters:
        oldest = letters.oldest()
        assert oldest is not None
        letters.record(oldest, status=None, error="refused")
    with psycopg.connect(database) as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute(change.format(table).encode())


def dated(database: str, table: str, ahead: timedelta, *, certificate: Verdict | None = None) -> None:
    """As rows are that were written while the clock was ahead: only a superuser can make them so."""
    which = "true" if certificate is None else f"id = '{certificate.id}'"
    with psycopg.connect(database) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(f"update {table} set at = now() + %s where {which}".encode(), [ahead])


@pytest.mark.parametrize("table", ["verdicts", "moves", "results", "announcements"])
def test_the_clock_goes_back(ledger: Ledger, database: str, table: str) -> None:
    """Rows that are dated tomorrow keep out none of today's: what came first is no matter of dates."""
    promote(ledger, BLUE)
    dated(database, table, timedelta(days=1))
    promote(ledger, GREEN, BLUE)
    roll_back(ledger, GREEN, BLUE)
    assert [move.seq for move in ledger.moves()] == [3, 2, 1]
    assert [past.heights for past in ledger.verdicts(newest=1)] == [{1: 100, 10: 90}]
    assert ledger.unsealed() == ()
    last = ledger.last()
    assert last is not None
    assert abs(datetime.now(UTC) - last.at) < timedelta(minutes=1)


def test_a_certificate_from_tomorrow(ledger: Ledger, database: str) -> None:
    """The clock was put back since: nobody knows how old it is, and another one is wanted."""
    certificate = verdict(BLUE)
    ledger.record_verdict(certificate)
    dated(database, "verdicts", timedelta(days=1))
    assert ledger.certificate("blue", BLUE, POLICY) is None
    with pytest.raises(LedgerRefused, match="the clock of the ledger was put back since"):
        ledger.begin(promotion(certificate))
    promote(ledger, BLUE)


def test_a_certificate_that_is_ahead_by_a_little(ledger: Ledger, database: str) -> None:
    """A clock that is set back by a second or two is as good as one that is right."""
    certificate = verdict(BLUE)
    ledger.record_verdict(certificate)
    dated(database, "verdicts", timedelta(seconds=2))
    assert ledger.certificate("blue", BLUE, POLICY) is not None
    ledger.begin(promotion(certificate))


@pytest.mark.parametrize("table", ["verdicts", "moves"])
def test_a_certificate_whose_time_was_over(ledger: Ledger, database: str, table: str) -> None:
    """Something was written after its end, and then the clock was put back into its time: it stays over."""
    certificate = verdict(BLUE)
    ledger.record_verdict(certificate)
    if table == "verdicts":
        later = verdict(GREEN)
        ledger.record_verdict(later)
        dated(database, table, timedelta(days=1), certificate=later)
    else:
        with opened(database, replace(HERE, gateway="another")) as another:
            promote(another, GREEN)
        dated(database, table, timedelta(days=1))
    assert ledger.certificate("blue", BLUE, POLICY) is None
    with pytest.raises(LedgerRefused, match="expired at"):
        ledger.begin(promotion(certificate))


def test_the_writer_dates_a_row_itself(ledger: Ledger, database: str) -> None:
    """The date of a row is the database's, whatever the writer says."""
    promote(ledger, BLUE)
    with psycopg.connect(database) as connection:
        connection.execute(
            "insert into deliveries (key, attempt, error, at) "
            "select key, 7, 'x', '2001-01-01' from announcements"
        )
        row = connection.execute("select at from deliveries where attempt = 7").fetchone()
    assert row is not None
    assert abs(datetime.now(UTC) - row[0]) < timedelta(minutes=1)


def test_two_operators_at_once(database: str) -> None:
    """While one moves the alias, another one is told to wait; at another gateway nobody waits."""
    with opened(database, HERE) as first, opened(database, replace(HERE, who="bob")) as second:
        with first.alone(), pytest.raises(LedgerRefused, match="somebody else is moving"), second.alone():
            pass
        with second.alone(), opened(database, replace(HERE, gateway="other")) as third, third.alone():
            pass


def test_what_served_is_announced_until_it_is_delivered(ledger: Ledger, database: str) -> None:
    """A move that served is announced; attempts count under one key; what was undone is not announced."""
    failed = verdict(BLUE)
    ledger.record_verdict(failed)
    ledger.end(ledger.begin(promotion(failed)), Result.UNDONE, "502")
    with outbox(database, HERE.gateway) as letters:
        assert letters.oldest() is None
        promote(ledger, BLUE)
        first = letters.oldest()
        assert first is not None
        assert (first.payload["belt"], first.attempts, first.rested) == ("blue", 0, None)
        letters.record(first, status=503, error=None)
        again = letters.oldest()
        assert again is not None
        assert (again.key, again.attempts) == (first.key, 1)
        assert again.rested is not None
        letters.record(again, status=204, error=None)
        assert letters.oldest() is None


def test_announcements_in_their_order(ledger: Ledger, database: str) -> None:
    """What was moved later is not told before what was moved earlier has been taken."""
    promote(ledger, BLUE)
    promote(ledger, GREEN, BLUE)
    with outbox(database, HERE.gateway) as letters:
        first = letters.oldest()
        assert first is not None
        letters.record(first, status=500, error=None)
        assert letters.oldest() == replace(first, attempts=1, rested=ANY)
        letters.record(replace(first, attempts=1), status=200, error=None)
        second = letters.oldest()
        assert second is not None
        assert (first.payload["belt"], second.payload["belt"]) == ("blue", "green")


def test_an_unreachable_ledger() -> None:
    """A ledger that cannot be asked is its own error: a promotion waits for it, a rollback does not."""
    with (
        pytest.raises(LedgerUnreachable, match="cannot be asked"),
        ledgers.opened("postgresql://u:hush@127.0.0.1:1/none", HERE, key=KEY),
    ):
        pass


def test_the_schema_is_brought_up_once(database: str) -> None:
    """Opening twice migrates once; a later step is taken by the next opening."""
    with opened(database, HERE), opened(database, HERE):
        pass
    later = Migration(version=9999, name="9999_later", text="create table later ()")
    with opened(database, HERE, (*migrations(), later)), psycopg.connect(database) as connection:
        versions = connection.execute("select version from migrations order by version").fetchall()
    assert versions == [(step.version,) for step in (*migrations(), later)]


def test_a_migration_that_was_edited_after_it_was_applied(database: str) -> None:
    """A step is never edited: a ledger that holds another text is refused."""
    with opened(database, HERE):
        pass
    first, *rest = migrations()
    edited = Migration(version=first.version, name=first.name, text=first.text + "\n-- edited")
    with pytest.raises(LedgerUnfit, match="edited after"), opened(database, HERE, (edited, *rest)):
        pass


def test_a_ledger_that_nobody_made(database: str) -> None:
    """Whoever only reads makes no table; that it has none is said, and is no fault of the network."""
    for way in (ledgers.reading(database, HERE), ledgers.opened(database, HERE, key=KEY)):
        with pytest.raises(LedgerUnmade), way:
            pass
    with psycopg.connect(database) as connection:
        tables = connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone()
    assert tables == (0,)


def test_a_ledger_that_is_older(database: str) -> None:
    """It is refused with the command that brings it up, and nothing is done to it."""
    first, *_ = migrations()
    url = made(database, (first,))
    lacking = pytest.raises(LedgerUnfit, match="it lacks 0002_overtaken_certificates")
    with lacking, ledgers.reading(url, HERE):
        pass
    with psycopg.connect(database) as connection:
        assert connection.execute("select version from migrations").fetchall() == [(first.version,)]


def test_rows_from_before_they_had_turns(database: str) -> None:
    """They come in the order of their dates, a verdict before its move; the next row comes after them."""
    with opened(database, HERE, tuple(step for step in migrations() if step.version < 13)) as ledger:
        promote(ledger, BLUE)
        promote(ledger, GREEN, BLUE)
    with opened(database, HERE) as ledger:
        assert ledger.unsealed() == ()
        promote(ledger, RED, GREEN)
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "select 'verdict', candidate, turn from verdicts union all select 'move', belt, turn from moves"
            " order by turn"
        ).fetchall()
    expected = [(what, belt) for belt in ("blue", "green", "red") for what in ("verdict", "move")]
    assert [row[:2] for row in rows] == expected
    assert len({turn for *_, turn in rows}) == len(rows)


TABLES = ["verdicts", "moves", "results", "announcements", "deliveries", "voided", "migrations"]
PAST_THE_FUNCTIONS = [
    "insert into {} (at) select at from {}",
    "update {} set at = at",
    "delete from {}",
    "truncate {}",
    "alter table {} disable trigger all",
    "drop table {}",
    "create trigger t before insert on {} execute function refuse_change()",
]


@pytest.mark.parametrize("table", TABLES)
def test_the_gateways_role_past_the_functions(database: str, table: str) -> None:
    """It may read, and call what checks; the tables belong to somebody else."""
    with psycopg.connect(made(database), autocommit=True) as connection:
        for way in PAST_THE_FUNCTIONS:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(way.format(table, table).encode())
        assert connection.execute(f"select count(*) from {table}".encode()).fetchone() is not None


@pytest.mark.parametrize(
    "way",
    [
        "set session_replication_role = replica",
        "create table mine ()",
        "create function standing(int) returns int language sql as 'select 1'",
        "select refuse_strange('moves', '{}')",
        "select standing('gateway')",
        "set role postgres",
    ],
)
def test_the_gateways_role_around_the_tables(database: str, way: str) -> None:
    """Nor may it make anything of its own there, call what is not meant for it, or become somebody else."""
    with psycopg.connect(made(database)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(way.encode())


def test_letting_the_role_in_again(database: str) -> None:
    """What somebody granted by hand is taken back by the next update."""
    url = made(database)
    with psycopg.connect(database) as connection:
        connection.execute("grant insert on verdicts to public")
    with opened(database, HERE) as ledger:
        assert not ledger.may_write_tables()
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("insert into verdicts default values")


FALSE_REPORTS: dict[str, dict[str, Any]] = {
    "failed": report(POLICY, outcome="failed"),
    "of another policy": report("d" * 64),
    "partial": report(POLICY) | {"partial": ["height"]},
    "without claims": report(POLICY) | {"claims": []},
    "claims that are none": report(POLICY) | {"claims": {}},
    "one claim undecided": report(POLICY)
    | {"claims": [*report(POLICY)["claims"], {"outcome": "could not tell", "accepted": False}]},
    "empty": {},
}


@pytest.mark.parametrize("told", FALSE_REPORTS.values(), ids=FALSE_REPORTS.keys())
def test_a_certificate_whose_report_says_something_else(ledger: Ledger, told: dict[str, Any]) -> None:
    """A passed verdict and its report agree, or there is no row."""
    with pytest.raises(LedgerRefused, match="is no certificate"):
        ledger.record_verdict(verdict(BLUE, report=told))


def test_a_certificate_with_what_the_policy_accepts(ledger: Ledger) -> None:
    """A claim that is undecided and accepted by name keeps nothing from being certified."""
    claims = [*report(POLICY)["claims"], {"outcome": "could not tell", "accepted": True}]
    ledger.record_verdict(verdict(BLUE, report=report(POLICY) | {"claims": claims}))
    assert ledger.certificate("blue", BLUE, POLICY) is not None


def test_a_certificate_by_another_policy(ledger: Ledger) -> None:
    """It certifies nothing to a stack whose policy is another one by now."""
    ledger.record_verdict(verdict(BLUE))
    assert ledger.certificate("blue", BLUE, "d" * 64) is None
    assert ledger.certificate("blue", BLUE, POLICY) is not None


@pytest.mark.parametrize("function", ["record_verdict", "begin_move", "end_move", "record_delivery"])
def test_a_row_of_another_shape(database: str, function: str) -> None:
    """A column that is not there, or a date that the ledger gives itself, is refused by name."""
    with psycopg.connect(made(database), autocommit=True) as connection:
        for strange in ({"at": "2001-01-01"}, {"ata": 1}):
            with pytest.raises(psycopg.errors.CheckViolation, match="has no"):
                connection.execute(f"select {function}(%s)".encode(), [Jsonb(strange)])


def forged(**changes: Any) -> dict[str, Any]:
    """A certificate as somebody without the key would write it."""
    row = {
        "id": str(uuid4()),
        "gateway": "gateway",
        "stack": "gateway",
        "who": "ada",
        "valid_for": "10 minutes",
        "candidate": "blue",
        "identity": BLUE,
        "outcome": "passed",
        "partial": False,
        "mode": "parity",
        "policy_version": 1,
        "policy_digest": POLICY,
        "policy": {},
        "heights": {"1": 100},
        "report": report(POLICY),
        "seal": "0" * 64,
    }
    return {**row, **changes}


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=5)
SEALS = st.text("0123456789abcdef", min_size=64, max_size=64)
SHAPES = st.fixed_dictionaries(
    {},
    optional={
        "seal": SEALS | st.just("") | st.none() | TEXTS,
        "outcome": st.sampled_from(["passed", "failed", "could not tell", ""]) | st.none(),
        "partial": st.booleans() | st.none(),
        "policy_digest": SEALS | st.just(POLICY),
        "report": st.sampled_from([*FALSE_REPORTS.values(), report(POLICY)]) | st.none(),
        "valid_for": st.sampled_from(["1 hour", "2 hours", "-1 second", "soon"]),
        "heights": st.sampled_from([{}, [], 5, {"1": 10**9}]),
        "mode": st.sampled_from(["parity", "expansion", "recovery", "any"]),
        "serving": st.none() | st.just("red"),
    },
)
ON_A_DATABASE = settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.long
@ON_A_DATABASE
@given(changes=SHAPES)
def test_a_certificate_that_somebody_forged(ledger: Ledger, database: str, changes: dict[str, Any]) -> None:
    """Whatever the role's functions take, it certifies nothing, and is told from the gateway's own rows."""
    row = forged(**changes)
    with psycopg.connect(made(database), autocommit=True) as connection:
        try:
            connection.execute("select record_verdict(%s)", [Jsonb(row)])
        except psycopg.Error:
            return
    assert row["outcome"] != "passed" or row["partial"] or row["report"] == report(POLICY)
    assert ledger.certificate("blue", BLUE, POLICY) is None
    assert f"verdict {row['id']}" in ledger.unsealed()


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.long
@ON_A_DATABASE
@given(heights=st.dictionaries(st.integers(1, 9), st.integers(0, 10**12)), told=VALUES)
def test_a_seal_holds_for_what_was_written(ledger: Ledger, heights: dict[int, int], told: Any) -> None:
    """Whatever a report holds, it is read as it was sealed."""
    written = verdict(BLUE, report=report(POLICY) | {"state": told}, heights=heights)
    ledger.record_verdict(written)
    assert f"verdict {written.id}" not in ledger.unsealed()


EDITS = {
    "verdict": "update verdicts set heights = '{}'",
    "move": "update moves set heights = '{}'",
    "result": "update results set detail = 'it served'",
}


@pytest.mark.parametrize("kind", EDITS)
def test_a_row_that_was_edited_with_the_triggers_off(ledger: Ledger, database: str, kind: str) -> None:
    """A superuser can do that, and cannot seal it; what is remembered of such a row is nothing."""
    promote(ledger, BLUE)
    assert ledger.unsealed() == ()
    assert ledger.past("blue", BLUE) is not None
    with psycopg.connect(database) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(EDITS[kind].encode())
    assert [row.split()[0] for row in ledger.unsealed()] == [kind]
    assert (ledger.past("blue", BLUE) is None) == (kind == "verdict")


def test_a_gateway_whose_key_is_gone(ledger: Ledger, database: str) -> None:
    """It can neither write nor certify, and says why."""
    ledger.record_verdict(verdict(BLUE))
    with ledgers.reading(made(database), HERE) as keyless:
        assert keyless.moves() == ()
        with pytest.raises(LedgerUnfit, match="key is missing"):
            keyless.certificate("blue", BLUE, POLICY)


def test_the_first_move_of_a_successor(ledger: Ledger) -> None:
    """Nobody serves by this ledger, and the certificate was judged against who served before: it counts."""
    certificate = verdict(GREEN, BLUE)
    ledger.record_verdict(certificate)
    seq = ledger.begin(promotion(certificate, from_belt=None, from_identity=None))
    ledger.end(seq, Result.SERVED, "it answers")
    serving = ledger.serving()
    assert serving is not None
    assert serving.belt == "green"


def test_a_ledger_of_a_newer_version(database: str) -> None:
    """An older Belts does not write to a newer ledger."""
    with opened(database, HERE, (*migrations(), Migration(version=9999, name="x", text="select 1"))):
        pass
    with pytest.raises(LedgerUnfit, match="has migration 9999"), opened(database, HERE):
        pass
