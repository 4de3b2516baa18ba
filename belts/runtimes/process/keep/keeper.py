"""Keeps the belts below one directory for as long as it runs: the boot hook of a host without systemd.

It restarts what died and what hangs. It locks a belt only while it changes it, and leaves alone a belt that
another command works on.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

from belts.refusal import Caught, Refusal, Relayed
from belts.runtimes.process import binding, lease_files, toolchain, verbs
from belts.runtimes.process.binding import Toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import keeper, lock
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import idle
from belts.runtimes.process.keep.hangs import Hangs
from belts.runtimes.process.keep.pacing import Pacing
from belts.runtimes.process.keep.settling import Settling
from belts.runtimes.process.progress import note
from belts.runtimes.process.supervise import live, ranks, supervisord
from belts.runtimes.process.supervise.live import Health
from belts.runtimes.process.wire import recorded

EVERY_S = 5.0
AGAIN_S = 60.0
"""After this long, a belt that could not be brought back is tried once more."""


class _Kept(Caught):
    """Another keeper keeps these belts."""


def keep(root: Path, *, patience_s: float) -> None:
    """Keeps the belts until a signal ends it. If another keeper is running, reports that and returns."""
    try:
        with keeper.alone(root, busy=_give_way):
            _keep(root, patience_s)
    except _Kept:
        note(f"these belts are kept already (pid {keeper.pid(root) or 'of another user'}): {root}")


def once(layouts: tuple[Layout, ...]) -> None:
    """Looks at the belts once: brings back what died, and summarizes those that stay down."""
    for layout in ranks.in_order(layouts):
        with suppress(Refusal, Relayed, OSError, ValueError):  # `bring_back` meets it again and reports it
            rouse(layout)
    verbs.each_in_turn(layouts, bring_back)


def rouse(layout: Layout) -> bool:
    """Starts a dead supervisor, unless the belt is being removed, or another command works on it.

    A belt of another toolchain is left to that one, which starts the supervisor as it brings back what is
    down. If it is unknown which toolchain keeps a belt, the supervisor starts anyway: each program names its
    launcher.
    """
    with suppress(Refused):
        if binding.elsewhere(layout) is not None:
            return False
    with lock.unless_busy(layout) as free:
        return free and not lease_files.goes(layout.home) and verbs.rouse(layout)


def bring_back(layout: Layout) -> None:
    """Brings back what died of one belt, but no unfinished request, and nothing of a belt being removed."""
    if (other := binding.elsewhere(layout)) is not None:
        if not lease_files.goes(layout.home) and missing(layout):
            binding.hand_over(layout, other, (*_words(other), "--root", str(layout.root), layout.belt))
        return
    rouse(layout)
    with lock.unless_busy(layout) as free:
        if not free or lease_files.goes(layout.home):
            return
        for request in recorded.look(layout).requests:
            if request.part in down(layout):
                verbs.again(request)
                note(f"{layout.belt}: {request.part} is up")


def _words(other: Toolchain) -> tuple[str, ...]:
    """The command that brings back only what died; a version without a keeper heals the whole belt."""
    keeps = (other.code / "belts" / "runtimes" / "process" / "keep").is_dir()
    return ("keep", "--once") if keeps else ("heal",)


def missing(layout: Layout) -> tuple[str, ...]:
    """What is down; the supervisor, if no part can be read here and another toolchain starts it."""
    if found := down(layout):
        return found
    return ("supervisor",) if verbs.is_dead(layout) and binding.elsewhere(layout) is not None else ()


def down(layout: Layout) -> tuple[str, ...]:
    """The parts that ran, stopped, and will not restart by themselves."""
    parts = live.read(layout.root, layout.belt).items()
    return tuple(part for part, seen in parts if seen.health is Health.DOWN and not seen.unfinished)


def _keep(root: Path, patience_s: float) -> None:
    every_s = min(EVERY_S, patience_s / 6)
    hangs = Hangs(patience_s=patience_s, every_s=every_s, say=say, clock=time.monotonic)
    keeping, needed = _Keeping(), idle.Watch()
    with _until_told() as told:
        say(f"keeping the belts below {root}")
        Thread(target=_look_on, args=(root, told), daemon=True).start()
        try:
            while not told.is_set():
                try:
                    layouts = ranks.in_order(recorded.belts(root))
                    keeping.look(layouts)
                    hangs.look(layouts)
                    needed.look(layouts)
                except Exception as why:  # noqa: BLE001 -- whatever it is: no other thread looks instead
                    keeping.say_once(str(root), f"a look came to no end: {why!r}")
                told.wait(every_s)
        finally:
            keeping.end()
    say(f"no longer keeping the belts below {root}")


def _look_on(root: Path, told: Event) -> None:
    """Looks that use databases run in a thread of their own, so that a hanging one delays no restart."""
    settling, pacing = Settling(say=say, clock=time.monotonic), Pacing(clock=time.monotonic)
    while not told.is_set():
        try:
            layouts = recorded.belts(root)
            settling.look(layouts)
            pacing.look(layouts)
        except Exception as why:  # noqa: BLE001 -- whatever it is: there is another look
            say(f"a look at how far belts are came to no end: {why!r}")
        told.wait(EVERY_S)


@dataclass(kw_only=True)
class _Keeping:
    """How one keeper brings belts back: with a process for each, since it may take a minute."""

    at_work: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    tried: dict[str, float] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    ranked: dict[str, int | None] = field(default_factory=dict)

    def look(self, layouts: tuple[Layout, ...]) -> None:
        self.at_work = {belt: each for belt, each in self.at_work.items() if each.poll() is None}
        for layout in layouts:
            self._try(self._rouse, layout)
        for layout in layouts:
            self._try(self._begin, layout)

    def end(self) -> None:
        for each in self.at_work.values():
            each.terminate()
            each.wait()

    def say_once(self, about: str, words: str) -> None:
        """Reports what every look repeats only once a minute."""
        if _is_due(self.told, about):
            say(words)

    def _try(self, do: Callable[[Layout], None], layout: Layout) -> None:
        try:
            do(layout)
        except Exception as why:  # noqa: BLE001 -- whatever it is: the others are looked at all the same
            words = str(why) if isinstance(why, Refusal) else f"{layout.belt}: {why!r}"
            self.say_once(layout.belt, words)

    def _rouse(self, layout: Layout) -> None:
        if rouse(layout):
            say(f"{layout.belt}: its supervisor was dead, and is back with all that it kept")
        self._rank(layout)

    def _rank(self, layout: Layout) -> None:
        """A supervisor started by systemd gets no rank of its own; only its programs do."""
        number = supervisord.pid(layout)
        if number is not None and self.ranked.get(layout.belt) != number:
            ranks.spread(layout)
        self.ranked[layout.belt] = number

    def _begin(self, layout: Layout) -> None:
        if layout.belt in self.at_work or lease_files.goes(layout.home) or not (what := missing(layout)):
            return
        if not _is_due(self.tried, layout.belt):
            return
        say(f"{layout.belt}: bringing back its {', '.join(what)}")
        command = [str(toolchain.python()), "-m", "belts", "keep", "--once", "--root", str(layout.root)]
        self.at_work[layout.belt] = subprocess.Popen(
            [*command, layout.belt], cwd=toolchain.CHECKOUT, stdin=subprocess.DEVNULL, stdout=sys.stderr
        )


def _is_due(times: dict[str, float], name: str) -> bool:
    """Whether the last time was a minute ago; if so, records the present as the last time."""
    now = time.monotonic()
    if now - times.get(name, -AGAIN_S) < AGAIN_S:
        return False
    times[name] = now
    return True


def say(text: str) -> None:
    """Logs a line with the time; the line is lost if the log cannot be written, as on a full disk."""
    with suppress(OSError):
        note(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {text}")


@contextmanager
def _until_told() -> Iterator[Event]:
    """An event that SIGTERM or SIGINT sets, so that work under way ends in order."""
    told = Event()
    before = {
        number: signal.signal(number, lambda *_: told.set()) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _give_way() -> None:
    raise _Kept("another keeper keeps these belts")
