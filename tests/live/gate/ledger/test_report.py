"""`python -m gate report`: what the gate said, read from the ledger in any form."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from belts.runtimes.process import toolchain
from gate.alias.order.ledger_address import LEDGER_VARIABLE
from gate.ledger import Author
from tests.live.gate.ledgers import opened
from tests.live.gate.verdicts import passed
from tests.unit.gate.core.builders import seen
from tests.unit.gate.report.test_report import SPOILED, report

pytestmark = pytest.mark.live

HERE = Author(gateway="gateway", stack="production", who="ada")
GREEN = "9" * 64


def asked(url: str, *flags: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "gate", "report", *flags],
        cwd=toolchain.CHECKOUT,
        env={**os.environ, LEDGER_VARIABLE: url},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_what_was_said_is_read_again(database: str) -> None:
    """The newest verdict, or the one whose number begins so, as a text, as JSON and as a page."""
    good, bad = report(seen()), report(seen(content=SPOILED))
    digest = "e" * 64
    good["policy"]["digest"] = digest
    older = replace(passed("green", GREEN), policy_digest=digest, report={**good, "state": {"version": 1}})
    newer = replace(passed("green", GREEN), outcome="failed", report=dict(bad))
    with opened(database, HERE) as ledger:
        ledger.record_verdict(older)
        ledger.record_verdict(newer)

    newest = asked(database)
    assert newest.returncode == 0, newest.stderr
    assert newest.stdout.startswith("REFUSED: the candidate may not serve\n")
    one = asked(database, str(older.id)[:13], "--format", "json")
    assert json.loads(one.stdout) == json.loads(json.dumps(good))
    assert "<mark>" in asked(database, str(newer.id), "--format", "html").stdout


def test_a_verdict_that_is_not_there(database: str) -> None:
    """No such number, and no number at all, are told apart; neither is a pass."""
    with opened(database, HERE):
        pass
    empty = asked(database)
    assert (empty.returncode, empty.stdout) == (3, "")
    assert "no such verdict in the ledger" in empty.stderr
    wrong = asked(database, "no-number")
    assert wrong.returncode == 2
    assert "expected: the number of a verdict, or how it begins" in wrong.stderr
