"""The copy: a SQLite file. A step is one transaction, so that the file is consistent if this is killed."""

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from examples.etl.source import Row

TABLES = """
create table if not exists rows (
    entity text not null, key text not null, bucket text not null, body text not null, digest text not null,
    chain integer, block integer, primary key (entity, key)) without rowid;
create index if not exists by_bucket on rows (entity, bucket, digest);
create index if not exists by_block on rows (entity, chain, block);
create table if not exists heights (chain integer primary key, block integer not null);
create table if not exists loading (entity text primary key, after text);
create table if not exists belt (one integer primary key check (one = 1), name text, identity text);
"""
BUSY_S = 30.0


@dataclass(frozen=True, slots=True)
class Copy:
    """The rows that were read, the belt they are from, and the heights."""

    file: sqlite3.Connection

    @classmethod
    @contextmanager
    def opened(cls, place: Path) -> Iterator["Copy"]:
        with closing(sqlite3.connect(place, timeout=BUSY_S, isolation_level=None)) as file:
            file.execute("pragma journal_mode = wal")
            file.execute("pragma synchronous = full")
            file.executescript(TABLES)
            yield cls(file)

    @contextmanager
    def step(self) -> Iterator[None]:
        """One transaction."""
        self.file.execute("begin immediate")
        try:
            yield
        except BaseException:
            self.file.execute("rollback")
            raise
        self.file.execute("commit")

    @property
    def identity(self) -> str | None:
        """The identity of the belt whose content this is; None until the copy is complete once."""
        found = self.file.execute("select identity from belt").fetchone()
        return None if found is None else str(found[0])

    @property
    def heights(self) -> dict[int, int]:
        """The height of the copied content on each chain."""
        return dict(self.file.execute("select chain, block from heights").fetchall())

    def entities(self) -> set[str]:
        return {name for (name,) in self.file.execute("select distinct entity from rows")}

    def fingerprint(self, entity: str) -> dict[str, str]:
        """Equal to `source.fingerprint` for the same rows."""
        found = self.file.execute(
            "select bucket, digest from rows where entity = ? order by bucket, digest", [entity]
        )
        return {
            bucket: _md5("".join(digest for _, digest in rows))
            for bucket, rows in groupby(found, key=lambda row: str(row[0]))
        }

    def put(self, entity: str, rows: Iterable[Row]) -> int:
        """Adds rows, and replaces those with the same key; returns how many."""
        done = self.file.executemany(
            "insert or replace into rows (entity, key, bucket, body, digest, chain, block)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            ((entity, row.key, row.bucket, row.body, row.digest, row.chain, row.block) for row in rows),
        )
        return done.rowcount

    def drop_buckets(self, entity: str, buckets: Collection[str]) -> None:
        self.file.executemany(
            "delete from rows where entity = ? and bucket = ?", ((entity, each) for each in sorted(buckets))
        )

    def drop_above(self, entity: str, chain: int, block: int | None) -> None:
        """Deletes the rows of a chain above a block; without a block, all rows of that chain."""
        self.file.execute(
            "delete from rows where entity = ? and chain = ? and (? is null or block > ?)",
            [entity, chain, block, block],
        )

    def drop(self, entity: str) -> None:
        self.file.execute("delete from rows where entity = ?", [entity])

    def loaded(self, entity: str) -> list[Any] | None:
        """The last key that the first load of an entity has reached."""
        found = self.file.execute("select after from loading where entity = ?", [entity]).fetchone()
        return None if found is None else list(json.loads(found[0]))

    def load_to(self, entity: str, after: list[Any]) -> None:
        self.file.execute("insert or replace into loading values (?, ?)", [entity, json.dumps(after)])

    def is_of(self, name: str, identity: str, heights: Mapping[int, int]) -> None:
        """Marks the copy as complete: it is this belt's content at these heights."""
        self.file.execute("insert or replace into belt values (1, ?, ?)", [name, identity])
        self.file.execute("delete from heights")
        self.file.executemany("insert into heights values (?, ?)", sorted(heights.items()))
        self.file.execute("delete from loading")


def _md5(text: str) -> str:
    """The same digest as `md5` in Postgres."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
