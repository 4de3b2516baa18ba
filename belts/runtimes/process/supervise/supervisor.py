"""Makes a belt's supervisord keep the requested programs; what is right already is not touched."""

from collections.abc import Collection
from pathlib import Path

from belts.files import write_private
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.progress import note
from belts.runtimes.process.supervise import control, leftovers, supervisord
from belts.runtimes.process.supervise.control import State
from belts.runtimes.process.supervise.programs import Program

RESTING = "resting"
"""The suffix of a section whose program must not start: no supervisor reads it."""


def converge(layout: Layout, program: Program) -> bool:
    """Makes supervisord keep this program as it is now; returns whether it was (re)started for that."""
    write_private(program.spec_file(layout), program.supervised_spec(layout))
    write_private(program.section_file(layout), program.section(layout))
    _resting(layout, program.name).unlink(missing_ok=True)
    supervisord.write_configuration(layout)
    supervisord.ensure(layout)
    with control.connect(layout) as connected:
        added, changed = connected.reread()
        if program.name in changed:
            note(f"{layout.belt}: {program.name} is not as asked for, restarting it")
            connected.drop([program.name])
        elif program.name not in added:
            return connected.rouse(program.name)
        connected.add(program.name)
        return True


def remove(layout: Layout, names: Collection[str]) -> None:
    """Ends programs and forgets them. A dead supervisord is not started for that."""
    for name in names:
        for suffix in ("json", "conf", RESTING):
            (layout.programs / f"{name}.{suffix}").unlink(missing_ok=True)
    if supervisord.pid(layout) is not None:
        supervisord.wait_until_it_answers(layout)
        supervisord.write_configuration(layout)
        with control.connect(layout) as connected:
            connected.reread()
            connected.drop(connected.states().keys() & names)
    leftovers.kill(layout, programs=names)
    for name in names:
        for log in layout.logs.glob(f"{name}.log*"):
            log.unlink()


def rest(layout: Layout, name: str) -> None:
    """Stops a program but keeps it for `wake`; until then nothing starts it.

    Its section is set aside first, so that a supervisor that dies and restarts now does not start it.
    """
    section = _section(layout, name)
    if section.is_file():
        section.replace(_resting(layout, name))
        supervisord.write_configuration(layout)
    if supervisord.pid(layout) is not None:
        supervisord.wait_until_it_answers(layout)
        with control.connect(layout) as connected:
            connected.stop(connected.states().keys() & {name})
    leftovers.kill(layout, programs={name})


def wake(layout: Layout, name: str) -> None:
    """Starts a program that was stopped by `rest`."""
    resting = _resting(layout, name)
    if resting.is_file():
        resting.replace(_section(layout, name))
        supervisord.write_configuration(layout)
    if supervisord.pid(layout) is not None:
        with control.connect(layout) as connected:
            added, _ = connected.reread()
            if name in added:  # the supervisor is another one than that which ended it
                connected.add(name)
            else:
                connected.rouse(name)


def states(layout: Layout, *, patience_s: float = control.CALL_TIMEOUT_S) -> dict[str, State]:
    """The programs and their states; empty without a supervisord."""
    if supervisord.pid(layout) is None:
        return {}
    with control.connect(layout, patience_s=patience_s) as connected:
        return connected.states()


def _section(layout: Layout, name: str) -> Path:
    return layout.programs / f"{name}.conf"


def _resting(layout: Layout, name: str) -> Path:
    return layout.programs / f"{name}.{RESTING}"
