"""Damaged files of a belt: what is not known of it, reported to whoever looks at all belts."""

from collections.abc import Callable, Iterator
from pathlib import Path

from belts.files import leads_nowhere, read, read_json, why_unread
from belts.runtimes.lease import Unreadable
from belts.runtimes.process import binding, lease_files
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import caddy, prover_note
from belts.runtimes.process.seed import seed_note
from belts.runtimes.process.supervise import caddy_admin
from belts.runtimes.process.supervise.programs import pidfile
from belts.runtimes.process.wire import recorded
from belts.spec.edge import EDGE


def of_belt(layout: Layout) -> tuple[str, ...]:
    """One line for each; none where everything that is there can be read."""
    return tuple(f"{layout.belt}: {words}" for words in _of_belt(layout))


def leases(layout: Layout) -> tuple[str, ...]:
    """The same of its leases, of which an audit tells by itself."""
    found = lease_files.of_belt(layout.home)
    return tuple(
        f"{layout.belt}: a lease cannot be read, and holds it ({lease.file})"
        for lease in found
        if isinstance(lease, Unreadable)
    )


def _of_belt(layout: Layout) -> Iterator[str]:
    for unread in recorded.look(layout).unread:
        yield f"what was asked of its {unread.part} cannot be read: {unread.refusal.cause}"
    for file, what, look in (
        (layout.secrets, "its secrets", lambda _: secrets.known(layout)),
        (binding.file_of(layout), "which toolchain keeps it", lambda _: binding.of_belt(layout)),
        (seed_note.file_of(layout), "what it was seeded with", lambda _: seed_note.noted(layout)),
        (layout.of_part(caddy.PROGRAM) / caddy_admin.CONFIG, "the config of its Caddy", read_json),
        (layout.of_part(EDGE) / caddy_admin.CONFIG, "the config of its edge", read_json),
        (prover_note.note_of(layout), "what its prover says", read_json),
        (pidfile(layout), "the number of its supervisor", _number),
    ):
        if (why := _why(look, file)) is not None:
            yield f"{what} cannot be read: {why} ({file})"


def _why(look: Callable[[Path], object], file: Path) -> str | None:
    try:
        look(file)
    except FileNotFoundError:
        return "a link that leads nowhere" if leads_nowhere(file) else None
    except (OSError, ValueError) as fault:
        return why_unread(fault)
    except Refused as refused:
        return refused.cause
    return None


def _number(file: Path) -> int:
    return int(read(file))
