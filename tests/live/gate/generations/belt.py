"""A belt of any generation: two chains, a row for each event, rows that change, and history near the head."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.live.gate.content.belt import Belt
from tests.live.gate.generations.generation import Column, Generation
from tests.live.gate.sound.seeking import hashed, second_of

CHAINS = (1, 10)
FIRST = 10
"""The first block with an event; each later one has one too."""
SHORT = 8
"""So many blocks below the progress can be undone: rows that were written there have a history."""

ENTITIES: dict[str, tuple[Column, ...]] = {
    "Transfer": (
        ("id", "TEXT"),
        ("chainId", "INTEGER"),
        ("from_id", "TEXT"),
        ("value", "NUMERIC"),
        ("blockNumber", "INTEGER"),
        ("timestamp", "TIMESTAMPTZ"),
    ),
    "Account": (
        ("id", "TEXT"),
        ("chainId", "INTEGER"),
        ("balance", "NUMERIC"),
        ("kind", "accountkind"),
        ("code", "BYTEA"),
        ("tags", "TEXT[]"),
        ("lastActive", "TIMESTAMPTZ"),
    ),
    "ChainActivity": (("id", "TEXT"), ("events", "INTEGER"), ("lastEvent", "TEXT?")),
    "Lot": (("id", "INTEGER"), ("chainId", "INTEGER"), ("raw", "TEXT"), ("seen", "INTEGER")),
}
Row = dict[str, object]
Key = tuple[str, object, int]


@dataclass(kw_only=True, slots=True)
class Writing:
    """What an indexer writes: the rows now, and those of its history, by the number of a checkpoint."""

    rows: dict[Key, Row] = field(default_factory=dict)
    kept: list[tuple[Key, int, Row | None]] = field(default_factory=list)
    begun: set[Key] = field(default_factory=set)

    def set(self, key: Key, row: Row | None, checkpoint: int | None) -> None:
        """One write, or a deletion; near the head the state before it is kept too, if nothing is kept yet."""
        if checkpoint is not None:
            before = self.rows.get(key)
            if before is not None and key not in self.begun:
                self.kept.append((key, 0, before))
            self.begun.add(key)
            self.kept.append((key, checkpoint, row))
        if row is None:
            del self.rows[key]
        else:
            self.rows[key] = row


def make(
    belt: Belt, kind: Generation, *, progress: int = 60, other: int | None = None, shared: bool = False
) -> Belt:
    """Fills an empty database. `other` is the progress of the second chain; `shared` ids are those of several
    chains, which only entities by chain can have.
    """
    heights = dict(zip(CHAINS, (progress, other or progress), strict=True))
    with psycopg.connect(belt.dsn, autocommit=True) as connection:
        connection.execute("".join(_own_tables(kind)))
        for name, columns in ENTITIES.items():
            connection.execute(_tables(kind, name, columns))
        _fill(connection, kind, heights, shared=shared and kind.by_chain)
    return belt


def _own_tables(kind: Generation) -> Iterator[str]:
    yield "CREATE TYPE envio_history_change AS ENUM ('SET', 'DELETE');"
    yield "CREATE TYPE accountkind AS ENUM ('PLAIN', 'CONTRACT');"
    yield from (f"CREATE TYPE {name} AS ENUM ('A');" for name in kind.enums)
    yield (
        "CREATE TABLE envio_chains (id INTEGER PRIMARY KEY,"
        f"{' ecosystem TEXT NOT NULL,' if kind.ecosystem else ''} start_block INTEGER NOT NULL,"
        " end_block INTEGER, max_reorg_depth INTEGER NOT NULL, buffer_block INTEGER NOT NULL,"
        " source_block INTEGER NOT NULL, first_event_block INTEGER, ready_at TIMESTAMPTZ,"
        f" events_processed {kind.events} NOT NULL, _is_hyper_sync BOOLEAN NOT NULL,"
        f" progress_block INTEGER NOT NULL{', _num_batches_fetched INTEGER' if kind.batches else ''});"
    )
    order = "chain_id, id" if kind.own_orders else "id"
    yield (
        f"CREATE TABLE envio_checkpoints (id {kind.number} NOT NULL, chain_id INTEGER NOT NULL,"
        " block_number INTEGER NOT NULL, block_hash TEXT, events_processed INTEGER NOT NULL,"
        f" PRIMARY KEY ({order}));"
    )
    serial = "SERIAL" if kind.serial == "INTEGER" else "BIGSERIAL"
    event = "NUMERIC" if kind.serial == "INTEGER" else "BIGINT"
    yield (
        f"CREATE TABLE raw_events (chain_id INTEGER NOT NULL, event_id {event} NOT NULL, event_name TEXT,"
        " contract_name TEXT, block_number INTEGER, log_index INTEGER, src_address TEXT, block_hash TEXT,"
        " block_timestamp INTEGER, block_fields JSONB, transaction_fields JSONB, params JSONB,"
        f" serial {serial} PRIMARY KEY);"
    )
    found = "id TEXT NOT NULL, chain_id INTEGER, registration_block INTEGER, registration_log_index INTEGER,"
    if kind.addresses:
        yield "CREATE TABLE envio_info (id INTEGER DEFAULT 1 PRIMARY KEY, config TEXT NOT NULL);"
        yield f"CREATE TABLE envio_addresses ({found} contract_name TEXT, PRIMARY KEY (id));"
        yield (
            f"CREATE TABLE envio_history_envio_addresses ({found} contract_name TEXT,"
            f" {kind.checkpoint} BIGINT NOT NULL, envio_change envio_history_change NOT NULL,"
            f" PRIMARY KEY (id, {kind.checkpoint}));"
        )
    else:
        yield (
            "CREATE TABLE persisted_state (id INTEGER PRIMARY KEY, envio_version TEXT NOT NULL,"
            " config_hash TEXT NOT NULL);"
            "CREATE TABLE dynamic_contract_registry (id TEXT PRIMARY KEY, chain_id INTEGER NOT NULL,"
            " registering_event_block_number INTEGER NOT NULL, registering_event_src_address TEXT NOT NULL,"
            " registering_event_block_timestamp INTEGER NOT NULL, contract_address TEXT NOT NULL);"
        )


def _tables(kind: Generation, name: str, own: tuple[Column, ...]) -> str:
    """An entity and its history; a partition for each chain where entities lie by chain."""
    columns = kind.columns(own)
    key = ", ".join(f'"{column}"' for column in kind.key)
    plain = ", ".join(_declared(kind, column, null=column[1].endswith("?")) for column in columns)
    late = ", ".join(
        _declared(kind, column, null=kind.spelt(column[0]) not in kind.key) for column in columns
    )
    parted = f' PARTITION BY LIST ("{kind.spelt("chainId")}")' if kind.partitioned else ""
    made = (
        f'CREATE TABLE "{name}" ({plain}, PRIMARY KEY ({key})){parted};'
        f'CREATE TABLE "envio_history_{name}" ({late}, {kind.checkpoint} {kind.history} NOT NULL,'
        f" envio_change envio_history_change NOT NULL, PRIMARY KEY ({key}, {kind.checkpoint})){parted};"
    )
    if not kind.partitioned:
        return made
    return made + "".join(
        f'CREATE TABLE "{table}_{chain}" PARTITION OF "{table}" FOR VALUES IN ({chain});'
        for table in (name, f"envio_history_{name}")
        for chain in CHAINS
    )


def _declared(kind: Generation, column: Column, *, null: bool) -> str:
    return f'"{kind.spelt(column[0])}" {column[1].rstrip("?")}{"" if null else " NOT NULL"}'


def _fill(
    connection: psycopg.Connection[tuple[object, ...]],
    kind: Generation,
    heights: dict[int, int],
    *,
    shared: bool,
) -> None:
    writing, checkpoints, events = Writing(), [], []
    counted = dict.fromkeys((0, *CHAINS), 0)
    for block in range(FIRST, max(heights.values()) + 1):
        for chain in CHAINS:
            if block > heights[chain]:
                continue
            number = None
            if block > heights[chain] - SHORT:
                order = chain if kind.own_orders else 0
                counted[order] += 1
                number = counted[order]
                checkpoints.append((number, chain, block, hashed(block), 1))
            events.append((chain, block))
            _transfer(writing, chain, block, number, shared=shared)
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO envio_checkpoints VALUES (%s, %s, %s, %s, %s)", checkpoints)
        cursor.executemany(
            "INSERT INTO raw_events (chain_id, event_id, event_name, contract_name, block_number, log_index,"
            " src_address, block_hash, block_timestamp, block_fields, transaction_fields, params)"
            " VALUES (%s, 0, 'Transfer', 'Token', %s, 0, '0xaa', %s, %s, '{}', '{}', %s)",
            [(chain, block, hashed(block), second_of(block), Jsonb({})) for chain, block in events],
        )
        for name, own in ENTITIES.items():
            _write(cursor, kind, name, own, writing)
    if kind.addresses:
        entities = [{"name": name, "properties": [{"name": "id"}]} for name in ENTITIES]
        config = json.dumps({"storage": {"postgres": True}, "entities": entities})
        _insert(connection.cursor(), "envio_info", ["config"], [[config]])
    for chain, height in heights.items():
        names = ["id", "start_block", "max_reorg_depth", "buffer_block", "source_block", "ready_at"]
        values: list[object] = [chain, 0, 200, height, height, datetime(2026, 11, 20, tzinfo=UTC)]
        names += ["events_processed", "_is_hyper_sync", "progress_block"]
        values += [sum(one == chain for one, _ in events), False, height]
        names += ["ecosystem"] * kind.ecosystem + ["_num_batches_fetched"] * kind.batches
        values += ["evm"] * kind.ecosystem + [0] * kind.batches
        _insert(connection.cursor(), "envio_chains", names, [values])


def _transfer(writing: Writing, chain: int, block: int, checkpoint: int | None, *, shared: bool) -> None:
    """What one event makes: its own row, and three that change. Every fourth block begins a lot, and its last
    one closes the lot before.
    """
    owner = f"a{block % 3}" if shared else f"{chain}-a{block % 3}"
    made = datetime.fromtimestamp(second_of(block), UTC)
    rows: dict[str, Row] = {
        "Transfer": {
            "id": f"{chain}-{block}-0",
            "from_id": owner,
            "value": block * 10,
            "blockNumber": block,
            "timestamp": made,
        },
        "Account": {
            "id": owner,
            "kind": "CONTRACT" if block % 3 else "PLAIN",
            "code": bytes([block % 3, 255]),
            "tags": [f"t{block % 3}", "x"],
            "lastActive": made,
        },
        "ChainActivity": {"id": str(chain), "lastEvent": f"{block}"},
        "Lot": {"id": block // 4 if shared else chain * 1_000 + block // 4, "raw": "0xAb"},
    }
    for name, row in rows.items():
        key = (name, row["id"], chain)
        before = writing.rows.get(key, {})
        grows = {"Account": "balance", "ChainActivity": "events", "Lot": "seen"}.get(name)
        more = {grows: int(str(before.get(grows, 0))) + (block if name == "Account" else 1)} if grows else {}
        writing.set(key, {**row, "chainId": chain, **more}, checkpoint)
    closed = ("Lot", (block // 4 - 1) if shared else chain * 1_000 + block // 4 - 1, chain)
    if block % 4 == 3 and closed in writing.rows:
        writing.set(closed, None, checkpoint)


def _write(
    cursor: psycopg.Cursor[tuple[object, ...]],
    kind: Generation,
    name: str,
    own: tuple[Column, ...],
    writing: Writing,
) -> None:
    columns = [column for column, _ in kind.columns(own)]
    spelt = [kind.spelt(column) for column in columns]
    now = [[row[one] for one in columns] for (of, *_), row in writing.rows.items() if of == name]
    _insert(cursor, name, spelt, now)
    kept = [
        [*((row or _gone(kind, key)).get(one) for one in columns), number, "SET" if row else "DELETE"]
        for key, number, row in writing.kept
        if key[0] == name
    ]
    _insert(cursor, f"envio_history_{name}", [*spelt, kind.checkpoint, "envio_change"], kept)


def _gone(kind: Generation, key: Key) -> Row:
    """What the history says of a row that was deleted: its key."""
    _, id_, chain = key
    return {"id": id_, "chainId": chain} if kind.by_chain else {"id": id_}


def _insert(
    cursor: psycopg.Cursor[tuple[object, ...]],
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> None:
    query = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )
    cursor.executemany(query, rows)
