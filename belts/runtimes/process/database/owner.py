"""The owner of a cluster and database: recorded at the first claim; another belt's is never written to."""

from pathlib import Path
from typing import Any

import psycopg

from belts.files import read_json, write_private_json
from belts.runtimes.process.errors import Refused, readable
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets


def mark_directory(layout: Layout, held: Secrets) -> None:
    write_private_json(_mark(layout), {"belt": layout.belt, "nonce": held["nonce"]})


def refuse_foreign_directory(layout: Layout, held: Secrets) -> None:
    """Refuses a cluster that was copied or moved here from another belt, before it is started."""
    if not (layout.of_part("postgres") / "data").exists():
        return
    with readable(
        f"{layout.belt}: whose its cluster is cannot be read",
        expected=f"a mark of belt {layout.belt!r} in {_mark(layout)}",
        now="restore that file from a backup, or bring up a fresh belt under another name",
    ):
        mark = read_json(_mark(layout))
    if mark != {"belt": layout.belt, "nonce": held["nonce"]}:
        whose = f"belt {mark.get('belt')!r}" if mark else "nobody known"
        raise _foreign(layout, f"the cluster in {layout.of_part('postgres')}", whose)


def claim_cluster(connection: psycopg.Connection[Any], layout: Layout, held: Secrets) -> None:
    _claim(connection, layout, held, "the cluster")


def claim_database(connection: psycopg.Connection[Any], layout: Layout, held: Secrets) -> None:
    _claim(connection, layout, held, f"the database {connection.info.dbname!r}")


def _claim(connection: psycopg.Connection[Any], layout: Layout, held: Secrets, what: str) -> None:
    """Looks before it writes: the mark of another belt raises a refusal and is never overwritten."""
    if connection.execute("select to_regclass('belts.owner')").fetchone() == (None,):
        _mark_database(connection, layout, held)
        return
    seen = connection.execute("select belt, nonce from belts.owner").fetchall()
    if seen != [(layout.belt, held["nonce"])]:
        raise _foreign(layout, what, f"belt {seen[0][0]!r}" if seen else "nobody known")


def _mark_database(connection: psycopg.Connection[Any], layout: Layout, held: Secrets) -> None:
    """Writes the mark to a schema of its own, which no indexer clears and no GraphQL engine tracks."""
    with connection.transaction():
        connection.execute("create schema if not exists belts")
        connection.execute("create table belts.owner (belt text not null, nonce text not null)")
        connection.execute("insert into belts.owner values (%s, %s)", [layout.belt, held["nonce"]])


def _mark(layout: Layout) -> Path:
    return layout.of_part("postgres") / "owner.json"


def _foreign(layout: Layout, what: str, whose: str) -> Refused:
    return Refused(
        f"{layout.belt}: {what} belongs to another belt",
        expected=f"a cluster made by and for belt {layout.belt!r} in {layout.home}",
        seen=f"it is marked as belonging to {whose}",
        now=f"move {layout.of_part('postgres')} away, or bring the belt up under another name",
    )
