"""Restarts what hangs, a few times; after that it only raises the alarm."""

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from belts.runtimes.process.files import lock
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.keep import health, silence
from belts.runtimes.process.keep.silence import Seen, Silence
from belts.runtimes.process.supervise import control, hung, live
from belts.runtimes.process.supervise.hung import Hung
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request

AT_ONCE = 16
MISSED = 3
"""So many looks may be left out before a silence is no longer taken for one."""

Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """One part that can be asked, or the relay that stands before one, and its process."""

    request: Request
    name: str
    pid: int


@dataclass(kw_only=True)
class Hangs:
    """What one keeper has seen of every part that it can ask."""

    patience_s: float
    every_s: float
    say: Callable[[str], None]
    clock: Callable[[], float]
    known: dict[Key, Silence] = field(default_factory=dict)

    def look(self, layouts: tuple[Layout, ...]) -> None:
        """Asks all of them at once, and acts upon those that have been silent for too long."""
        asked = {(layout.belt, one.name): one for layout in layouts for one in running(layout)}
        self.known = {key: seen for key, seen in self.known.items() if key in asked}
        with ThreadPoolExecutor(AT_ONCE) as threads:
            answer_s = min(health.ANSWER_S, self.patience_s / 6)
            told = list(threads.map(lambda one: health.look(one.request, one.name, answer_s), asked.values()))
        for (key, one), (seen, why) in zip(asked.items(), told, strict=True):
            now = self.clock()
            self.known[key] = silence.after(self.known.get(key), seen, pid=one.pid, now=now, gap=self._gap())
            try:
                self._act(one, self.known[key], seen, why)
            except Exception as fault:  # noqa: BLE001 -- whatever it is: the others are looked at all the same
                self.say(f"{key[0]}: its {key[1]} hangs, and cannot be restarted: {fault!r}")

    def _gap(self) -> float:
        return MISSED * (self.every_s + health.ANSWER_S)

    def _act(self, one: Running, how_long: Silence, seen: Seen, why: str) -> None:
        layout, part = one.request.layout, one.name
        past, now = hung.of_belt(layout).get(part, Hung()), datetime.now(UTC)
        if seen is Seen.ANSWERS and past.since is not None:
            self.say(f"{layout.belt}: its {part} answers again")
            hung.note(layout, part, replace(past, since=None, why="", restarts=past.of_late(now)))
        if not how_long.hangs(patience=self.patience_s):
            return
        if (left := _left(part, past, now)) is not None:
            if past.since is None:
                self.say(f"{layout.belt}: its {part} hangs ({why}), and is left as it is: {left}")
                hung.note(layout, part, replace(past, since=now, why=f"{why}; {left}"))
            return
        hung.note(layout, part, Hung(restarts=(*past.of_late(now), now)))  # also where it dies on the way
        if not _restart(one.request, how_long.pid):
            hung.note(layout, part, past)
            return
        self.known.pop((layout.belt, part))
        self.say(f"{layout.belt}: its {part} was silent for {self.patience_s:g} s, and is restarted: {why}")


def _left(part: str, past: Hung, now: datetime) -> str | None:
    """Why it is not restarted."""
    if part in health.NEVER_RESTARTED:
        return "a Postgres is restarted by nobody but you"
    if past.spent(now):
        return f"it was restarted {len(past.of_late(now))} times within an hour, which did not mend it"
    return None


def _restart(request: Request, pid: int) -> bool:
    """Its supervisor starts it at once. Not while another command works on the belt, or where it is another
    process by now."""
    with lock.unless_busy(request.layout) as free:
        if not free:
            return False
        with control.connect(request.layout) as connected:
            for state in connected.states().values():
                if state.pid == pid and state.name in request.body.programs:
                    connected.signal(state.name, signal.SIGKILL)  # it would not hear another one
                    return True
    return False


def running(layout: Layout) -> list[Running]:
    """What runs and can be asked."""
    parts = live.read(layout.root, layout.belt)
    return [
        Running(request=request, name=name, pid=state.pid)
        for request in recorded.look(layout).requests
        if (part := parts.get(request.part)) is not None  # else it was asked for meanwhile
        for name, program in health.asked(request).items()
        if (state := part.programs.get(program)) is not None and state.state == control.RUNNING
    ]
