"""The outlet of a belt's database: up after its Postgres, and answering with its certificate.

Postgres itself listens nowhere for it: what lets readers in is a process of its own, that knows no password.
"""

from pathlib import Path
from socket import create_connection

from belts.files import private_dir, remove_tree
from belts.outlet import told as files
from belts.outlet.told import Told
from belts.runtimes.process import kept_code, toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import authority as authorities
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import identity, readiness, supervisor
from belts.runtimes.process.supervise.programs import Program
from belts.spec.outlet import PROGRAM, Outlet

TOLD = "told.json"
CERTIFICATE = "certificate.pem"
"""Of ours, with its key: in one file, so that nobody ever meets two halves."""
READY_S = 20.0
ANSWER_S = 2.0


def check(layout: Layout, request: Outlet | None) -> None:
    """Refuses what would let more in than was meant, or nobody; in preview as well."""
    for expected, seen, now in () if request is None else request.faults:
        raise Refused(
            f"{layout.belt}: nobody is let in to its database from other hosts like that",
            expected=expected,
            seen=seen,
            now=f"{now}, under `postgres.outlet` of the belt's stack",
        )


def converge(layout: Layout, request: Outlet, *, socket: Path, database: str) -> None:
    """A changed address or list of readers restarts it; a certificate restarts nothing."""
    check(layout, request)
    home = private_dir(layout.of_part(PROGRAM))
    private_dir(layout.logs)
    certificate, key = _files(layout, request)
    if request.certificate is None:
        authorities.certify(layout.root, request.name, certificate)
    told = Told(
        address=request.address,
        port=request.port,
        allowed=request.allowed,
        socket=str(socket),
        database=database,
        certificate=str(certificate),
        key=str(key),
    )
    files.write(home / TOLD, told)
    supervisor.converge(layout, program(layout))
    readiness.wait(
        layout,
        PROGRAM,
        lambda: _probe(request),
        expected=f"an outlet on {request.address}:{request.port}",
        deadline_s=READY_S,
        secrets=secrets.known(layout),
    )


def authority(layout: Layout, request: Outlet) -> str | None:
    """The certificate by which readers know it; None where the operator's own is known to them already."""
    return authorities.certificate(layout.root) if request.certificate is None else None


def remove(layout: Layout) -> None:
    """With its key."""
    if layout.of_part(PROGRAM).exists() or (layout.programs / f"{PROGRAM}.conf").exists():
        supervisor.remove(layout, {PROGRAM})
        remove_tree(layout.of_part(PROGRAM))


def program(layout: Layout) -> Program:
    """Its certificate is not among its files: it looks at that for each client.

    Under root it has no right of root beyond root's files, where there are user namespaces.
    """
    told = layout.of_part(PROGRAM) / TOLD
    return Program(
        name=PROGRAM,
        argv=(str(toolchain.python()), "-m", "belts.outlet", "--told", str(told)),
        cwd=layout.of_part(PROGRAM),
        env={"PYTHONPATH": str(kept_code.code()), "PYTHONUNBUFFERED": "1"},
        files=(told,),
        user="namespace" if identity.for_postgres() == "namespace" else "same",
        priority=150,
    )


def _files(layout: Layout, request: Outlet) -> tuple[Path, Path]:
    own = layout.of_part(PROGRAM) / CERTIFICATE
    return request.certificate or own, request.key or own


def _probe(request: Outlet) -> str | None:
    """Ready when somebody listens: whether this host itself is let in, is another matter."""
    every = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- told apart, not bound to
    address = (every.get(request.address, request.address), request.port)
    try:
        create_connection(address, timeout=ANSWER_S).close()
    except OSError as why:
        return f"nobody listens on {request.address}:{request.port} yet ({type(why).__name__})"
    return None
