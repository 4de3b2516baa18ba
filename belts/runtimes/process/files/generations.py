"""The generations of a belt's credentials: which part makes which, and that they only go forward."""

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.spec.engine import Engine
from belts.spec.indexer import Indexer
from belts.spec.postgres import Postgres

PARTS: dict[str, tuple[str, ...]] = {
    "postgres": ("superuser", "gate", "consumer"),
    "engine": ("engine", "admin"),
    "indexer": ("indexer",),
    "ledger": ("superuser", "ledger"),
}
"""Which part makes which secrets: those that it hands out, or that its own program is started with."""


def check(layout: Layout, request: Postgres | Engine | Indexer) -> None:
    """Refuses to go back to a generation that was replaced: its secrets are deleted."""
    held = secrets.known(layout)
    newest = max(held.generation(name) for names in PARTS.values() for name in names)
    if request.credentials < newest:
        raise Refused(
            f"{layout.belt}: its credentials go only forward",
            expected=f"`credentials` of {newest} or more: those of generation {newest} are in force",
            seen=f"{request.credentials}",
            now=f"`pulumi config set credentials {newest} --stack {layout.belt}`; what was replaced is "
            "forgotten, and a higher number makes new ones",
        )
