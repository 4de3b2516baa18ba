"""A belt's prover: the process beside its indexer that proves its rows against the chains' own logs."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from belts.database_url import database_url
from belts.files import private_dir, read_json, remove_tree, write_private, write_private_json
from belts.runtimes.process import kept_code, toolchain
from belts.runtimes.process.database import roles
from belts.runtimes.process.errors import Refused, readable
from belts.runtimes.process.files import secrets, sockets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.parts import postgres, relay
from belts.runtimes.process.parts.prover_note import note_of
from belts.runtimes.process.seed import sources
from belts.runtimes.process.supervise import control, readiness, supervisor
from belts.runtimes.process.supervise.programs import Program
from belts.runtimes.process.wire import neighbours
from belts.spec.postgres import Postgres
from belts.spec.prover import Prover

PROGRAM = "prover"
ROLE = "gate"
READY_S = 60.0
EVIDENCE_KEY = "evidenceKey"
VARIABLE = "BELTS_EVIDENCE_KEY"
POLICY, TOLD = "policy.yaml", "told.json"


def apply(layout: Layout, request: Prover) -> Mapping[str, Any]:
    """Brings it up. It reads as the role `gate`, which cannot write, and is ready once it stays up."""
    held = secrets.ensure(layout)
    home = private_dir(layout.of_part(PROGRAM))
    private_dir(layout.logs)
    _keep_policy(layout, request)
    told = _told(layout, request)
    supervisor.converge(layout, program(layout, request, neighbours.postgres(layout), held, told))
    readiness.wait(
        layout,
        PROGRAM,
        lambda: _probe(layout),
        expected="the prover to stay up; a provider or a belt that is away is waited for",
        deadline_s=READY_S,
        secrets=Secrets({**held, **told}),
    )
    return {"home": str(home)}


def remove(layout: Layout) -> None:
    """Removes the prover; the evidence stays, since it is valid for any belt."""
    supervisor.remove(layout, {PROGRAM})
    remove_tree(layout.of_part(PROGRAM))


def program(
    layout: Layout,
    request: Prover,
    database: Postgres,
    held: Secrets,
    told: Mapping[str, str],
) -> Program:
    """All secrets are in its environment, which no other part of the belt receives."""
    home, login = layout.of_part(PROGRAM), roles.login(ROLE, held.generation(ROLE))
    url = database_url(
        login=login,
        password=held[ROLE],
        host=str(sockets.for_host(layout)),
        port=database.port,
        database=postgres.DATABASE,
    )
    key = ("--key", str(request.key_file)) if request.key_file else ()
    return Program(
        name=PROGRAM,
        argv=(
            *(str(toolchain.python()), "-m", "gate.proving"),
            *("--policy", str(home / POLICY), "--evidence", str(request.evidence), *key),
            *("--note", str(note_of(layout)), "--sources", str(sources.file_of(layout))),
            *("--routes", str(relay.routes_of(layout))),
            *("--rate", str(request.rate), "--memory-mb", str(request.memory_mb)),
        ),
        cwd=home,
        env={
            **{name.removeprefix("policy:"): value for name, value in told.items() if name != EVIDENCE_KEY},
            **({} if request.key_file else {VARIABLE: told[EVIDENCE_KEY]}),
            "PYTHONPATH": str(kept_code.code()),
            "PYTHONUNBUFFERED": "1",
            "BELTS_PROVE_DATABASE": url,
        },
        files=(home / POLICY,),
        priority=450,
    )


def _keep_policy(layout: Layout, request: Prover) -> None:
    """Copies the requested policy, so that a restart uses it whatever is edited meanwhile."""
    copy = layout.of_part(PROGRAM) / POLICY
    for file in (request.policy, copy):
        text = file.read_bytes() if file.is_file() else b""
        if hashlib.sha256(text).hexdigest() == request.digest:
            write_private(copy, text.decode())
            return
    raise Refused(
        f"{layout.belt}: the policy of its prover is not the one that was asked for",
        expected=f"a policy with the digest {request.digest[:16]} at {request.policy}",
        seen="another one" if request.policy.is_file() else "no such file",
        now="it was changed after it was read: run `pulumi up` again",
    )


def _told(layout: Layout, request: Prover) -> dict[str, str]:
    """The environment variables that its policy names, and its key; stored, so that it can restart alone."""
    wanted = [f"policy:{name}" for name in request.variables]
    wanted += [] if request.key_file else [EVIDENCE_KEY]
    file = layout.of_part(PROGRAM) / TOLD
    known = {**_kept(layout, file), **secrets.from_config()}
    missing = [name for name in wanted if not known.get(name)]
    if missing:
        raise Refused(
            f"{layout.belt}: its prover is not told all that it needs",
            expected=f"{', '.join(missing)} in {secrets.ENVIRONMENT}",
            seen="nothing, now or before",
            now="run `pulumi up` with the variables of the policy and the key of evidence in its environment",
        )
    told = {name: str(known[name]) for name in wanted}
    write_private_json(file, told)
    return told


def _kept(layout: Layout, file: Path) -> dict[str, Any]:
    with readable(
        f"{layout.belt}: what its prover was told cannot be read",
        expected=f"what `pulumi up` told it, in {file}",
        now="remove that file, and run `pulumi up` on the belt's stack: it tells it again",
    ):
        return read_json(file) or {}


def _probe(layout: Layout) -> str | None:
    state = supervisor.states(layout).get(PROGRAM)
    return None if state is not None and state.state == control.RUNNING else "it is not up yet"
