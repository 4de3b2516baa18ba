"""Its first start on an empty database: what it creates, sends to a Hasura, exposes and writes."""

from typing import Any

from belts.envio.release import METRICS
from belts.envio.verify.release_facts import Value
from belts.runtimes.process.database import roles
from belts.runtimes.process.files import secrets
from belts.runtimes.process.parts import graphql
from belts.runtimes.process.seed import seed, seeding
from belts.runtimes.process.verify.running import content, metrics, names_in, running
from belts.runtimes.process.verify.stage import INDEXED, Stage
from belts.runtimes.process.verify.steps.step import Step, Told, rows_as
from belts.runtimes.process.verify.waiting import Unseen, wait

COLUMNS = """
select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')
order by 1, 2
"""
ENUMS = """
select distinct typname::text from pg_type t join pg_enum e on e.enumtypid = t.oid
where t.typnamespace = 'public'::regnamespace order by 1
"""
OF_PROCESS = ("nodejs_", "process_", "belts_")
"""The prefixes of metrics that Node and a host of belts add."""


def look(stage: Stage) -> Told:
    clear(stage)
    with running(stage) as indexer:
        indexer.wait_until_it_speaks()
        wait(lambda: seeding.chains_in(stage.connection), "a chain table", seconds=30)
        roles.converge(stage.connection, secrets.ensure(stage.layout))
        yield "seed.chains", _chains(stage)
        yield "seed.tables", _tables(stage)
        yield "seed.enums", [name for (name,) in stage.connection.execute(ENUMS).fetchall()]
        yield "seed.tracked", _tracked(stage)
        indexer.wait_until_caught_up()
        yield "seed.metrics", _metrics(stage)
        yield "seed.addresses", _addresses(stage)
        yield from rows_as("seed.content", content(stage))


def clear(stage: Stage) -> None:
    """Empties the database, as before a first start."""
    seeding.clear(stage.connection)


def _chains(stage: Stage) -> str:
    seen = seeding.chains_in(stage.connection) or frozenset()
    spoken_of = seed.chains_spoken_of(stage.port)
    if seen == spoken_of == set(INDEXED):
        return "every chain"
    return f"{sorted(seen)} in the table and {sorted(spoken_of)} in its metrics, of {sorted(INDEXED)}"


def _tables(stage: Stage) -> Value:
    found: dict[str, Value] = {}
    for table, column, kind in stage.connection.execute(COLUMNS).fetchall():
        columns = found.setdefault(table, {})
        assert isinstance(columns, dict)  # noqa: S101 -- made above
        columns[column] = kind
    return found


def _tracked(stage: Stage) -> Value:
    answer = graphql.export(*stage.graphql)
    if isinstance(answer, str):
        raise Unseen(f"the engine does not tell its metadata: {answer}")
    tables: list[dict[str, Any]] = answer.get("metadata", answer)["sources"][0]["tables"]
    return {
        table["table"]["name"]: {
            "roles": sorted(each["role"] for each in table.get("select_permissions", ())),
            "objects": sorted(each["name"] for each in table.get("object_relationships", ())),
            "arrays": sorted(each["name"] for each in table.get("array_relationships", ())),
        }
        for table in tables
    }


def _metrics(stage: Stage) -> Value:
    plain, process = metrics(stage, METRICS.path), metrics(stage, METRICS.path + METRICS.process)
    named = [line for line in plain.splitlines() if line.startswith(f"{METRICS.info}{{")]
    shown = [line.partition(f'{METRICS.version}="')[2].partition('"')[0] for line in named]
    both = {METRICS.path: plain, METRICS.path + METRICS.process: process}
    return {
        "names": sorted(name for name in names_in(plain) if not name.startswith(OF_PROCESS)),
        "version": "named"
        if METRICS.plain(shown[0] if shown else "") == stage.release.version
        else str(shown),
        "lettered": bool(shown) and shown[0] != METRICS.plain(shown[0]),
        "started": sorted(
            f"{name} at {path}"
            for path, text in both.items()
            for name in METRICS.started
            if name in names_in(text)
        ),
    }


def _addresses(stage: Stage) -> str:
    row = stage.connection.execute(
        'select bool_and(sender = lower(sender)), count(*) from public."Transfer"'
    ).fetchone()
    if row is None or row[1] == 0:
        raise Unseen("it has no row with an address")
    return "in lower case" if row[0] else "checksummed"


STEP = Step(name="seed", says="its first start, and what it writes", look=look, first=True)
