"""What an unreadable record prevents: a change of its own part, and nothing else."""

from collections.abc import Sequence

from belts.runtimes.process import lease_files
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.guards.retirement import PARTS
from belts.runtimes.process.progress import note
from belts.runtimes.process.wire.recorded import Unread
from belts.runtimes.process.wire.request import Request

UNKNOWN = "its ports, its memory and what it costs are not reckoned with"


def refuse(asked: Sequence[Request], unread: Sequence[Unread]) -> None:
    """Refuses to overwrite a record of a later release, or one of a part of a belt that a gateway needs.

    It cannot be known whether that would be a change that such a belt must not undergo. Other unreadable
    records are only reported.
    """
    parts = {(request.layout, request.part) for request in asked}
    for belt in dict.fromkeys(one.layout.belt for one in unread if (one.layout, one.part) not in parts):
        names = [
            one.part for one in unread if one.layout.belt == belt and (one.layout, one.part) not in parts
        ]
        note(f"{belt}: what was asked of its {', '.join(names)} cannot be read; {UNKNOWN}")
    for one in unread:
        if (one.layout, one.part) not in parts:
            continue
        if one.later:
            raise one.refusal
        if one.part in PARTS and (held := lease_files.holding(one.layout.home)):
            raise _held(one, held)


def _held(one: Unread, held: Sequence[str]) -> Refused:
    file = one.layout.request(one.part)
    return Refused(
        f"{one.layout.belt}: its {one.part} may not change now",
        expected=f"what was asked of it before, in {file}, as a gateway needs the belt",
        seen=f"{'; '.join(held)}; and the record: {one.refusal.cause}",
        now=f"restore {file} from a backup; without one, see that the stack asks for what runs,"
        " remove that file, and run the same again",
    )
