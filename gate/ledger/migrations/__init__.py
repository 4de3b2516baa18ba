"""The ledger's schema, one numbered file per step; an applied step is never edited."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from psycopg import Connection
from psycopg.rows import TupleRow

from gate.ledger.errors import LedgerUnfit, LedgerUnmade

# Concurrent migrations are serialised by this advisory lock.
_LOCK = 0x62656C7473  # "belts"

MAKES = "`pulumi up` on the gateway's stack; for a ledger of your own, `python -m gate ledger`"
_HISTORY = """
create table if not exists migrations (
    version integer primary key, name text not null, digest text not null,
    at timestamptz not null default clock_timestamp()
)"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    version: int
    name: str
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(folder: Path = Path(__file__).parent) -> tuple[Migration, ...]:
    return tuple(
        Migration(version=int(path.stem.split("_")[0]), name=path.stem, text=path.read_text())
        for path in sorted(folder.glob("[0-9]*.sql"))
    )


def migrate(connection: Connection[TupleRow], steps: tuple[Migration, ...]) -> tuple[Migration, ...]:
    """Migrates the schema to the newest step, in one transaction; returns the steps that were applied."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute(_HISTORY)
        applied: dict[int, str] = dict(
            connection.execute("select version, digest from migrations").fetchall()
        )
        _refuse_strangers(applied, steps)
        missing = tuple(step for step in steps if step.version not in applied)
        for step in missing:
            connection.execute(step.text.encode())
            connection.execute(
                "insert into migrations (version, name, digest) values (%s, %s, %s)",
                (step.version, step.name, step.digest),
            )
    return missing


def refuse_another(connection: Connection[TupleRow], steps: tuple[Migration, ...]) -> None:
    """Raises if the ledger's schema is not this version's, without touching it."""
    if connection.execute("select to_regclass('migrations')").fetchone() == (None,):
        raise LedgerUnmade(
            "the ledger has no tables yet", expected="those of this version of Belts", seen="none", now=MAKES
        )
    applied: dict[int, str] = dict(connection.execute("select version, digest from migrations").fetchall())
    _refuse_strangers(applied, steps)
    missing = [step.name for step in steps if step.version not in applied]
    if missing:
        raise LedgerUnfit(
            "the ledger is older than this version of Belts",
            expected="every migration of this version",
            seen=f"it lacks {', '.join(missing)}",
            now=MAKES,
        )


def _refuse_strangers(applied: dict[int, str], steps: tuple[Migration, ...]) -> None:
    known = {step.version: step.digest for step in steps}
    for version, digest in sorted(applied.items()):
        if version not in known:
            raise LedgerUnfit(
                "the ledger is newer than this version of Belts",
                expected=f"no migration above {max(known, default=0)}",
                seen=f"it has migration {version}",
                now="run the version of Belts that wrote it, or a newer one",
            )
        if known[version] != digest:
            raise LedgerUnfit(
                f"migration {version} of the ledger is not the one this version of Belts has",
                expected="the file that was applied",
                seen="it was edited after it was applied",
                now="restore the file as that version has it",
            )
