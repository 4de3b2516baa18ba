"""`python -m gate history`: the moves as an operator, and as a program, reads them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from psycopg.conninfo import make_conninfo

from belts.runtimes.process import toolchain
from gate.alias.order.ledger_address import LEDGER_VARIABLE
from gate.ledger import Author, Kind, Move, Result
from tests.live.gate.ledgers import opened
from tests.live.gate.verdicts import passed, promotion

pytestmark = pytest.mark.live

HERE = Author(gateway="gateway", stack="production", who="ada")
PASSWORD = "hush-0815-of-the-ledger"
BLUE, GREEN = "b" * 64, "9" * 64


def asked(url: str, *flags: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "gate", "history", *flags],
        cwd=toolchain.CHECKOUT,
        env={**os.environ, LEDGER_VARIABLE: url},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_history(database: str) -> None:
    """Newest first: each move with its mode, whoever made it, and how it ended."""
    first = replace(passed("blue", BLUE, heights={1: 100}), mode="parity")
    second = replace(
        passed("green", GREEN, serving="blue", serving_identity=BLUE, heights={1: 120}), mode="recovery"
    )
    with opened(database, HERE) as ledger:
        for row in (first, second):
            ledger.record_verdict(row)
            seq = ledger.begin(promotion(row))
            if row is first:
                ledger.end(seq, Result.SERVED, "it answers")

    told = asked(database)
    newest, oldest = re.split(r"^ +\d+  2.* UTC  ", told.stdout, flags=re.MULTILINE)[1:]
    assert told.returncode == 0, told.stderr
    assert newest.splitlines() == [
        "blue → green  promotion (recovery), not ended",
        "      by ada on stack production",
        f"      certificate: {second.id}",
        "      heights: 1 at 120",
    ]
    assert oldest.splitlines() == [
        "to blue  promotion (parity)",
        "      by ada on stack production",
        f"      certificate: {first.id}",
        "      heights: 1 at 100",
        "      served: it answers",
    ]

    rows = json.loads(asked(database, "--json").stdout)
    assert [(row["kind"], row["mode"], row["belt"], row["from"], row["result"]) for row in rows] == [
        ("promotion", "recovery", "green", "blue", None),
        ("promotion", "parity", "blue", None, "served"),
    ]
    assert {(row["who"], row["stack"]) for row in rows} == {("ada", "production")}
    assert rows[0]["certificate"] == str(second.id)
    assert len(json.loads(asked(database, "--json", "--newest", "1").stdout)) == 1


def test_a_rollback_that_was_booked_late(database: str) -> None:
    """It stands at the time at which it was made, and no line is longer than a terminal holds."""
    first = passed("blue", BLUE)
    second = passed("green", GREEN, serving="blue", serving_identity=BLUE)
    with opened(database, HERE) as ledger:
        for row in (first, second):
            ledger.record_verdict(row)
            ledger.end(ledger.begin(promotion(row)), Result.SERVED, "it answers")
        back = Move(
            kind=Kind.ROLLBACK,
            certificate=None,
            belt="blue",
            identity=BLUE,
            from_belt="green",
            from_identity=GREEN,
            heights=dict.fromkeys(range(1, 12), 123456789),
            moved_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        )
        ledger.end(ledger.begin(back), Result.SERVED, "it answers again, " * 20)

    told = asked(database, "--newest", "1").stdout
    assert told.splitlines()[0] == "   3  2026-01-02 03:04:05 UTC  green → blue  rollback, booked late"
    assert max(map(len, told.splitlines())) <= 100
    assert " ".join(told.split()).count("it answers again") == 20
    [row] = json.loads(asked(database, "--json", "--newest", "1").stdout)
    assert row["movedAt"] == "2026-01-02T03:04:05+00:00"
    assert (row["identity"], row["certificate"], row["mode"]) == (BLUE, None, None)


def test_gateway_that_served_nobody(database: str) -> None:
    """A ledger that is there, and empty, is no error."""
    with opened(database, HERE):
        pass
    told = asked(database, "--gateway", "gateway")
    assert (told.returncode, told.stdout) == (0, "no belt ever served here\n")


def test_ledger_that_cannot_be_read(database: str, free_port: Callable[[], int]) -> None:
    """Nobody can tell, and the password is not in the words."""
    url = make_conninfo(database, port=free_port(), password=PASSWORD)
    told = asked(url)
    assert (told.returncode, told.stdout) == (3, "")
    assert "ledger" in told.stderr
    assert PASSWORD not in told.stderr
