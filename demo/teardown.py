"""Undoes the demo: destroys every stack in order, then removes what is left below `.belts`."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime

from belts.runtimes.process import lease_files
from demo.engine import Engine, EngineFailed
from demo.place import DOWN, Place
from demo.screen import Screen


def down(place: Place, engine: Engine, screen: Screen) -> None:
    """Leave no process, port or file of the demo; what the operator made is not touched."""
    known = engine.stacks()
    for stack in DOWN:
        if not place.made(stack).exists():
            continue
        if stack in known:
            with screen.step(f"pulumi destroy --run-program --stack {stack}"):
                if known[stack]:
                    _destroy(place, engine, screen, stack)
                _remove(place, stack)
            engine.forget(stack)
        place.config(stack).unlink(missing_ok=True)
        place.made(stack).unlink()
    shutil.rmtree(place.belts / "demo", ignore_errors=True)
    if not engine.stacks():
        shutil.rmtree(place.belts, ignore_errors=True)
    screen.say("everything the demo made is gone")


def _destroy(place: Place, engine: Engine, screen: Screen, stack: str) -> None:
    """Destroy with Pulumi; what Pulumi cannot destroy is removed on the host afterwards."""
    try:
        if (place.hosts / stack / "alias" / "current").exists():
            # A belt that serves is not destroyed by mistake: its stack has to state that this is intended.
            engine.set(stack, "decommission", "true")
            engine.up(stack)
        engine.destroy(stack)
    except EngineFailed as failure:
        screen.say(f"pulumi could not: {failure}\nthe host removes what is left of {stack}")


def _remove(place: Place, stack: str) -> None:
    """Leave nothing of a stack on the host, whatever Pulumi has done or knows."""
    for home in (path for path in place.hosts.glob("*") if path.is_dir()):
        lease_files.end(home, gateway=stack, at=datetime.now(UTC))
    shutil.rmtree(place.hosts / stack / "alias", ignore_errors=True)
    if (place.hosts / stack).exists():
        command = [sys.executable, "-m", "belts", "remove", "--all", "--root", str(place.hosts), stack]
        subprocess.run(command, cwd=place.checkout, check=True)
