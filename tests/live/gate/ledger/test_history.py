"""`python -m gate history`: the moves as an operator, and as a program, reads them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from psycopg.conninfo import make_conninfo

from belts import parts
from gate.ledger import Occasion, Result, opened
from gate.promotion.ledger_address import LEDGER_VARIABLE
from tests.live.gate.verdicts import passed, promotion

pytestmark = pytest.mark.live

HERE = Occasion(gateway="gateway", stack="production", who="ada")
PASSWORD = "hush-0815-of-the-ledger"
BLUE, GREEN = "b" * 64, "9" * 64


def asked(url: str, *flags: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "gate", "history", *flags],
        cwd=parts.CHECKOUT,
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
