"""A belt that is sound: two chains, transfers with their events, accounts, and history near the head."""

import psycopg

from tests.live.gate.content.belt import Belt
from tests.live.gate.sound.seeking import hashed, second_of

CHAINS = (1, 10)
PROGRESS = 100

TRANSFER = (
    '"chainId" INTEGER NOT NULL, "from_id" TEXT NOT NULL, "value" NUMERIC NOT NULL,'
    ' "blockNumber" INTEGER NOT NULL, "timestamp" TIMESTAMPTZ NOT NULL'
)
ACCOUNT = '"chainId" INTEGER NOT NULL, "balance" NUMERIC'

# Two events in each of fifty blocks of each chain; blocks are called by their numbers.
FILL = f"""
INSERT INTO raw_events (chain_id, event_id, event_name, contract_name, block_number, log_index, src_address,
  block_hash, block_timestamp, block_fields, transaction_fields, params)
  SELECT chain, 0, 'Transfer', 'Token', block, log, '0xAA', '0x' || to_hex(block), {second_of(0)} + block,
    '{{}}', '{{"hash": "0x77"}}', jsonb_build_object('from', '0x' || log)
  FROM unnest(%(chains)s::int[]) chain, generate_series(10, %(last)s) block, generate_series(0, 1) log;
UPDATE envio_chains c SET events_processed = (SELECT count(*) FROM raw_events e WHERE e.chain_id = c.id);
INSERT INTO "Transfer" SELECT chain_id || '-' || block_number || '-' || log_index, chain_id,
  chain_id || '-' || (params ->> 'from'), block_number * 10, block_number, to_timestamp(block_timestamp)
  FROM raw_events;
INSERT INTO "Account" SELECT DISTINCT from_id, "chainId", NULL::numeric FROM "Transfer";
"""

# The last five blocks can be undone: they have checkpoints, and their rows have a history.
HISTORY = """
INSERT INTO envio_checkpoints SELECT row_number() OVER (ORDER BY block_number, chain_id), chain_id,
  block_number, min(block_hash), count(*) FROM raw_events WHERE block_number > %(last)s - 5 GROUP BY 2, 3;
INSERT INTO "envio_history_Transfer" SELECT t.*, c.id, 'SET' FROM "Transfer" t
  JOIN envio_checkpoints c ON c.chain_id = t."chainId" AND c.block_number = t."blockNumber";
INSERT INTO "envio_history_Account" SELECT a.*, c.id, 'SET' FROM "Account" a
  JOIN envio_checkpoints c ON c.chain_id = a."chainId";
"""


def make(belt: Belt, *, last: int = 59, chains: tuple[int, ...] = CHAINS, history: bool = True) -> Belt:
    """Fills a database as Envio would: each event counted and kept, with its row and its account."""
    belt.seed(*chains, progress=last + 41)
    belt.entity("Transfer", TRANSFER, history=history)
    belt.entity("Account", ACCOUNT, history=history)
    with psycopg.ClientCursor(psycopg.connect(belt.dsn, autocommit=True)) as cursor:
        cursor.execute(FILL + (HISTORY if history else ""), {"chains": list(chains), "last": last})
        cursor.connection.close()
    return belt


def event(belt: Belt, chain: int, block: int, log: int, *, hash_: str = "", name: str = "Transfer") -> None:
    """One raw event."""
    belt.execute(
        "INSERT INTO raw_events (chain_id, event_id, event_name, contract_name, block_number, log_index,"
        " src_address, block_hash, block_timestamp, block_fields, transaction_fields, params)"
        " VALUES (%s, 0, %s, 'Token', %s, %s, '0xaa', %s, %s, '{}', '{}', '{}')",
        (chain, name, block, log, hash_ or hashed(block), second_of(block)),
    )


def spoil(belt: Belt, *statements: str) -> None:
    """Changes what the test is about."""
    for statement in statements:
        belt.execute(statement)
