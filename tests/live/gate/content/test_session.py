"""How the gate behaves as a guest of a belt's database."""

import asyncio
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from gate.observations.unobserved import Cause
from gate.probes.database.courtesy import NICENESS, is_of
from gate.probes.database.session import Snapshot, opened
from gate.probes.unseen import UnseenError
from gate.secret import Secret
from tests.live.gate.content.belt import Belt
from tests.live.hosts import wait_until

pytestmark = pytest.mark.live

SLOW = "SELECT count(*), pg_sleep(60) FROM pg_class a, pg_class b"


def guests(belt: Belt) -> list[tuple[object, ...]]:
    """The gate's connections to a belt."""
    return belt.execute(
        "SELECT state, query FROM pg_stat_activity WHERE application_name = 'belts gate'"
        " AND datname = current_database()"
    )


def scanned(belt: Belt) -> bool:
    """Whether the gate is at its scan."""
    return ("active", SLOW) in guests(belt)


def gone(belt: Belt, seconds: float = 5.0) -> bool:
    """Whether the gate leaves within a while."""
    end = time.monotonic() + seconds
    while guests(belt):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


async def read(belt: Belt, query: str, *, seconds: float = 30.0, dsn: str = "") -> list[tuple[object, ...]]:
    """One query in one snapshot."""
    async with (
        opened(Secret(dsn or belt.dsn), name="the belt", remaining=lambda: seconds) as database,
        database.snapshot() as snapshot,
    ):
        assert isinstance(snapshot, Snapshot)
        return await snapshot.rows(query)


async def test_a_snapshot_that_is_cancelled(blue: Belt) -> None:
    """A scan stops in the server, and no transaction stays open."""
    blue.seed(1)
    task = asyncio.create_task(read(blue, SLOW))
    await asyncio.to_thread(wait_until, lambda: scanned(blue), "a scan")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gone(blue)


def test_a_gate_that_is_killed(blue: Belt) -> None:
    """A scan whose client was killed stops in the server within seconds."""
    blue.seed(1)
    program = textwrap.dedent(f"""
        import asyncio
        from tests.live.gate.content.belt import Belt
        from tests.live.gate.content.test_session import SLOW, read
        asyncio.run(read(Belt(dsn={blue.dsn!r}), SLOW))
    """)
    process = subprocess.Popen([sys.executable, "-c", program])
    try:
        wait_until(lambda: scanned(blue), "a scan")
    finally:
        process.kill()
        process.wait()
    assert gone(blue)


async def test_a_query_beyond_the_deadline(blue: Belt) -> None:
    """The server itself stops it."""
    blue.seed(1)
    with pytest.raises(UnseenError) as raised:
        await read(blue, SLOW, seconds=1)
    assert raised.value.unobserved.cause is Cause.TIMEOUT


async def test_a_query_that_fails(blue: Belt) -> None:
    """What is read after it is told, of the same moment and by the same rules, in a savepoint or outside."""
    blue.seed()
    async with (
        opened(Secret(blue.dsn), name="a belt", remaining=lambda: 20.0) as database,
        database.snapshot() as snapshot,
    ):
        for _ in range(2):
            with pytest.raises(UnseenError, match="42703"):
                await snapshot.rows("SELECT nothing FROM pg_class")
        with pytest.raises(UnseenError, match="42P01"):
            async with snapshot.savepoint():
                await snapshot.rows("SELECT 1 FROM nothing")
        with pytest.raises(UnseenError, match="42P01"):
            async with snapshot.stream("nothing", sql.SQL("SELECT 1 FROM nothing")) as rows:
                await anext(rows)
        blue.execute("UPDATE envio_chains SET progress_block = 7")
        [row] = await snapshot.rows(snapshot.select("progress_block", snapshot.storage.chains))
        assert row == (1000,)
        assert await snapshot.rows("SELECT current_setting('TimeZone')") == [("UTC",)]


async def test_a_statement_that_writes(blue: Belt) -> None:
    """Nothing can be written, whatever the user may do."""
    blue.seed(1)
    with pytest.raises(UnseenError) as raised:
        await read(blue, "DELETE FROM public.envio_chains")
    assert "SQLSTATE 25006" in raised.value.unobserved.reason


async def test_serially(blue: Belt) -> None:
    """No parallel worker takes the processors away from consumers."""
    blue.seed(1)
    assert await read(blue, "SELECT current_setting('max_parallel_workers_per_gather')") == [("0",)]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"password": "wrong-password"}, Cause.DENIED),
        ({"port": "1"}, Cause.UNREACHABLE),
        ({"dbname": "nowhere"}, None),
    ],
)
async def test_a_database_that_cannot_be_opened(
    blue: Belt, change: dict[str, str], cause: Cause | None
) -> None:
    """The fault has words, and none of them is a secret."""
    with pytest.raises(UnseenError) as raised:
        await read(blue, "SELECT 1", dsn=make_conninfo(blue.dsn, **change))
    seen = raised.value.unobserved
    assert cause is None or seen.cause is cause
    password = psycopg.conninfo.conninfo_to_dict(blue.dsn)["password"]
    assert str(password) not in seen.reason
    assert "wrong-password" not in seen.reason


async def test_a_database_without_a_belt(blue: Belt) -> None:
    """It is told by its missing chain table."""
    with pytest.raises(UnseenError) as raised:
        await read(blue, "SELECT 1")
    assert "there is none" in raised.value.unobserved.reason


async def test_who_reads_gives_way(blue: Belt) -> None:
    """The server's process for the gate wants a core less than those that serve consumers."""
    blue.seed(1)
    async with opened(Secret(blue.dsn), name="the belt", remaining=lambda: 30.0) as database:
        pid = database.connection.info.backend_pid
        assert os.getpriority(os.PRIO_PROCESS, pid) == NICENESS
    async with await psycopg.AsyncConnection.connect(blue.dsn) as consumer:
        pid = consumer.info.backend_pid
        assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0)


async def test_a_process_that_only_has_the_same_number(blue: Belt) -> None:
    """It is another connection's, or none of Postgres: it is left as it is."""
    blue.seed(1)
    async with (
        await psycopg.AsyncConnection.connect(blue.dsn) as one,
        await psycopg.AsyncConnection.connect(blue.dsn) as other,
    ):
        assert not is_of(Path("/proc") / str(one.info.backend_pid), other)
        assert not is_of(Path("/proc/self"), one)
        assert not is_of(Path("/proc/0"), one)
        assert is_of(Path("/proc") / str(one.info.backend_pid), one)
