"""A cluster is run by the major version of Postgres that made it; no other version reads its files."""

import subprocess
from typing import Any

from belts.files import read
from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout

FRESH = (
    "bring up a fresh belt under another name with this toolchain, and move the alias to it when it has"
    " synced; this one runs on with the toolchain it has"
)
ANEW = (
    "keep this gateway on the toolchain it has; or take the record along: `python -m gate ledger dump`,"
    " a fresh gateway, `python -m gate ledger restore` (docs/backup.md)"
)


def refuse_another(layout: Layout, now: str = FRESH) -> None:
    """Refuses before anything is stopped, because a Postgres that cannot start would be down."""
    file = layout.of_part("postgres") / "data" / "PG_VERSION"
    try:
        made_by = read(file).decode().strip()
    except OSError:
        return  # there is no cluster yet, or the part itself reports what is wrong with it
    here = of_toolchain()
    if made_by != here:
        raise Refused(
            f"{layout.belt}: its cluster was made by another major version of Postgres"
            " (rule: a cluster keeps its major version)",
            expected=f"Postgres {made_by}, by which it was made",
            seen=f"Postgres {here} in {toolchain.postgres('postgres')}",
            now=now,
        )


def of_toolchain() -> str:
    """The major version of this toolchain's Postgres."""
    said: Any = subprocess.run(
        [toolchain.postgres("postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return str(said.split()[2].partition(".")[0])
