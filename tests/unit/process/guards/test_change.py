"""A change of a belt's project, judged on its host from what is noted there, before anything is touched."""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from belts import envio
from belts.envio.change import kept
from belts.envio.change.word import word
from belts.files import write_private_json
from belts.runtimes.process import lease_files
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets, sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import change
from belts.runtimes.process.seed import seed_note, seeding
from belts.runtimes.process.wire.request import Request, from_json, written
from belts.spec.indexer import Indexer
from tests.unit.belts.specs import belt
from tests.unit.envio.projects import ADDRESS, OTHER_ADDRESS, a_chain, a_config, a_contract, a_project

NEW = "export const other = 1;\n"
CONFIG = a_config(contracts=[a_contract(), a_contract(name="Vault")], chains=[a_chain(1)])
STRAY = f"forward-{'0' * 12}"


def asked(
    tmp_path: Path, *, config: object = None, files: dict[str, str] | None = None, **fields: Any
) -> Request:
    """A request for the belt with a project that the test has written."""
    project = a_project(tmp_path / "project", config=config or CONFIG, files=files)
    found = envio.read(project, "config.yaml")
    common = {"version": 1, "part": "indexer", "root": str(tmp_path / "hosts"), "belt": "blue"}
    own = {
        "project": str(project),
        "digest": found.digest,
        "chains": list(found.chains),
        "heapMb": 512,
        "port": 5432,
    }
    return from_json(common | own | fields)


def seeded(request: Request, *, state: str = seeding.PROVED, words: tuple[str, ...] = ()) -> Request:
    """The belt holds data of this project."""
    assert isinstance(request.body, Indexer)
    project = kept.written(kept.of(envio.read(request.body.project, request.body.config)))
    seed_note.write(request.layout, request.body, state, "3.0.0-alpha.17", kept=project, words=words)
    return request


def digest(request: Request) -> str:
    assert isinstance(request.body, Indexer)
    return request.body.digest


def refusal(request: Request) -> Refused:
    with pytest.raises(Refused) as caught:
        change.refuse(request)
    return caught.value


def test_nothing_changes(tmp_path: Path) -> None:
    assert change.refuse(seeded(asked(tmp_path))) == ()


def test_a_comment(tmp_path: Path) -> None:
    """Allowed, and told."""
    seeded(asked(tmp_path))
    [told] = change.refuse(asked(tmp_path, config=CONFIG | {"description": "more"}))
    assert told.startswith("blue: its Envio project changes: free")
    assert "description: description" in told


def test_code_without_its_word(tmp_path: Path) -> None:
    """Refused with the word, the commands and what stays as it is."""
    before = digest(seeded(asked(tmp_path)))
    request = asked(tmp_path, files={"src/points.ts": NEW})
    told = refusal(request)
    wanted = word(before, digest(request))
    assert wanted in told.expected
    assert "handler code: src/points.ts" in told.seen
    assert f"pulumi config set forwardOnly {wanted} --stack blue" in told.now


def test_code_with_its_word(tmp_path: Path) -> None:
    """Allowed; where the heights are not known, it says when they will be."""
    before = digest(seeded(asked(tmp_path)))
    wanted = word(before, digest(asked(tmp_path, files={"src/points.ts": NEW})))
    [told] = change.refuse(asked(tmp_path, files={"src/points.ts": NEW}, forwardOnly=wanted))
    assert "forward only" in told
    assert "rows up to the heights at which it is carried out stay" in told


def test_a_word_for_another_change(tmp_path: Path) -> None:
    """Whatever is pending: code, a comment, or nothing."""
    seeded(asked(tmp_path))
    assert (
        f"the word {STRAY}" in refusal(asked(tmp_path, files={"src/points.ts": NEW}, forwardOnly=STRAY)).seen
    )
    for told in (
        refusal(asked(tmp_path, files={"src/points.ts": "// said\n" + NEW}, forwardOnly=STRAY)),
        refusal(asked(tmp_path, config=CONFIG | {"description": "more"}, forwardOnly=STRAY)),
        refusal(asked(tmp_path, forwardOnly=STRAY)),
    ):
        assert STRAY in told.seen
    assert "pulumi config rm forwardOnly --stack blue" in refusal(asked(tmp_path, forwardOnly=STRAY)).now


def test_a_word_that_was_carried_out(tmp_path: Path) -> None:
    """It may stay in the config."""
    seeded(asked(tmp_path), words=(STRAY,))
    assert change.refuse(asked(tmp_path, forwardOnly=STRAY)) == ()


def test_a_word_on_a_belt_without_data(tmp_path: Path) -> None:
    """It was meant for another belt, whose config this one was copied from."""
    assert "it has yet to be seeded" in refusal(asked(tmp_path, forwardOnly=STRAY)).seen
    seeded(asked(tmp_path), state=seeding.STARTED)
    assert "it has yet to be seeded" in refusal(asked(tmp_path, forwardOnly=STRAY)).seen
    assert change.refuse(asked(tmp_path, files={"src/points.ts": NEW})) == ()


def test_a_chain_more(tmp_path: Path) -> None:
    """Refused with its reason and the way on, through the gateway that leases the belt."""
    request = seeded(asked(tmp_path))
    lease_files.serve(request.layout.home, gateway="door")
    told = refusal(asked(tmp_path, config=CONFIG | {"chains": [a_chain(1), a_chain(10)]}))
    assert "chain added: chain 10: an indexer that resumes skips it without a word (fresh belt)" in told.seen
    assert "pulumi config set upstream NEW --stack door" in told.now
    assert "pulumi config set seed 2 --stack blue" in told.now


def test_a_contract_while_the_database_does_not_run(tmp_path: Path) -> None:
    """Whether its block was reached cannot be told, so it is taken for the worst."""
    seeded(asked(tmp_path))
    vault = {"name": "Vault", "address": OTHER_ADDRESS, "start_block": 900}
    chain = a_chain(1, contracts=[{"name": "Points", "address": ADDRESS}, vault])
    told = refusal(asked(tmp_path, config=CONFIG | {"chains": [chain]}))
    assert "it could not be told" in told.what
    assert "whether the belt has reached that block is not known (its database does not run)" in told.seen


def test_a_contract_while_the_database_runs(tmp_path: Path) -> None:
    """It is met at its socket, whether or not it listens on TCP, and asked how far the belt is."""
    seeded(asked(tmp_path))
    layout, port = Layout(root=tmp_path / "hosts", belt="blue"), 5432
    database = written(belt())["postgres"] | {"root": str(layout.root), "port": port}
    write_private_json(layout.request("postgres"), database)
    secrets.ensure(layout)
    folder = sockets.make(sockets.for_host(layout))
    vault = {"name": "Vault", "address": OTHER_ADDRESS, "start_block": 900}
    chain = a_chain(1, contracts=[{"name": "Points", "address": ADDRESS}, vault])
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind(str(sockets.of_postgres(folder, port)))
        nobody.listen()
        threading.Thread(target=hang_up, args=(nobody,), daemon=True).start()
        told = refusal(asked(tmp_path, config=CONFIG | {"chains": [chain]}))
    assert "its database cannot be asked" in told.seen


def hang_up(listening: socket.socket) -> None:
    """Says nothing to whoever comes."""
    with suppress(OSError):
        while True:
            listening.accept()[0].close()


def test_a_note_of_nothing_but_a_digest(tmp_path: Path) -> None:
    """What the belt was seeded with is not known: the same project goes on, another one does not."""
    request = asked(tmp_path)
    assert isinstance(request.body, Indexer)
    seed_note.write(request.layout, request.body, seeding.PROVED, "3.0.0-alpha.17")
    assert change.refuse(request) == ()
    told = refusal(asked(tmp_path, config=CONFIG | {"description": "more"}))
    assert "what the belt was seeded with was not kept" in told.seen


def test_a_project_that_is_edited_meanwhile(tmp_path: Path) -> None:
    seeded(asked(tmp_path))
    request = asked(tmp_path, config=CONFIG | {"description": "more"})
    a_project(tmp_path / "project", config=CONFIG | {"description": "yet more"})
    assert "is not the one that was asked for" in refusal(request).what


def test_a_reseed_with_another_project(tmp_path: Path) -> None:
    """Its rows go, so nothing in place is left to be judged."""
    seeded(asked(tmp_path))
    assert change.refuse(asked(tmp_path, config=CONFIG | {"chains": [a_chain(10)]}, seed=2)) == ()


def test_a_change_in_place_is_no_other_seeding(tmp_path: Path) -> None:
    """Who watches a belt tells its seedings apart by a number; that stays, and a reseed makes another."""
    before = seed_note.seeded(seeded(asked(tmp_path)).layout)
    after = seeded(asked(tmp_path, files={"src/points.ts": NEW}))
    assert seed_note.seeded(after.layout) == before
    assert seed_note.seeded(seeded(asked(tmp_path, seed=2)).layout) != before
