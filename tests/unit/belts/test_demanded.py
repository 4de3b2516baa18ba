"""Who took the port of a Postgres learns no password of gate, ledger, host or indexer."""

import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from belts.demanded import BY_FILES, SCRAM, demanding, not_shown
from belts.envio.release import RELEASES
from belts.runtimes.process import toolchain
from belts.runtimes.process.parts import postgres
from belts.runtimes.process.supervise import launch
from gate.ledger import LedgerUnreachable
from gate.ledger.session import connected
from gate.observations.unobserved import Cause
from gate.probes.database.session import opened
from gate.probes.unseen import UnseenError
from gate.secret import Secret
from tests.impostor import FORMS, HONEST, PASSWORD, SOME_PORT, listening

NOT_SHOWN = "did not show that it knows the password"
GUARD = Path(launch.__file__).with_name("scram.cjs")
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def url(port: int) -> str:
    return f"postgres://engine:{PASSWORD}@127.0.0.1:{port}/belts"


@every_form
async def test_the_gate(form: str) -> None:
    """It could not look, and says who has to be looked for, and where."""
    with listening(form) as impostor, pytest.raises(UnseenError) as unseen:
        async with opened(Secret(url(impostor.port)), name="the database", remaining=lambda: 10.0):
            pass
    told = unseen.value.unobserved
    assert (NOT_SHOWN in told.reason, told.cause) == (True, Cause.BAD_ANSWER)
    assert f"sport = :{impostor.port}" in told.advice
    assert impostor.sent
    assert impostor.learnt() == []


@every_form
def test_clients_of_the_ledger(form: str) -> None:
    """A ledger that nobody proved is one that cannot be asked."""
    with (
        listening(form) as impostor,
        pytest.raises(LedgerUnreachable) as refused,
        connected(url(impostor.port), name="belts ledger"),
    ):
        pass
    assert NOT_SHOWN in refused.value.seen
    assert f"sport = :{impostor.port}" in refused.value.now
    assert impostor.sent
    assert impostor.learnt() == []


@every_form
def test_the_host(form: str) -> None:
    """The password of the superuser is told to nobody who does not know it."""
    with listening(form) as impostor, pytest.raises(psycopg.OperationalError) as refused:
        postgres._connect("127.0.0.1", impostor.port, PASSWORD, "belts")
    assert NOT_SHOWN in not_shown(refused.value)
    assert impostor.sent
    assert impostor.learnt() == []


CLIENT = """
const postgres = require("postgres")
const sql = postgres({
  host: "HOST", port: PORT, user: "engine", password: "WORD", database: "belts", ssl: false,
  connect_timeout: 5, max: 1, backoff: 60,
})
setTimeout(() => process.exit(4), 2000)
sql`select 1`.then(() => process.exit(0), (error) => { console.error(String(error)); process.exit(3) })
"""


def _indexer(
    port: int, *, guarded: bool, at: Path, host: str = "127.0.0.1"
) -> "subprocess.CompletedProcess[str]":
    code = at / "client.cjs"
    code.write_text(CLIENT.replace("HOST", host).replace("PORT", str(port)).replace("WORD", PASSWORD))
    command = [str(toolchain.node()), *([f"--require={GUARD}"] if guarded else []), str(code)]
    env = {
        "BELTS_DATABASE_HOST": host,
        "BELTS_DATABASE_PORT": str(port),
        "NODE_PATH": str(toolchain.CHECKOUT / "node_modules"),
    }
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@every_form
def test_the_indexer(form: str, tmp_path: Path) -> None:
    """Its client, which has no setting for it, gets nothing of what came out of turn."""
    with listening(form) as impostor:
        done = _indexer(impostor.port, guarded=True, at=tmp_path)
    assert done.returncode == 3
    assert impostor.sent
    assert impostor.learnt() == []
    if form != "forged":  # its client says that by itself
        assert "the database is not believed" in done.stderr


@every_form
def test_the_indexer_at_a_socket(form: str, tmp_path: Path) -> None:
    """The same: who may listen there is for the folder's owner to say, and this costs nothing."""
    with listening(form, folder=tmp_path) as impostor:
        done = _indexer(impostor.port, guarded=True, at=tmp_path, host=str(tmp_path))
    assert done.returncode == 3
    assert impostor.sent
    assert impostor.learnt() == []
    if form != "forged":
        assert f"a server at {tmp_path}/.s.PGSQL.{SOME_PORT}" in done.stderr


def test_an_indexer_that_is_told_a_folder(tmp_path: Path) -> None:
    """Its client takes one for its host: what `takes_sockets` says of each release that belts run."""
    assert [release.version for release in RELEASES.values() if not release.takes_sockets] == []
    with listening(HONEST, folder=tmp_path) as server:
        _indexer(server.port, guarded=True, at=tmp_path, host=str(tmp_path))
    assert [message[:1] for message in server.sent[1:3]] == [b"p", b"p"]
    assert len(server.sent) > 3


def test_one_who_knows_it(tmp_path: Path) -> None:
    """It is believed by all, and the indexer goes on to ask it."""
    with listening(HONEST) as server:
        postgres._connect("127.0.0.1", server.port, PASSWORD, "belts").close()
        psycopg.connect(demanding(url(server.port))).close()
    with listening(HONEST) as server:
        done = _indexer(server.port, guarded=True, at=tmp_path)
    assert "not believed" not in done.stderr
    assert [message[:1] for message in server.sent[1:3]] == [b"p", b"p"]
    assert len(server.sent) > 3


def test_an_indexer_without_the_guard(tmp_path: Path) -> None:
    """What the guard is for: once its client asks by itself, the guard may go."""
    with listening("clear") as impostor:
        _indexer(impostor.port, guarded=False, at=tmp_path)
    assert impostor.learnt()


@pytest.mark.parametrize(
    ("asked", "demanded"),
    [
        ("postgres://u@127.0.0.1/d", SCRAM),
        ("postgres://u@db.example/d?sslmode=verify-full", SCRAM),
        ("postgres:///d", SCRAM),
        ("host=/run/postgresql dbname=d", BY_FILES),
        ("host=/run/postgresql,db.example dbname=d", SCRAM),
        ("host=/run/postgresql hostaddr=127.0.0.1 dbname=d", SCRAM),
        ("postgres://u@db.example/d?require_auth=md5", "md5"),
    ],
)
def test_what_is_demanded(asked: str, demanded: str) -> None:
    """SCRAM, but where the file system says who listens; what the URL says itself is its writer's word."""
    assert conninfo_to_dict(demanding(asked))["require_auth"] == demanded


@pytest.mark.parametrize("password", ["a'b", "a\\b", "a b", "%", "ü", ""])
def test_nothing_else_is_changed(password: str) -> None:
    asked = psycopg.conninfo.make_conninfo(
        host="h", user="u", password=password, dbname="d", sslmode="require"
    )
    parts = conninfo_to_dict(demanding(asked))
    assert parts.pop("require_auth") == SCRAM
    assert parts == conninfo_to_dict(asked)
