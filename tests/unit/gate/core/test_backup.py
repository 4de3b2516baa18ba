"""A backup of a ledger that is not whole is read by nobody."""

import hashlib
import io
import json
from typing import Any

import pytest

from gate.ledger import LedgerRefused, backup
from gate.ledger.backup import FORMAT, VERSION, _File
from gate.ledger.migrations import migrations

ROWS = [
    b'{"table":"verdicts","row":{"id": 1.10, "x": ",\\"row\\":"}}\n',
    b'{"table":"moves","row":{"seq": 1}}\n',
]


def written(rows: list[bytes] = ROWS, **head: Any) -> bytes:
    """A whole file with these rows."""
    first = {"format": FORMAT, "version": VERSION, "at": "2026-11-30", "migrations": {"1": "x"}, **head}
    text = json.dumps(first).encode() + b"\n" + b"".join(rows)
    end = {"rows": len(rows), "sha256": hashlib.sha256(text).hexdigest()}
    return text + json.dumps(end).encode() + b"\n"


def read(text: bytes) -> list[tuple[str, bytes]]:
    return list(_File(io.BytesIO(text)).rows())


def test_rows_come_back_as_they_were_printed() -> None:
    """Digit by digit: a seal is over numbers."""
    assert read(written()) == [
        ("verdicts", b'{"id": 1.10, "x": ",\\"row\\":"}'),
        ("moves", b'{"seq": 1}'),
    ]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (b"", "something else"),
        (b"-- PostgreSQL database dump\n", "something else"),
        (b"[]\n", "something else"),
        (b"{}\n", "something else"),
        (written(version=2), "version 2 of it"),
        (written(migrations=None), "says less than it should"),
        (written().replace(b"1.10", b"1.11"), "last line does not fit"),
        (written().replace(ROWS[1], b""), "last line does not fit"),
        (written() + written(), "last line does not fit"),
        (written(rows=[b'{"table":"migrations","row":{}}\n']), "a row of 'migrations'"),
        (written(rows=[b'{"table":"x; drop table moves","row":{}}\n']), "a row of"),
    ],
)
def test_what_is_no_whole_backup(text: bytes, seen: str) -> None:
    with pytest.raises(LedgerRefused) as refused:
        read(text)
    assert seen in refused.value.seen
    assert "gate ledger dump" in refused.value.now


def test_wherever_it_breaks_off() -> None:
    """At every byte: a disk that was full, a pipe that ended."""
    whole = written()
    for length in range(len(whole) - 1):
        with pytest.raises(LedgerRefused):
            read(whole[:length])


def test_one_of_another_version_of_belts() -> None:
    """Nobody is asked for a place to put it."""
    known = {str(step.version): step.digest for step in migrations()}
    for strange in ({**known, "9999": "x"}, {**known, "1": "edited"}):
        with pytest.raises(LedgerRefused, match="version of Belts that wrote it"):
            backup.restore("postgres://nobody", io.BytesIO(written(migrations=strange)), role="r")
