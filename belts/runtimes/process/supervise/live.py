"""The present state of a belt's parts: one look without waiting; a dead supervisor is a valid answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import control, supervisor
from belts.runtimes.process.supervise.control import State
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request

PATIENCE_S = 5.0
"""The timeout of one look: a supervisor that does not answer must not block looks at other belts."""


class Health(StrEnum):
    UP = "up"
    STARTING = "starting"
    DOWN = "down"


@dataclass(frozen=True, kw_only=True, slots=True)
class Live:
    """One part: `starting` while its program comes up or restarts, without needing help."""

    health: Health
    generation: str
    programs: Mapping[str, State]
    ports: tuple[int, ...]
    unfinished: str | None = None
    """Why its last request may not be what runs; None if it is."""

    @property
    def state(self) -> str:
        """`up` if nothing has to be done for it, else `down`."""
        return "down" if self.health is Health.DOWN or self.unfinished else "up"


def read(root: Path, belt: str) -> dict[str, Live]:
    """The requested parts by name, without those whose record cannot be read."""
    layout = Layout(root=root, belt=belt)
    requests = recorded.look(layout).requests
    states = _states(layout)
    return {request.part: _live(request, states) for request in requests}


def _states(layout: Layout) -> Mapping[str, State]:
    try:
        return supervisor.states(layout, patience_s=PATIENCE_S)
    except (OSError, Refused):
        return {}


def _live(request: Request, states: Mapping[str, State]) -> Live:
    return Live(
        health=_worst([states.get(name) for name in request.body.programs]),
        generation=request.generation,
        programs={name: states[name] for name in request.body.programs if name in states},
        ports=request.body.ports,
        unfinished=recorded.unfinished(request),
    )


def _worst(states: Sequence[State | None]) -> Health:
    """A part is as healthy as its worst program; a part without programs runs elsewhere."""
    health = Health.UP
    for state in states:
        if state is None or state.state not in {control.RUNNING, control.STARTING, "BACKOFF"}:
            return Health.DOWN
        if state.state != control.RUNNING:
            health = Health.STARTING
    return health
