"""A ledger comes back from its file as it was, and never gives a second use of a certificate away."""

import io
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from gate.ledger import Ledger, LedgerRefused, backup
from gate.ledger.errors import LedgerUnfit
from gate.ledger.migrations import migrations
from tests.live.gate.ledger.test_ledger import BLUE, GREEN, HERE, promote, roll_back, verdict
from tests.live.gate.ledgers import ROLE, made, opened
from tests.live.gate.verdicts import promotion
from tests.unit.gate.core.test_backup import written

pytestmark = pytest.mark.live

CHECKOUT = Path(__file__).resolve().parents[4]


def emptied(database: str) -> None:
    """As after the loss of its disk: the same address, and nothing there."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")


def dumped(database: str) -> bytes:
    sink = io.BytesIO()
    backup.dump(made(database), sink)
    return sink.getvalue()


def restored(database: str, text: bytes) -> backup.Backup:
    return backup.restore(database, io.BytesIO(text), role=ROLE)


def all_rows(database: str) -> dict[str, list[tuple[str]]]:
    with psycopg.connect(database) as connection:
        return {
            table: connection.execute(f"select t::text from {table} t order by 1".encode()).fetchall()
            for table in backup.TABLES
            if table != "voided"
        }


def lived(ledger: Ledger) -> None:
    """Two promotions, a way back, and a certificate that nobody has used."""
    promote(ledger, BLUE)
    promote(ledger, GREEN, BLUE)
    roll_back(ledger, GREEN, BLUE)


def test_it_comes_back_as_it_was(database: str) -> None:
    """Every row of every table, with seals and dates, and with the rules that hold for the next one."""
    with opened(database, HERE) as ledger:
        lived(ledger)
    before, text = all_rows(database), dumped(database)
    emptied(database)
    counts = restored(database, text).rows
    assert all_rows(database) == before
    assert (counts["moves"], counts["results"], counts["announcements"]) == (3, 3, 3)
    with opened(database, HERE) as ledger:
        assert ledger.unsealed() == ()
        assert not ledger.may_write_tables()
        promote(ledger, GREEN, BLUE)
        assert [move.seq for move in ledger.moves()] == [4, 3, 2, 1]
        newest, *_ = ledger.verdicts()
        assert newest.id == ledger.moves()[0].certificate
    with psycopg.connect(database) as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute("delete from results")


def test_a_certificate_that_was_used_after_the_backup(database: str) -> None:
    """The restored ledger does not know of its use; it lets nobody use it, and gives it to nobody."""
    with opened(database, HERE) as ledger:
        certificate = verdict(BLUE)
        ledger.record_verdict(certificate)
        text = dumped(database)
        ledger.begin(promotion(certificate))
    emptied(database)
    restored(database, text)
    with opened(database, HERE) as ledger:
        assert ledger.certificate("blue", BLUE, certificate.policy_digest) is None
        with pytest.raises(LedgerRefused, match="is void: this ledger was restored"):
            ledger.begin(promotion(certificate))
        promote(ledger, BLUE)


def test_a_ledger_that_holds_something(database: str) -> None:
    """It is not replaced, and stays as it was."""
    with opened(database, HERE) as ledger:
        promote(ledger, BLUE)
    before, text = all_rows(database), dumped(database)
    with pytest.raises(LedgerRefused, match="without a row"):
        restored(database, text)
    assert all_rows(database) == before


def test_tables_that_a_fresh_gateway_has_made(database: str) -> None:
    """They are empty, which is as good as none."""
    with opened(database, HERE) as ledger:
        lived(ledger)
    before, text = all_rows(database), dumped(database)
    emptied(database)
    made(database)
    restored(database, text)
    assert all_rows(database) == before


def test_a_file_that_breaks_off(database: str) -> None:
    """Nothing of it is kept."""
    with opened(database, HERE) as ledger:
        lived(ledger)
    text = dumped(database)
    emptied(database)
    for broken in (text[: len(text) // 2], text.replace(b"blue", b"gray")):
        with pytest.raises(LedgerRefused):
            restored(database, broken)
        with psycopg.connect(database) as connection:
            assert connection.execute("select to_regclass('moves')").fetchone() == (None,)
    restored(database, text)


def test_a_backup_of_an_older_version(database: str) -> None:
    """Its rows come first, and then what has been added since."""
    older = tuple(step for step in migrations() if step.version < 12)
    with opened(database, HERE, older) as ledger:
        certificate = verdict(BLUE)
        ledger.record_verdict(certificate)
    with psycopg.connect(database) as connection:
        row = connection.execute("select (to_jsonb(v))::text from verdicts v").fetchone()
    assert row is not None
    known = {str(step.version): step.digest for step in older}
    text = written(rows=[b'{"table":"verdicts","row":' + row[0].encode() + b"}\n"], migrations=known)
    emptied(database)
    restored(database, text)
    with opened(database, HERE) as ledger, pytest.raises(LedgerRefused, match="is void"):
        ledger.begin(promotion(certificate))


def test_the_command(database: str, tmp_path: Path) -> None:
    """With a ledger of one's own: what the page says, as it says it."""
    with opened(database, HERE) as ledger:
        lived(ledger)
    before = all_rows(database)
    environment = {"BELTS_LEDGER_URL": made(database), "BELTS_LEDGER_OWNER_URL": database}
    gate = [sys.executable, "-m", "gate", "ledger"]
    dump = subprocess.run([*gate, "dump"], cwd=CHECKOUT, env=environment, capture_output=True, check=True)
    (tmp_path / "ledger").write_bytes(dump.stdout)
    again = [*gate, "restore", str(tmp_path / "ledger"), "--role", ROLE]
    kept = subprocess.run(again, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert (kept.returncode, "without a row" in kept.stderr) == (1, True)
    emptied(database)
    done = subprocess.run(again, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 moves" in done.stdout
    assert all_rows(database) == before


def _page() -> str:
    """The commands of the page for a ledger of one's own."""
    text = (CHECKOUT / "docs" / "backup.md").read_text()
    return text.partition("## A ledger of your own")[2].split("```")[1]


def test_the_page(database: str, tmp_path: Path) -> None:
    """Its commands, as they stand there; between the two halves the ledger is lost."""
    with opened(database, HERE) as ledger:
        lived(ledger)
    before = all_rows(database)
    (tmp_path / "ledger-url").write_text(made(database))
    (tmp_path / "ledger-owner-url").write_text(database)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "PYTHONPATH": str(CHECKOUT)}
    keep, restore = _page().split("export BELTS_LEDGER_OWNER_URL", 1)
    for script in (keep, f"export BELTS_LEDGER_OWNER_URL{restore}"):
        done = subprocess.run(
            ["/bin/sh", "-ec", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        if script is keep:
            emptied(database)
    assert all_rows(database) == before


def test_who_may_not(database: str) -> None:
    """The gateway's role can dump, and cannot restore."""
    with opened(database, HERE) as ledger:
        promote(ledger, BLUE)
    text = dumped(database)
    emptied(database)
    url = make_conninfo(database, user=ROLE, password=ROLE)
    with pytest.raises(LedgerUnfit, match="a missing right"):
        backup.restore(url, io.BytesIO(text), role=ROLE)
